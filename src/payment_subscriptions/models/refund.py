from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..clock import now
from ..gateways.base import RefundRequest
from ..lifecycle import REFUNDING, RefundStatus
from ..money import Money
from . import columns


def new_order() -> str:
    """Our name for the refund at the provider."""
    return f"r-{columns.new_key()}"


class RefundQuerySet(models.QuerySet["Refund"]):
    def running(self) -> RefundQuerySet:
        """Those that may still give money back."""
        return self.filter(status__in=REFUNDING)

    def due(self) -> RefundQuerySet:
        """Those that are asked about without anybody calling."""
        return self.running().filter(due_at__lte=now())


class Refund(models.Model):
    """Money of one payment on its way back.

    Committed before the call. ``call_begun_at`` is set before each call that may give money back
    and cleared with its answer; one that lost its answer is never repeated by code where the
    provider does not guard against a second: it waits for its callback, or for a person.
    ``method`` is the gateway's way of giving back.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    payment = models.ForeignKey(
        "payment_subscriptions.Payment",
        verbose_name=_("payment"),
        on_delete=models.PROTECT,
        related_name="refunds",
    )
    provider = columns.provider()
    mode = columns.mode()
    order = models.CharField(_("order"), max_length=45, unique=True, default=new_order, editable=False)
    reference = models.CharField(_("reference"), max_length=255, blank=True)
    # The provider's token, by which it is asked about: shown to nobody.
    token = models.CharField(max_length=255, blank=True, editable=False)
    method = models.CharField(_("way"), max_length=40, blank=True)
    status = models.CharField(
        _("status"), max_length=10, choices=RefundStatus.choices, default=RefundStatus.REQUESTED
    )
    amount = columns.amount()
    currency = columns.currency()
    requested_by = models.CharField(_("asked for by"), max_length=150, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    failure_code = models.CharField(_("refusal"), max_length=100, blank=True)
    call_begun_at = models.DateTimeField(null=True, editable=False)
    in_doubt_since = models.DateTimeField(_("in doubt since"), null=True, blank=True)
    due_at = models.DateTimeField(null=True, editable=False)
    swept_at = columns.swept_at()
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    created_at = models.DateTimeField(_("asked for"), default=now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = RefundQuerySet.as_manager()

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        permissions = (("settle_refund", "Can say what became of a refund in doubt"),)
        ordering = ("pk",)
        indexes = (
            # A condition that SQLite, too, sees to follow from "due_at <= now".
            models.Index(fields=("due_at",), condition=Q(due_at__isnull=False), name="payments_refund_due"),
            models.Index(fields=("reference",), name="payments_refund_reference"),
            # Each filter of the list, in its order: see admin/keyset.py.
            models.Index(fields=("status", "-id"), name="payments_refund_status"),
            models.Index(fields=("provider", "-id"), name="payments_refund_provider"),
            models.Index(fields=("mode", "-id"), name="payments_refund_mode"),
        )
        constraints = (
            # A second one begun before the first has ended would give the same money back twice.
            models.UniqueConstraint(
                fields=("payment",),
                condition=Q(status__in=sorted(REFUNDING)),
                name="payments_one_refund_at_a_time",
            ),
        )

    def __str__(self) -> str:
        return f"{self.order} ({self.get_status_display()})"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def is_running(self) -> bool:
        return self.status in REFUNDING

    @property
    def is_in_doubt(self) -> bool:
        return self.status == RefundStatus.IN_DOUBT

    def as_request(self, notice_url: str) -> RefundRequest:
        """What its gateway gets to see."""
        payment = self.payment
        return RefundRequest(
            order=self.order,
            method=self.method,
            strategy=payment.subscription.strategy,
            payment=payment.reference,
            payment_order=payment.order,
            paid_at=payment.paid_at,
            amount=self.money,
            is_whole=self.money == payment.paid_money,
            email=payment.subscription.customer.email,
            notice_url=notice_url,
            now=now(),
            token=self.token,
        )
