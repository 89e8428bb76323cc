from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..clock import now
from . import columns


class NoticeState(models.TextChoices):
    """Of a callback."""

    RECEIVED = "received", _("Received")
    DONE = "done", _("Done")
    FOREIGN = "foreign", _("Not ours")
    UNKNOWN = "unknown", _("Unknown to the provider")
    DEAD = "dead", _("Given up: waits for a person")


class NoticeQuerySet(models.QuerySet["Notice"]):
    def due(self) -> NoticeQuerySet:
        """Those to be worked that no process is at."""
        moment = now()
        free = Q(lease_until__isnull=True) | Q(lease_until__lte=moment)
        return self.filter(free, state=NoticeState.RECEIVED, due_at__lte=moment)

    def dead(self) -> NoticeQuerySet:
        return self.filter(state=NoticeState.DEAD)

    def with_body_before(self, moment: datetime) -> NoticeQuerySet:
        """Those that were done by then and still have their body."""
        done = (NoticeState.DONE, NoticeState.FOREIGN)
        return self.filter(state__in=done, body__gt="", done_at__lt=moment)

    def unknown_before(self, moment: datetime) -> NoticeQuerySet:
        """Those of which the provider had said by then that it does not know them."""
        return self.filter(state=NoticeState.UNKNOWN, done_at__lt=moment)


class Notice(models.Model):
    """A callback received: stored raw before it is judged.

    One row per (provider, key), however often it comes; each arrival writes a fresh ``arrival``,
    and the row is done only if that is still the one that the work began with.
    """

    provider = columns.provider()
    key = models.CharField(_("key"), max_length=120)
    # Raw, with the provider's token in it: never shown.
    # What the address itself named: our refund.
    about = models.CharField(max_length=36, blank=True, editable=False)
    body = models.TextField(editable=False)
    # Who brought it, hashed: enough to tell one sender from another. Not of a gateway that signs its notices.
    sender = models.CharField(max_length=32, blank=True, editable=False)
    arrival = models.CharField(max_length=32, editable=False)
    arrivals = models.PositiveIntegerField(_("arrivals"), default=1)
    state = models.CharField(
        _("state"), max_length=10, choices=NoticeState.choices, default=NoticeState.RECEIVED
    )
    subscription = models.ForeignKey(
        "payment_subscriptions.Subscription",
        verbose_name=_("subscription"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="notices",
    )
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    error = models.CharField(_("last trouble"), max_length=300, blank=True)
    # Since when its provider has been in trouble whenever it was asked.
    unanswered_since = models.DateTimeField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    due_at = models.DateTimeField(null=True, editable=False)
    swept_at = columns.swept_at()
    # The queue in which it waits for its turn to be asked about.
    held_by = models.CharField(max_length=32, blank=True, editable=False)
    received_at = models.DateTimeField(_("received"), default=now, editable=False)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        permissions = (("replay_notice", "Can replay a notice"),)
        ordering = ("-pk",)
        indexes = (
            models.Index(fields=("due_at",), condition=Q(state="received"), name="payments_notice_due"),
            models.Index(
                fields=("held_by", "due_at"), condition=Q(held_by__gt=""), name="payments_notice_held"
            ),
            models.Index(fields=("sender",), condition=Q(state="done"), name="payments_notice_known"),
            models.Index(fields=("done_at",), condition=Q(state="unknown"), name="payments_notice_unknown"),
            models.Index(
                fields=("done_at",),
                condition=Q(state__in=("done", "foreign"), body__gt=""),
                name="payments_notice_body",
            ),
            # Each filter of the list, in its order: see admin/keyset.py. Nearly every notice is done.
            models.Index(fields=("state", "-id"), name="payments_notice_state"),
            models.Index(fields=("provider", "-id"), name="payments_notice_provider"),
        )
        constraints = (models.UniqueConstraint(fields=("key", "provider"), name="payments_notice_key"),)

    def __str__(self) -> str:
        return f"{self.provider} {self.key[:12]} ({self.get_state_display()})"

    @property
    def is_pruned(self) -> bool:
        """Whether its body has been removed: it can be looked into no more."""
        return not self.body
