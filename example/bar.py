"""The demo bar: the simulators' clock and tricks, on the pages of this example only.

The app knows nothing of it: the example's own templates/payment_subscriptions/base.html adds it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from payment_subscriptions.demo import clock, simulator
from payment_subscriptions.models import Event, Notice, Subscription
from payment_subscriptions.sweep import sweep as run_sweep

from . import mails

SHOWN = 12

EVENTS = {
    "subscription.opened": gettext_lazy("A payer chose a plan"),
    "subscription.activated": gettext_lazy("The subscription is active"),
    "subscription.past_due": gettext_lazy("A charge is owed"),
    "subscription.dunning": gettext_lazy("Still owed: the payer is reminded"),
    "subscription.trial_ending": gettext_lazy("A trial ends soon"),
    "card.expiring": gettext_lazy("A card expires soon"),
    "subscription.recovered": gettext_lazy("What was owed has been paid"),
    "subscription.cancel_scheduled": gettext_lazy("It will end with the paid period"),
    "subscription.cancelled": gettext_lazy("The subscription has ended"),
    "subscription.abandoned": gettext_lazy("An order was given up"),
    "checkout.in_doubt": gettext_lazy("The provider did not answer: nobody knows yet"),
    "checkout.resolved": gettext_lazy("The doubt is over"),
    "checkout.refused": gettext_lazy("The provider refused the order"),
    "subscription.paused": gettext_lazy("It is paused: nothing is charged"),
    "subscription.unpaused": gettext_lazy("The pause is over"),
    "payment.paid": gettext_lazy("A charge was paid"),
    "payment.failed": gettext_lazy("A charge was declined"),
    "payment.cancelled": gettext_lazy("A charge was voided"),
    "subscription.paid": gettext_lazy("A one-time plan is paid"),
    "subscription.failed": gettext_lazy("The subscription has ended: nobody paid"),
    "subscription.renewal_ordered": gettext_lazy("Flow e-mailed the next order"),
    "subscription.change_scheduled": gettext_lazy("It changes plan with the period"),
    "subscription.change_undone": gettext_lazy("The change of plan was undone"),
    "subscription.plan_changed": gettext_lazy("The plan has changed"),
    "subscription.resumed": gettext_lazy("It goes on after all"),
    "payment.refunded": gettext_lazy("A charge was given back"),
    "refund.offered": gettext_lazy("The payer is asked to accept a refund"),
    "refund.accepted": gettext_lazy("The payer accepted the refund"),
    "refund.rejected": gettext_lazy("The payer rejected the refund"),
    "refund.in_doubt": gettext_lazy("Nobody knows yet whether it was given back"),
    "card.changed": gettext_lazy("The payer registered another card"),
    "discrepancy.found": gettext_lazy("Something does not add up: see the admin"),
}


@dataclass(frozen=True)
class Line:
    """Something that came or happened. ``kind``: notice, lost or event."""

    time: datetime
    kind: str
    name: str
    text: Any
    provider: str = ""


@dataclass(frozen=True)
class Bar:
    """What the bar shows. ``now`` is None where the simulator does not answer."""

    now: datetime | None
    declines: int
    losses: int
    lines: list[Line]
    mails: int = 0


def demo_bar(request: HttpRequest) -> dict[str, object]:
    """For templates: ``demo_bar``, made when a template looks at it; None away from the simulator."""
    return {"demo_bar": SimpleLazyObject(bar) if simulator.flow.address() else None}


def bar() -> Bar:
    lines = sorted(chain(_notices(), _events()), key=lambda line: line.time, reverse=True)
    try:
        coming = [each.get("faults")["pending"] for each in simulator.running()]
        lines = sorted([*lines, *_lost()], key=lambda line: line.time, reverse=True)
    except simulator.Unreachable:
        return Bar(None, 0, 0, lines[:SHOWN], mails.count())
    declines, losses = _times(coming, "decline"), _times(coming, "lost")
    return Bar(clock.now(), declines, losses, lines[:SHOWN], mails.count())


def _times(coming: list[list[dict[str, Any]]], kind: str) -> int:
    """How often it will strike, where it will most often."""
    return max(sum(fault["times"] or 0 for fault in faults if fault["kind"] == kind) for faults in coming)


def _notices() -> list[Line]:
    return [
        Line(
            notice.received_at,
            "notice",
            notice.key[:8],
            notice.get_state_display(),
            notice.provider.capitalize(),
        )
        for notice in Notice.objects.order_by("-received_at")[:SHOWN]
    ]


def _events() -> list[Line]:
    return [
        Line(event.created_at, "event", event.name, EVENTS.get(event.name, ""))
        for event in Event.objects.order_by("-pk")[:SHOWN]
    ]


def _lost() -> list[Line]:
    """Callbacks that a simulator was told not to send: nobody here has seen them."""
    return [
        Line(_moment(delivery["queued_at"], each.zone), "lost", "", _("never sent"), each.name)
        for each in simulator.running()
        for delivery in each.get("deliveries")
        if delivery["fault"] == "lost"
    ]


def _moment(wall: str, zone: str) -> datetime:
    return datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone))


# --- the buttons -----------------------------------------------------------------------------

SPANS: dict[str, dict[str, int]] = {"day": {"days": 1}, "month": {"months": 1}}


def _button(act: Callable[[HttpRequest], str]) -> Callable[[HttpRequest], HttpResponse]:
    """A POST form's view: does it, says what it did, goes back to the page it was pressed on."""

    @require_POST
    def view(request: HttpRequest) -> HttpResponse:
        try:
            messages.success(request, act(request))
        except simulator.Unreachable:
            messages.error(request, _("The simulator does not answer."))
        except KeyError:
            return HttpResponseBadRequest()
        back = request.POST.get("next", "")
        is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
        return HttpResponseRedirect(back if is_ours else "/")

    return view


@_button
def move(request: HttpRequest) -> str:
    """Let time pass at Flow and Stripe; they answer when every charge and callback on the way is done."""
    span = request.POST["span"]
    with clock.moving():
        simulator.move(**SPANS[span])
    return _("A month has passed.") if span == "month" else _("A day has passed.")


@_button
def decline(request: HttpRequest) -> str:
    for each in _in_use():
        each.decline()
    return _("The bank will refuse the next charge (%(provider)s). Now let a month pass.") % _named(_in_use())


@_button
def lose(request: HttpRequest) -> str:
    for each in _in_use():
        each.lose()
    return _("The next notice will be lost (%(provider)s). Now let a month pass.") % _named(_in_use())


def _in_use() -> list[simulator.Simulator]:
    """Where the visitor's newest subscription is; before there is any, both."""
    newest = Subscription.objects.order_by("-pk").values_list("provider", flat=True).first()
    return [each for each in simulator.running() if newest in (None, each.name.lower())]


def _named(simulators: list[simulator.Simulator]) -> dict[str, str]:
    return {"provider": ", ".join(each.name for each in simulators)}


@_button
def sweep(request: HttpRequest) -> str:
    return _("Swept; found due: %(total)s.") % {"total": run_sweep().total}
