from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..clock import now
from . import columns


class Event(models.Model):
    """What changed here. Written with the change, in its transaction, and never edited."""

    name = models.CharField(_("event"), max_length=50)
    subscription = models.ForeignKey(
        "payment_subscriptions.Subscription",
        verbose_name=_("subscription"),
        on_delete=models.CASCADE,
        null=True,
        related_name="events",
    )
    payload = models.JSONField(_("payload"), default=dict)
    created_at = models.DateTimeField(_("written"), default=now, editable=False, db_index=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ("pk",)
        indexes = (models.Index(fields=("name", "-id"), name="payments_event_name"),)

    def __str__(self) -> str:
        return self.name


class ReceiptQuerySet(models.QuerySet["Receipt"]):
    def due(self) -> ReceiptQuerySet:
        return self.filter(done_at__isnull=True, due_at__lte=now())


class Receipt(models.Model):
    """That one handler owes, or has done, its work for one event.

    Written with the event, for each handler that hears it. ``due_at`` null while not done means
    given up: it waits for a person.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="receipts")
    handler = models.CharField(_("handler"), max_length=200)
    done_at = models.DateTimeField(_("done"), null=True)
    due_at = models.DateTimeField(_("due"), null=True)
    swept_at = columns.swept_at()
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    error = models.CharField(_("last trouble"), max_length=300, blank=True)

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        permissions = (("retry_receipt", "Can retry an event handler that was given up"),)
        constraints = (models.UniqueConstraint(fields=("event", "handler"), name="payments_receipt"),)
        indexes = (
            models.Index(fields=("due_at",), condition=Q(done_at__isnull=True), name="payments_receipt_due"),
        )

    def __str__(self) -> str:
        return f"{self.handler}: {self.done_at or '—'}"
