from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..clock import now
from ..lifecycle import OWED, PaymentStatus
from ..money import Money
from . import columns


class PaymentQuerySet(models.QuerySet["Payment"]):
    def paid(self) -> PaymentQuerySet:
        return self.filter(status=PaymentStatus.PAID)

    def owed(self) -> PaymentQuerySet:
        return self.filter(status__in=OWED)


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
    period_start = models.DateTimeField(_("period from"), null=True, blank=True)
    period_end = models.DateTimeField(_("period until"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True, db_index=True)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    failure_code = models.CharField(_("decline"), max_length=100, blank=True)
    # Where the payer can pay it, with the provider's token: shown to the payer alone.
    pay_url = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("provider", "mode", "reference"), name="payments_payment_reference"
            ),
        )

    def __str__(self) -> str:
        return f"{self.reference} ({self.get_status_display()})"

    @property
    def is_paid(self) -> bool:
        return self.status == PaymentStatus.PAID

    @property
    def is_owed(self) -> bool:
        return self.status in OWED

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)
