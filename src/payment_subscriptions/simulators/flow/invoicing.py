"""Invoices: issued, collected by card or by link, retried, closed.

Whatever is planned ahead checks, when its time comes, that it still holds.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from . import money, orders
from .account import Account
from .lines import DISCOUNT, Line
from .records import ANNULLED, AT_INVOICE, SETTLED, VOID, Invoice, Item, Order, Rate, Subscription


def issue(
    account: Account, subscription: Subscription, subject: str, lines: list[Line], *, use_credit: bool = True
) -> Invoice:
    plan = account.plans[subscription.plan_id]
    today = account.clock.local().date()
    items = [Item(account.ids.small(), text, kind, plan.currency, amount) for text, kind, amount in lines]
    total = sum((item.amount for item in items), Decimal(0))
    used = min(subscription.credit, total) if use_credit else Decimal(0)
    if used > 0:
        subscription.credit -= used
        items.append(Item(account.ids.small(), "Saldo a favor", DISCOUNT, plan.currency, -used))
    invoice = Invoice(
        id=account.ids.invoice(),
        subscription_id=subscription.id,
        customer_id=subscription.customer_id,
        plan_id=plan.id,
        created=account.clock.local(),
        subject=subject,
        currency=plan.currency,
        amount=total - max(used, Decimal(0)),
        period_start=subscription.period_start or today,
        period_end=subscription.period_end or today,
        due=today + timedelta(days=plan.days_until_due),
        items=items,
        rate=Rate(account.options.uf_rate, today) if plan.convert_option == AT_INVOICE else None,
    )
    account.invoices[invoice.id] = invoice
    subscription.invoices.append(invoice.id)
    return invoice


def collect(account: Account, invoice: Invoice, *, silent: bool = False) -> None:
    """Try to get an invoice paid: by card, or by a link sent to the customer."""
    customer = account.customers[invoice.customer_id]
    if invoice.amount == 0:
        close(account, invoice)
    elif _is_too_small(account, invoice):
        invoice.error = (account.clock.local(), money.too_small())
        invoice.next_try = None
    elif customer.card and account.options.card_contract:
        _charge(account, invoice, silent=silent)
    else:
        invoice.next_try = None
        _send_link(account, invoice)


def _is_too_small(account: Account, invoice: Invoice) -> bool:
    """An invoice of a few pesos, after discounts or a change of plan, cannot be collected."""
    options = account.options
    return options.small_invoices_fail and money.is_too_small(options, invoice.amount, invoice.currency)


def _charge(account: Account, invoice: Invoice, *, silent: bool) -> None:
    customer = account.customers[invoice.customer_id]
    order = _order_for(account, invoice)
    invoice.tries += 1
    refused = orders.charge(account, order, customer)
    if refused is None:
        close(account, invoice, order)
    else:
        invoice.attempts.append(refused)
        invoice.error = (refused.date, refused.message)
        _ensure_link(account, invoice)
        _plan_retry(account, invoice)
    if not silent and (refused is None or account.options.callback_on_failed_renewal):
        orders.notify(account, order)


def _plan_retry(account: Account, invoice: Invoice) -> None:
    invoice.next_try = None
    if invoice.tries > account.plans[invoice.plan_id].retries:
        return
    when = account.clock.local() + timedelta(days=account.options.retry_spacing_days)
    invoice.next_try = when

    def job() -> None:
        subscription = account.subscriptions[invoice.subscription_id]
        wanted = subscription.live or account.options.retries_after_cancel
        if invoice.open and invoice.next_try == when and wanted:
            collect(account, invoice)

    account.clock.at_wall(when, job)


def close(account: Account, invoice: Invoice, order: Order | None = None) -> None:
    """Paid; its payment link is of no more use."""
    _shut(account, invoice, SETTLED, keep=order)
    invoice.error = None
    invoice.paid_by = order.token if order else None


def void(account: Account, invoice: Invoice) -> None:
    _shut(account, invoice, VOID)


def _shut(account: Account, invoice: Invoice, status: int, keep: Order | None = None) -> None:
    invoice.status = status
    invoice.next_try = None
    if keep is None or keep.token != invoice.link:
        close_link(account, invoice)


def close_link(account: Account, invoice: Invoice) -> None:
    """The link of an unpaid invoice can be paid no more."""
    link = account.orders.get(invoice.link or "")
    if link and link.payable:
        link.status, invoice.link = ANNULLED, None


def _order_for(account: Account, invoice: Invoice) -> Order:
    plan = account.plans[invoice.plan_id]
    now = account.clock.local()
    order = orders.open_order(
        account,
        commerce_order=f"{invoice.subscription_id}_{invoice.id}_{now:%Y-%m-%d %H:%M}",
        subject=invoice.subject,
        amount=invoice.amount,
        currency=invoice.currency,
        payer=account.customers[invoice.customer_id].email,
        kind="invoice",
        url_confirmation=plan.callback,
    )
    order.customer_id = invoice.customer_id
    order.invoice_id, order.subscription_id, order.rate = invoice.id, invoice.subscription_id, invoice.rate
    return order


def _ensure_link(account: Account, invoice: Invoice) -> str | None:
    """Where the invoice can be paid; nowhere once its subscription was cancelled."""
    if account.subscriptions[invoice.subscription_id].live or account.options.links_after_cancel:
        invoice.link = invoice.link or _order_for(account, invoice).token
    return account.link(invoice.link) if invoice.link else None


def _send_link(account: Account, invoice: Invoice) -> None:
    link = _ensure_link(account, invoice)
    if link is None:
        return
    to = account.customers[invoice.customer_id].email
    amount = money.shown(invoice.amount, invoice.currency)
    text = f"{invoice.subject}. Monto: {amount}. Puede pagar en: {link}"
    account.mail(
        "collection",
        to,
        f"Cobro de {amount}",
        text,
        link,
        about=account.orders[invoice.link or ""].commerce_order,
    )
