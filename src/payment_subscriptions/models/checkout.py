from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import cast

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .. import conf
from ..clock import now
from ..exceptions import ConfigurationError
from ..gateways import gateways
from ..gateways.base import Attempt, Purpose
from ..lifecycle import RUNNING, CheckoutStatus
from ..money import Money
from ..plans import Price, catalogue
from . import columns

PURPOSES = [
    ("open", _("Open a subscription")),
    ("card", _("Register another card")),
    ("renew", _("Order the next period")),
    ("resume", _("Take a cancelled subscription up again")),
    ("change", _("Change the price")),
]
NEXT_STEPS = [(kind, kind) for kind in ("again", "go", "pay", "wait", "retry", "none")]


def new_order() -> str:
    """Our name for the attempt at the provider: 34 characters of the 45 that Flow takes."""
    return f"o-{columns.new_key()}"


class CheckoutQuerySet(models.QuerySet["Checkout"]):
    def running(self) -> CheckoutQuerySet:
        return self.filter(status__in=RUNNING)

    def in_doubt(self) -> CheckoutQuerySet:
        return self.filter(status=CheckoutStatus.IN_DOUBT)

    def due(self) -> CheckoutQuerySet:
        """Those that go on without anybody coming back."""
        return self.running().filter(due_at__lte=now())


class Checkout(models.Model):
    """One attempt by one strategy: to open a subscription, or to do something for one that exists.

    ``price_key`` is what it charges; ``period_start`` the period that it renews, where periods are
    ours. Committed before the first call. ``call_begun_at`` is set before each call that may change
    something and cleared with its answer: a row that still has it may have done something at the
    provider, and is resolved by asking. ``lease`` names the process at work on it, until
    ``lease_until``; it proves nothing about the call.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subscription = models.ForeignKey(
        "payment_subscriptions.Subscription", on_delete=models.CASCADE, related_name="checkouts"
    )
    customer = models.ForeignKey(
        "payment_subscriptions.Customer", on_delete=models.PROTECT, related_name="checkouts"
    )
    purpose = models.CharField(_("purpose"), max_length=10, choices=PURPOSES, default="open")
    provider = columns.provider()
    mode = columns.mode()
    strategy = models.CharField(_("strategy"), max_length=40)
    price_key = models.CharField(_("price"), max_length=100)
    period_start = models.DateTimeField(_("period from"), null=True, blank=True)
    order = models.CharField(_("order"), max_length=45, unique=True, default=new_order, editable=False)
    # The provider's token of the payer's page, hashed: enough to recognise who comes back.
    token_hash = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    # The payer's page at the provider, with its token: shown to the payer alone.
    url = models.TextField(blank=True, editable=False)
    data = models.JSONField(default=dict, blank=True, editable=False)

    status = models.CharField(
        _("status"), max_length=10, choices=CheckoutStatus.choices, default=CheckoutStatus.OPEN
    )
    next_step = models.CharField(max_length=5, choices=NEXT_STEPS, default="again", editable=False)
    reason = models.CharField(_("reason"), max_length=100, blank=True)
    call_begun_at = models.DateTimeField(null=True, editable=False)
    in_doubt_since = models.DateTimeField(_("in doubt since"), null=True, blank=True)
    lease = models.CharField(max_length=32, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    due_at = models.DateTimeField(null=True, editable=False)
    swept_at = columns.swept_at()
    # When a payer who stayed away has lost it, where that is not as long as ever.
    closes_at = models.DateTimeField(null=True, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    returned_at = models.DateTimeField(_("payer came back"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), default=now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = CheckoutQuerySet.as_manager()

    class Meta:
        verbose_name = _("checkout")
        verbose_name_plural = _("checkouts")
        ordering = ("pk",)
        indexes = (
            # A condition that SQLite, too, sees to follow from "due_at <= now".
            models.Index(fields=("due_at",), condition=Q(due_at__isnull=False), name="payments_checkout_due"),
        )
        constraints = (
            # One call at a time per customer: two creates at once could not be told apart afterwards.
            models.UniqueConstraint(
                fields=("customer",),
                condition=Q(call_begun_at__isnull=False),
                name="payments_one_call_per_customer",
            ),
            # Two running attempts would end as two subscriptions.
            models.UniqueConstraint(
                fields=("subscription", "purpose"),
                condition=Q(status__in=sorted(RUNNING)),
                name="payments_one_attempt",
            ),
        )

    def __str__(self) -> str:
        return f"{self.order} ({self.get_status_display()})"

    @property
    def is_running(self) -> bool:
        return self.status in RUNNING

    @property
    def is_in_doubt(self) -> bool:
        return self.status == CheckoutStatus.IN_DOUBT

    @property
    def is_unreached(self) -> bool:
        """Its gateway could not be called when that was last tried, and has nothing of it to be paid."""
        is_idle = self.status == CheckoutStatus.OPEN and self.call_begun_at is None
        return is_idle and self.tries > 0 and self.has_taken_nothing

    @property
    def has_taken_nothing(self) -> bool:
        """Whether that is proved without asking: its payer was never shown a page to pay on, and nothing
        stands at the gateway that could be paid, or is in doubt there and could be."""
        if self.url or self.subscription.reference or self.status == CheckoutStatus.DONE:
            return False
        return self.call_begun_at is None or not self._may_have_charged()

    def _may_have_charged(self) -> bool:
        """A call in doubt: by a card that may be known there, or by a bill that went out by mail."""
        if self.purpose != "open" or self.customer.card_last4:
            return True
        try:
            mailed = gateways.of(self).bills_by_mail(self.strategy)
        except ConfigurationError:
            return True
        return mailed or self.customer.checkouts.exclude(url="").exists()

    @property
    def expires_at(self) -> datetime:
        """When a payer who stayed away has lost it."""
        return self.closes_at or self.created_at + timedelta(seconds=conf.get("CHECKOUT_EXPIRES"))

    @property
    def price(self) -> Price:
        """What it charges, also where the catalogue has lost it."""
        known = catalogue().has_price(self.price_key)
        return catalogue().price(self.price_key) if known else self.subscription.agreed_price

    @property
    def quantity(self) -> int:
        """How often it charges that: of a change, as it was previewed."""
        return int(self.data.get("quantity", self.subscription.quantity))

    @property
    def money(self) -> Money:
        """What it charges in all, before anything that is taken off."""
        return self.price.amount * self.quantity

    def as_attempt(self, return_url: str, notice_url: str) -> Attempt:
        """What its gateway gets to see."""
        subscription, customer = self.subscription, self.customer
        return Attempt(
            id=str(self.public_id),
            order=self.order,
            purpose=cast(Purpose, self.purpose),
            strategy=self.strategy,
            price=self.price,
            subject=subscription.plan_name,
            email=customer.email,
            name=customer.name,
            customer_id=customer.external_id,
            customer_reference=customer.reference or "",
            subscription_reference=subscription.reference or "",
            return_url=return_url,
            notice_url=notice_url,
            closes_at=self.expires_at,
            now=now(),
            language=subscription.language,
            coupon=subscription.coupon,
            quantity=self.quantity,
            starts_at=subscription.period_end,
            data=dict(self.data),
            in_doubt_since=self.in_doubt_since,
            returned_at=self.returned_at,
        )
