from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..clock import now
from ..lifecycle import OWED, PAYING, PaymentStatus
from ..money import Money
from . import columns

if TYPE_CHECKING:
    from .refund import Refund


class PaymentQuerySet(models.QuerySet["Payment"]):
    def paid(self) -> PaymentQuerySet:
        return self.filter(status=PaymentStatus.PAID)

    def owed(self) -> PaymentQuerySet:
        return self.filter(status__in=OWED, paid_at=None)


class Payment(models.Model):
    """One charge, as the provider last reported it. ``reference`` is what names it there for good."""

    subscription = models.ForeignKey(
        "payment_subscriptions.Subscription", on_delete=models.PROTECT, related_name="payments"
    )
    provider = columns.provider()
    mode = columns.mode()
    reference = models.CharField(_("reference"), max_length=255)
    order = models.CharField(_("order"), max_length=255, blank=True, db_index=True)
    status = models.CharField(_("status"), max_length=20, choices=PaymentStatus.choices)
    amount = columns.amount()
    currency = columns.currency()
    # What the payer paid where the bill is in a unit that nobody has in hand: UF in pesos.
    settled_amount = models.DecimalField(
        _("paid in money"), max_digits=16, decimal_places=4, null=True, blank=True
    )
    settled_currency = models.CharField(max_length=3, blank=True)
    rate = models.DecimalField(_("rate"), max_digits=16, decimal_places=6, null=True, blank=True)
    # In the money that was paid; what is still on its way is not in it.
    refunded_amount = models.DecimalField(_("given back"), max_digits=16, decimal_places=4, default=0)
    period_start = models.DateTimeField(_("period from"), null=True, blank=True)
    period_end = models.DateTimeField(_("period until"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    failure_code = models.CharField(_("decline"), max_length=100, blank=True)
    # Where the payer can pay it, with the provider's token: shown to the payer alone.
    pay_url = models.TextField(blank=True, editable=False)
    # The provider's own receipt.
    receipt_url = models.TextField(_("receipt"), blank=True)
    created_at = models.DateTimeField(_("created"), default=now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        permissions = (("refund_payment", "Can give a payment back"),)
        ordering = ("pk",)
        indexes = (
            # The months of the list, and each of its filters, in its order: see admin/keyset.py.
            models.Index(fields=("-paid_at", "-id"), name="payments_payment_paid"),
            models.Index(fields=("status", "-id"), name="payments_payment_status"),
            models.Index(fields=("provider", "-id"), name="payments_payment_provider"),
            models.Index(fields=("mode", "-id"), name="payments_payment_mode"),
        )
        constraints = (
            # The reference first: a person searches by it alone.
            models.UniqueConstraint(
                fields=("reference", "provider", "mode"), name="payments_payment_reference"
            ),
        )

    def __str__(self) -> str:
        return f"{self.reference} ({self.get_status_display()})"

    @property
    def is_paid(self) -> bool:
        return self.status == PaymentStatus.PAID

    @property
    def is_owed(self) -> bool:
        """Asked for and not paid. One that was paid with another amount is not asked for again: a
        Discrepancy waits for a person."""
        return self.status in OWED and self.paid_at is None

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def paid_money(self) -> Money:
        """What left the payer's hand: pesos for a bill in UF."""
        if self.settled_amount is None:
            return self.money
        return Money(self.settled_amount, self.settled_currency)

    @property
    def refunded(self) -> Money:
        """What has been given back of it."""
        return Money(self.refunded_amount, self.paid_money.currency)

    @property
    def refundable(self) -> Money:
        """What can still be given back."""
        left = self.paid_money - self.refunded
        return left if self.status in PAYING and left.amount > 0 else Money(0, left.currency)

    def refund(self, amount: Money | None = None, *, by: str = "", reason: str = "") -> Refund:
        """Give it back, whole or in part. See verbs.refund."""
        from .. import verbs

        return verbs.refund(self, amount, by=by, reason=reason)
