from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..clock import now
from . import columns


class DiscrepancyKind(models.TextChoices):
    """What can be as it should not be."""

    AMOUNT = "amount", _("Amount or currency is not what was agreed")
    PRICE = "price", _("The provider charges another plan")
    UNEXPECTED_MOVE = "unexpected_move", _("The provider reports a move that should not happen")
    DUPLICATE = "duplicate", _("A second open subscription of the same payer: propose a refund")
    FOREIGN_PAYMENT = "foreign_payment", _("Money for an order that is not ours")
    DOUBLE = "double", _("The same period was paid twice: propose a refund")
    LATE = "late", _("Paid after it had ended: propose a refund")
    RENEWAL = "renewal", _("The next period could not be ordered")
    REFUND = "refund", _("What was given back is not what was asked for")
    LOST = "lost", _("The provider no longer knows it")


class Discrepancy(models.Model):
    """A fact that should not be, kept for a person. One row per ``key``, however often it is seen."""

    kind = models.CharField(_("kind"), max_length=20, choices=DiscrepancyKind.choices)
    key = models.CharField(max_length=300, unique=True, editable=False)
    provider = columns.provider()
    mode = columns.mode()
    subscription = models.ForeignKey(
        "payment_subscriptions.Subscription",
        verbose_name=_("subscription"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="discrepancies",
    )
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=4, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    detail = models.JSONField(_("detail"), default=dict, blank=True)
    created_at = models.DateTimeField(_("seen"), default=now, editable=False)
    resolved_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        verbose_name = _("discrepancy")
        verbose_name_plural = _("discrepancies")
        permissions = (("settle_discrepancy", "Can mark a discrepancy as settled"),)
        ordering = ("-pk",)
        indexes = (
            # Each filter of the list, in its order: see admin/keyset.py.
            models.Index(fields=("-id",), condition=Q(resolved_at=None), name="payments_discrepancy_waiting"),
            models.Index(fields=("kind", "-id"), name="payments_discrepancy_kind"),
            models.Index(fields=("provider", "-id"), name="payments_discrepancy_provider"),
            models.Index(fields=("mode", "-id"), name="payments_discrepancy_mode"),
        )

    def __str__(self) -> str:
        return str(self.get_kind_display())
