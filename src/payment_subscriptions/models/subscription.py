from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .. import mailboxes
from ..clock import now
from ..lifecycle import BEGUN, ENDED, FOR_GOOD, OPEN, CancelReason, Entitlement, Status, access_until
from ..money import Money
from ..plans import FREQUENCIES, Interval, Plan, Price, catalogue, intervals_between
from . import columns

if TYPE_CHECKING:
    from ..gateways.base import ChangePreview
    from .checkout import Checkout
    from .payment import Payment


# So many characters a payer may say when they leave.
MOST_SAID = 300


@dataclass(frozen=True)
class Access:
    """The answer to "may this payer use it": until when (None where allowed: for good), and why (a
    word of docs/statuses.md)."""

    allowed: bool
    until: datetime | None
    why: str
    text: str | Promise

    def __bool__(self) -> bool:
        return self.allowed


WHY: dict[str, Any] = {
    "paid": _("Paid"),
    "trial": _("On trial"),
    "grace": _("A charge is owed; access goes on for a few days"),
    "leaving": _("Cancelled; works until what is paid runs out"),
    "unpaid": _("Nothing has been paid yet"),
    "run_out": _("What was paid has run out"),
    "none": _("No subscription"),
}


def given_up() -> Q:
    """Ended before anything was paid or given."""
    nothing = Q(paid_through=None, trial_end=None, payment_date=None)
    return Q(status=Status.CANCELLED) & nothing


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    """The query twins of the predicates below."""

    def open(self) -> SubscriptionQuerySet:
        return self.filter(status__in=OPEN)

    def ended(self) -> SubscriptionQuerySet:
        return self.filter(status__in=ENDED)

    def begun(self) -> SubscriptionQuerySet:
        return self.filter(status__in=BEGUN)

    def pending(self) -> SubscriptionQuerySet:
        return self.filter(status=Status.PENDING)

    def active(self) -> SubscriptionQuerySet:
        return self.filter(status=Status.ACTIVE)

    def on_trial(self) -> SubscriptionQuerySet:
        return self.filter(status=Status.TRIALING)

    def past_due(self) -> SubscriptionQuerySet:
        return self.filter(status=Status.PAST_DUE)

    def paused(self) -> SubscriptionQuerySet:
        return self.filter(status=Status.PAUSED)

    def cancelling(self) -> SubscriptionQuerySet:
        return self.open().filter(cancel_at_period_end=True)

    def with_access(self, plan: str | None = None) -> SubscriptionQuerySet:
        """Those whose payer may use the plan (any plan) now."""
        found = self.exclude(mode="demo").filter(access_until__gt=now())
        return found if plan is None else found.filter(plan=plan)

    def of_user(self, user: Any) -> SubscriptionQuerySet:
        """All that this user ever took while logged in."""
        return self.filter(payer_key=f"user:{user.pk}").exclude(given_up())

    def of_mailbox(self, address: str) -> SubscriptionQuerySet:
        """What whoever has proved this normalised address pays for without an account: bought by them, or
        before that by a form with the address in it. Of a form, only what has begun: an order that somebody
        else opened with the address is in their hands too, and not to be paid by its owner. One query.
        """
        begun = self.filter(payer_key__startswith="form:").exclude(status=Status.PENDING)
        theirs = Q(payer_key=f"email:{address}") | Q(pk__in=begun.written_with(address))
        return self.filter(theirs).exclude(given_up())

    def with_account(self) -> SubscriptionQuerySet:
        """Those that somebody took while logged in."""
        return self.filter(payer_key__startswith="user:")

    def written_with(self, address: str) -> list[int]:
        """The keys of those that bear this normalised address, however it was written. One query."""
        written = Q()
        for spelling in mailboxes.spellings(address):
            written |= Q(email__iexact=spelling)
        named = self.filter(written).values_list("pk", "email")  # a database's notion of case is wider
        return [pk for pk, email in named if mailboxes.normalised(email) == address]

    def due_for_sync(self) -> SubscriptionQuerySet:
        """Those whose truth may have moved since we last asked."""
        return self.filter(next_sync_at__lte=now())

    def trial_ending(self, days: int) -> SubscriptionQuerySet:
        """Those whose trial ends, or was to end, within so many days, and whose payer has not been told."""
        moment = now()
        return self.filter(
            trial_told=False,
            trial_end__isnull=False,
            trial_end__gt=moment,
            trial_end__lte=moment + timedelta(days=days),
        )

    def owing_for(self, rung: int, days: float) -> SubscriptionQuerySet:
        """Those that have owed for so many days, and climbed so many rungs of DUNNING."""
        return self.filter(
            dunned=rung, past_due_since__isnull=False, past_due_since__lte=now() - timedelta(days=days)
        )


class Subscription(models.Model):
    """A payer, a price, and what the provider last said of it.

    ``slot_key`` is the seat that an open subscription takes: unique, null once it has ended.
    ``version`` counts every write; recording compares it. ``next_sync_at`` is when the provider
    is asked again without anybody calling. ``cancel_requested`` keeps what we were asked to do
    until the provider shows it done. ``next_price_key`` is the price that it changes to at
    ``next_price_at``; ``successor_reference`` what the provider calls the one that goes on where
    this one, cancelled and taken up again, ends.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="subscriptions",
    )
    customer = models.ForeignKey(
        "payment_subscriptions.Customer",
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="subscriptions",
    )
    payer_key = models.CharField(_("payer"), max_length=255, db_index=True)
    email = models.EmailField(_("e-mail"))
    # The one in force when they subscribed, for the gateway's page and for mails.
    language = models.CharField(_("language"), max_length=20, blank=True)

    plan = models.CharField(_("plan"), max_length=100)
    price_key = models.CharField(_("price"), max_length=100)
    slot = models.CharField(_("slot"), max_length=50, default="default")
    slot_key = models.CharField(max_length=310, null=True, unique=True, editable=False)  # noqa: DJ001
    # How often the price is charged at once; ``amount`` is all of it.
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    amount = columns.amount()
    currency = columns.currency()
    next_price_key = models.CharField(_("next price"), max_length=100, blank=True)
    next_price_at = models.DateTimeField(_("next price from"), null=True, blank=True)
    # What the provider takes off the next charges, left of an earlier change of plan.
    credit = models.DecimalField(_("credit"), max_digits=16, decimal_places=4, default=0)
    coupon = models.CharField(_("coupon"), max_length=100, blank=True)
    frequency = models.CharField(
        _("frequency"), max_length=20, choices=[(f, f) for f in FREQUENCIES.values()]
    )

    provider = columns.provider()
    mode = columns.mode()
    strategy = models.CharField(_("strategy"), max_length=40)
    reference = models.CharField(_("reference"), max_length=255, null=True, blank=True)  # noqa: DJ001
    successor_reference = models.CharField(max_length=255, blank=True, db_index=True, editable=False)

    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.PENDING)
    version = models.PositiveIntegerField(default=0, editable=False)
    period_start = models.DateTimeField(_("period from"), null=True, blank=True)
    period_end = models.DateTimeField(_("period until"), null=True, blank=True)
    paid_through = models.DateTimeField(_("paid until"), null=True, blank=True)
    access_until = models.DateTimeField(_("access until"), null=True, blank=True, db_index=True)
    trial_end = models.DateTimeField(_("trial until"), null=True, blank=True)
    next_charge_at = models.DateTimeField(_("next charge"), null=True, blank=True)
    payment_date = models.DateTimeField(_("last paid"), null=True, blank=True)
    # Since when it owes, as long as it does; and how many rungs of DUNNING that debt has climbed.
    past_due_since = models.DateTimeField(_("owes since"), null=True, blank=True)
    dunned = models.PositiveSmallIntegerField(default=0, editable=False)
    # That the trial ends has been told, or need not be.
    trial_told = models.BooleanField(default=False, editable=False)
    cancel_at_period_end = models.BooleanField(_("ends with the period"), default=False)
    cancel_requested = models.CharField(max_length=10, blank=True, editable=False)
    # What its payer said when they cancelled, if they liked to say anything.
    cancel_reason = models.CharField(
        _("reason for leaving"), max_length=20, choices=CancelReason.choices, blank=True
    )
    cancel_comment = models.CharField(_("said when leaving"), max_length=MOST_SAID, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    synced_at = models.DateTimeField(_("asked"), null=True, blank=True)
    next_sync_at = models.DateTimeField(_("ask again"), null=True, blank=True, db_index=True)
    swept_at = columns.swept_at()
    sync_tries = models.PositiveSmallIntegerField(default=0, editable=False)
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    created_at = models.DateTimeField(_("created"), default=now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        permissions = (
            ("sync_subscription", "Can ask the provider about a subscription"),
            ("cancel_subscription", "Can cancel a subscription"),
            ("resume_subscription", "Can take up a cancelled subscription again"),
            ("change_plan_subscription", "Can change the plan of a subscription"),
            ("pause_subscription", "Can pause a subscription and let it go on"),
        )
        ordering = ("-created_at",)
        indexes = (
            models.Index(fields=("email", "status"), name="payments_sub_email_status"),
            models.Index(Upper("email"), name="payments_sub_email"),
            # What reminders.py looks for.
            models.Index(
                fields=("dunned", "past_due_since"),
                condition=Q(past_due_since__isnull=False),
                name="payments_sub_owing",
            ),
            models.Index(
                fields=("trial_end",),
                condition=Q(trial_end__isnull=False, trial_told=False),
                name="payments_sub_trial",
            ),
            # The list, newest first, and each of its filters: see admin/keyset.py.
            models.Index(fields=("-created_at", "-id"), name="payments_sub_created"),
            models.Index(fields=("status", "-created_at", "-id"), name="payments_sub_status"),
            models.Index(fields=("provider", "-created_at", "-id"), name="payments_sub_provider"),
            models.Index(fields=("mode", "-created_at", "-id"), name="payments_sub_mode"),
            models.Index(fields=("plan", "-created_at", "-id"), name="payments_sub_plan"),
        )
        constraints = (
            # The reference first: a person searches by it alone.
            models.UniqueConstraint(fields=("reference", "provider", "mode"), name="payments_sub_reference"),
        )

    def __str__(self) -> str:
        return f"{self.price_key} ({self.get_status_display()})"

    # Predicates; each has its query twin above.

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def has_account(self) -> bool:
        """Whether its payer was logged in, and has to be to see it."""
        return self.payer_key.startswith("user:")

    @property
    def is_ended(self) -> bool:
        return self.status in ENDED

    @property
    def is_begun(self) -> bool:
        return self.status in BEGUN

    @property
    def is_pending(self) -> bool:
        return self.status == Status.PENDING

    @property
    def is_active(self) -> bool:
        return self.status == Status.ACTIVE

    @property
    def is_on_trial(self) -> bool:
        return self.status == Status.TRIALING

    @property
    def is_past_due(self) -> bool:
        return self.status == Status.PAST_DUE

    @property
    def is_paused(self) -> bool:
        return self.status == Status.PAUSED

    @property
    def is_cancelling(self) -> bool:
        return self.is_open and self.cancel_at_period_end

    @property
    def is_double(self) -> bool:
        """Open there beside another of the same payer that has their seat: see the Discrepancy."""
        return self.is_open and self.slot_key is None

    @property
    def has_access(self) -> bool:
        return self.access.allowed

    # What it is.

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def price(self) -> Price:
        """Raises BadRequest when the catalogue has lost it."""
        return catalogue().price(self.price_key)

    @property
    def agreed_price(self) -> Price:
        """The catalogue's price, or what the row remembers of one that the catalogue has lost."""
        if catalogue().has_price(self.price_key):
            return self.price
        intervals = {word: interval for interval, word in FREQUENCIES.items()}
        interval = intervals[self.frequency]
        return Price(
            self.price_key, self.money * (Decimal(1) / self.quantity), interval, self._intervals(interval)
        )

    def _intervals(self, interval: Interval) -> int:
        """How many of them a period is, by the one that runs: every third month is no month."""
        if not self.period_start or not self.period_end or interval == Interval.ONCE:
            return 1
        zone = timezone.get_default_timezone()
        days = (timezone.localdate(moment, zone) for moment in (self.period_start, self.period_end))
        return intervals_between(interval, *days)

    @property
    def plan_in_catalogue(self) -> Plan:
        """Raises BadRequest when the catalogue has lost it."""
        return catalogue().plan(self.plan)

    @property
    def plan_name(self) -> str:
        """As the payer reads it, also where the catalogue has lost it."""
        return str(catalogue().plan(self.plan).name) if catalogue().has_plan(self.plan) else self.plan

    @property
    def next_price(self) -> Price | None:
        """What it changes to, where a change is scheduled and the catalogue has it."""
        key = self.next_price_key
        return catalogue().price(key) if key and catalogue().has_price(key) else None

    @property
    def order_attempt(self) -> Checkout | None:
        """The newest attempt to open it: its result page is the page of the subscription."""
        return self.checkouts.filter(purpose="open").last()

    @property
    def owed(self) -> list[Payment]:
        """Charges that are asked for and not paid, oldest first."""
        return list(self.payments.owed().order_by("due_at", "pk"))

    @property
    def entitlement(self) -> Entitlement:
        return Entitlement(
            Status(self.status), self.paid_through, self.trial_end, self.ended_at, self.cancel_at_period_end
        )

    @property
    def access(self) -> Access:
        """May the payer use it now, until when, and why."""
        why = self._why()
        allowed = why in ("paid", "trial", "grace", "leaving")
        ends = self.access_until if allowed and self.access_until != FOR_GOOD else None
        return Access(allowed, ends, why, WHY[why])

    def _why(self) -> str:
        moment = now()
        if self.mode == "demo" or not self.access_until:
            return "unpaid"
        if self.access_until <= moment:
            return "run_out"
        if self.status != Status.PAID and (self.is_ended or self.cancel_at_period_end):
            return "leaving"
        if self.paid_through and self.paid_through > moment:
            return "paid"
        return "trial" if self.trial_end and self.trial_end > moment else "grace"

    def grant(self, grace_days: int) -> None:
        """Set ``access_until`` from the other columns; the writer calls it before it saves."""
        self.access_until = access_until(self.entitlement, grace_days)

    # Verbs: verbs.py does them; the row is the face.

    def sync(self) -> Subscription:
        """Ask the provider and record what it says. See verbs.sync."""
        from .. import verbs

        return verbs.sync(self)

    def cancel(self, *, at_period_end: bool = True) -> Subscription:
        """End it with the paid period, or now. See verbs.cancel."""
        from .. import verbs

        return verbs.cancel(self, at_period_end=at_period_end)

    def resume(self) -> Subscription:
        """Go on where it would have ended. See verbs.resume."""
        from .. import verbs

        return verbs.resume(self)

    def pause(self) -> Subscription:
        """Charge nothing for it until further notice. See verbs.pause."""
        from .. import verbs

        return verbs.pause(self)

    def unpause(self) -> Subscription:
        """Charge it again from its next period on. See verbs.unpause."""
        from .. import verbs

        return verbs.unpause(self)

    def preview_change(
        self, price_key: str, *, at_period_end: bool = False, quantity: int | None = None
    ) -> ChangePreview:
        """What a change to that price would cost; changes nothing. See verbs.preview_change."""
        from .. import verbs

        return verbs.preview_change(self, price_key, at_period_end=at_period_end, quantity=quantity)

    def change_plan(self, preview: ChangePreview) -> Subscription:
        """Apply a preview that the payer has seen. See verbs.change_plan."""
        from .. import verbs

        verbs.change_plan(self, preview)
        return Subscription.objects.get(pk=self.pk)

    def undo_change(self) -> Subscription:
        """Call off a change that has not taken effect. See verbs.undo_change."""
        from .. import verbs

        return verbs.undo_change(self)
