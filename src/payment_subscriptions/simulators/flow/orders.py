"""A payment order's life: opened, paid by a card or on the payment page, rejected, annulled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from . import money
from .account import Account
from .cards import DECLINES, Card
from .errors import ApiError, business
from .records import ANNULLED, PAID, REJECTED, Attempt, Customer, Order, Rate, Receipt

AUTOMATIC = "Cargo automático"
#: medium on the payment page: name, type, whether it only issues a coupon to pay later
MEDIA: dict[str, tuple[str, str, bool]] = {
    "webpay": ("Webpay", "Crédito", False),
    "mach": ("Mach", "Prepago", False),
    "servipag": ("Servipag", "Transferencia", False),
    "cupon": ("Multicaja", "Efectivo", True),
}


def open_order(
    account: Account,
    *,
    commerce_order: str,
    subject: str,
    amount: Decimal,
    currency: str,
    payer: str,
    kind: str,
    url_confirmation: str | None = None,
    url_return: str | None = None,
    optional: str | None = None,
    timeout: int | None = None,
    checkout_timeout: int | None = None,
) -> Order:
    order = Order(
        token=account.ids.token(),
        flow_order=account.ids.order(),
        commerce_order=commerce_order,
        subject=subject,
        currency=currency,
        amount=amount,
        payer=payer,
        created=account.clock.local(),
        kind=kind,
        url_confirmation=url_confirmation,
        url_return=url_return,
        optional=optional,
        checkout_timeout=checkout_timeout,
    )
    account.orders[order.token] = order
    if timeout:
        annul_in(account, order, timeout)
    return order


def annul_in(account: Account, order: Order, seconds: int) -> None:
    """The order ends unless it is paid by then."""

    def end() -> None:
        if order.payable:
            order.status = ANNULLED

    account.clock.at(account.clock.now() + timedelta(seconds=seconds), end)


def check_not_paid(account: Account, commerce_order: str) -> None:
    if is_paid(account, commerce_order):
        raise ApiError(1605, previously_paid(commerce_order))


def is_paid(account: Account, commerce_order: str) -> bool:
    return any(each.status == PAID for each in account.orders_of(commerce_order))


def previously_paid(commerce_order: str) -> str:
    return f"This commerceOrder {commerce_order} has been previously paid"


# --- by e-mail ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reminders:
    """How often the payer is written to again, and how many days lie between."""

    days: int = 0
    times: int = 0


def send_link(account: Account, order: Order, reminders: Reminders) -> None:
    _write(account, order, "payment", "Cobro")
    _remind(account, order, reminders)


def _remind(account: Account, order: Order, reminders: Reminders) -> None:
    if reminders.days < 1 or reminders.times < 1:
        return

    def job() -> None:
        if order.payable and not is_paid(account, order.commerce_order):
            _write(account, order, "reminder", "Recordatorio de cobro")
            _remind(account, order, replace(reminders, times=reminders.times - 1))

    account.clock.at_wall(account.clock.local() + timedelta(days=reminders.days), job)


def _write(account: Account, order: Order, kind: str, what: str) -> None:
    link = account.link(order.token)
    text, about = f"Puede pagar en: {link}", order.commerce_order
    account.mail(kind, order.payer, f"{what}: {order.subject}", text, link, about=about)


# --- by the registered card ---------------------------------------------------------------


def charge(account: Account, order: Order, customer: Customer) -> Attempt | None:
    """Charge the customer's card now; what is returned is the bank's refusal."""
    card = customer.card
    if card is None:
        raise business("The customer does not have a credit card registered")
    order.customer_id = customer.id
    code = _refusal(account, customer, card)
    if code is not None:
        return _refused(account, order, card, code)
    settle(account, order, AUTOMATIC, "Crédito", card)
    return None


def _refusal(account: Account, customer: Customer, card: Card) -> int | None:
    fault = account.faults.take("charge", {"charge"}, {"customerId": customer.id})
    return fault.whole("code") if fault else card.decline


def check_quota(account: Account, customer: Customer) -> None:
    limit = account.options.daily_charges_per_customer
    if limit is not None and _charged_today(account, customer.id) >= limit:
        raise ApiError(7100, f"The customer id: {customer.id} has exceeded the daily transaction quota")


def _charged_today(account: Account, customer_id: str) -> int:
    today = account.clock.local().date()
    return sum(entry.time.date() == today for entry in account.books.taken(customer_id=customer_id))


def _refused(account: Account, order: Order, card: Card, code: int) -> Attempt:
    message = DECLINES.get(code, DECLINES[999])
    now = account.clock.local()
    order.status, order.error = REJECTED, (code, message)
    attempt = Attempt(
        account.ids.small(), now, order.customer_id or "", order.invoice_id,
        order.commerce_order, order.currency, order.amount, code, message,
    )  # fmt: skip
    account.attempts.append(attempt)
    account.books.decline(order, now, AUTOMATIC, card.last4, code)
    return attempt


# --- by anybody -----------------------------------------------------------------------------


def settle(account: Account, order: Order, media: str, media_type: str, card: Card | None) -> None:
    """The money has moved: the one place where an order becomes paid."""
    now = account.clock.local()
    rate = order.rate or Rate(account.options.uf_rate, now.date())
    amount, currency = money.in_local(order.amount, order.currency, rate.pesos)
    converted = currency != order.currency
    order.receipt = Receipt(
        now, media, media_type, amount, currency, money.fee(amount, currency), rate if converted else None,
        card, account.ids.authorisation(),
    )  # fmt: skip
    order.status, order.error = PAID, None
    account.books.take(order, now, media, card.last4 if card else None)


def reject(account: Account, order: Order, media: str, code: int = -6) -> None:
    order.status, order.error = REJECTED, (code, DECLINES.get(code, DECLINES[999]))
    account.books.decline(order, account.clock.local(), media, None, code)


def issue_coupon(account: Account, order: Order, media: str) -> None:
    """Cash: a coupon now, money later or never."""
    order.pending_media, order.pending_date = media, account.clock.local()


def notify(account: Account, order: Order) -> None:
    if order.url_confirmation:
        kind = "plan" if order.kind == "invoice" else "payment"
        account.post.post(kind, order.url_confirmation, order.token)
