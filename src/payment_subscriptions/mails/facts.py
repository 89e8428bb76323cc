"""What mails tell of a subscription, fact by fact, in the words of its reader; "" is nothing to tell."""

from __future__ import annotations

from django.utils.translation import gettext as _

from ..gateways import gateways
from ..lifecycle import FOR_GOOD
from ..models import Payment, Subscription
from ..money import Money, format_money, format_times
from ..plans import Interval
from ..templatetags.payments import card, day, last_day, period, pesos

Facts = list[tuple[str, str]]


def is_paid_by_hand(subscription: Subscription) -> bool:
    """Whether its bills go out by the gateway's own e-mail."""
    return gateways.of(subscription).is_paid_by_hand(subscription.strategy)


def card_of(subscription: Subscription) -> str:
    """The card that is charged."""
    return "" if is_paid_by_hand(subscription) else card(subscription.customer)


def price_of(subscription: Subscription) -> str:
    """ "$10.000 al mes", as often as it is taken."""
    price = subscription.agreed_price
    amount = format_times(price.amount, subscription.quantity)
    return amount if price.interval == Interval.ONCE else f"{amount} {period(price)}"


def next_charge(subscription: Subscription) -> Facts:
    """Its day, and what it comes to where nothing is taken off or changed by then."""
    at = subscription.next_charge_at
    if at is None or subscription.cancel_at_period_end or not subscription.is_begun:
        return []
    label = _("Next bill") if is_paid_by_hand(subscription) else _("Next charge")
    if subscription.credit or subscription.next_price_key:
        return [(label, day(at))]
    charge = {"amount": format_money(subscription.money), "date": day(at)}
    return [(label, _("%(amount)s on %(date)s") % charge)]


def period_of(payment: Payment) -> str:
    """From the first day that it pays for to the last."""
    if not payment.period_start or not payment.period_end or payment.period_end == FOR_GOOD:
        return ""
    return _("%(start)s to %(end)s") % {
        "start": day(payment.period_start),
        "end": last_day(payment.period_end),
    }


def bill_of(payment: Payment) -> str:
    """What was asked for, where that is in a unit which nobody has in hand."""
    if payment.settled_amount is None:
        return ""
    bill = {"bill": format_money(payment.money), "rate": pesos(payment.rate)}
    return _("%(bill)s, at %(rate)s each") % bill if payment.rate else bill["bill"]


def access_end(subscription: Subscription) -> str:
    """The last day on which it works."""
    return _("for good") if subscription.access_until == FOR_GOOD else last_day(subscription.access_until)


def still_owed(subscription: Subscription) -> str:
    """What is asked for and not paid."""
    owed = subscription.owed
    return format_money(in_all(owed)) if owed else ""


def in_all(owed: list[Payment]) -> Money:
    """The sum of payments in one currency, of which there is one at least."""
    return Money(sum(payment.amount for payment in owed), owed[0].currency)


def why(payment: Payment) -> str:
    """The decline in plain words; "" where none was told."""
    code = payment.failure_code
    return gateways.of(payment.subscription).explain(code) if code else ""


def told(facts: Facts) -> Facts:
    """Those that there are."""
    return [(label, value) for label, value in facts if value]
