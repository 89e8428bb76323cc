"""The public face: ``billing(user).subscribe("pro_monthly_v1")``, ``billing(user).access("pro")``.

::

    checkout = billing(request.user).subscribe("pro_monthly_v1")
    return redirect("payments:continue", checkout=checkout.public_id)
    ...
    if billing(request.user).access("pro"):
        ...
"""

from __future__ import annotations

from math import inf
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from . import checkout as checkouts
from .checkout import Payer
from .exceptions import BadRequest
from .gateways import gateways
from .models import Access, Checkout, Subscription
from .models.subscription import WHY, SubscriptionQuerySet
from .plans import catalogue


class Billing:
    """One payer's subscriptions."""

    def __init__(self, payer: Payer) -> None:
        self.payer = payer

    @property
    def subscriptions(self) -> SubscriptionQuerySet:
        """All that this payer ever had, newest first."""
        if address := self.payer.proved_address:
            return Subscription.objects.of_mailbox(address)
        return Subscription.objects.filter(payer_key=self.payer.key)

    def subscription(self, slot: str = "default") -> Subscription | None:
        """The open one in that slot."""
        return self.subscriptions.open().filter(slot=slot).first()

    def subscribe(
        self,
        price: str,
        *,
        provider: str = "",
        email: str = "",
        coupon: str = "",
        quantity: int = 1,
        metadata: dict[str, Any] | None = None,
        request: HttpRequest | None = None,
    ) -> Checkout:
        """Open the attempt to get that price and take its first steps.

        ``price`` is a price's key, charged ``quantity`` times; ``provider`` the gateway that the payer
        chose (by default the first that may take it), ``email`` replaces the payer's own, ``coupon`` is a
        code that takes something off, ``request`` is what GATEWAY_FOR gets to see. The same payer with the
        same choice gets the same open attempt. Raises BadRequest, AlreadySubscribed, Busy,
        ConfigurationError.
        """
        chosen = catalogue().price(price)
        payer = Payer(self.payer.key, email or self.payer.email, self.payer.name, self.payer.user)
        gateway = gateways.for_price(chosen, provider, request)
        return checkouts.go_on(
            checkouts.open_checkout(
                payer, chosen, gateway, coupon=coupon, quantity=quantity, metadata=metadata
            )
        )

    def access(self, *plans: str) -> Access:
        """May this payer use any of the plans now, until when, and why: the answer that lasts longest.

        Raises BadRequest for an unknown plan. One query.
        """
        for plan in plans:
            catalogue().plan(plan)
        answers = [subscription.access for subscription in self.subscriptions.filter(plan__in=plans)]
        allowed = [answer for answer in answers if answer.allowed]
        return max(allowed, key=_end) if allowed else (answers or [NO_ACCESS])[0]

    def has_feature(self, key: str) -> Access:
        """The same for a feature, by whatever plan offers it. Raises BadRequest for an unknown one."""
        return self.access(*(plan.key for plan in catalogue().plans_with(key)))


NO_ACCESS = Access(False, None, "none", WHY["none"])


def _end(answer: Access) -> float:
    """Of one that is allowed: without an end it is for good."""
    return answer.until.timestamp() if answer.until else inf


def billing(payer: Any) -> Billing:
    """The billing of a user, or of a Payer (see ``form_payer`` for people without an account).

    Raises BadRequest for an anonymous user.
    """
    if isinstance(payer, Payer):
        return Billing(payer)
    if getattr(payer, "pk", None) is None:
        raise BadRequest(_("Log in first, or give an e-mail address."), field="payer", code="anonymous")
    name = payer.get_full_name() if hasattr(payer, "get_full_name") else ""
    return Billing(Payer(f"user:{payer.pk}", getattr(payer, "email", "") or "", name, payer))


def form_payer(nonce: str, email: str, name: str = "") -> Billing:
    """The billing of somebody known only by the page that they were shown and an unproved e-mail."""
    return Billing(Payer(f"form:{nonce}", email, name))
