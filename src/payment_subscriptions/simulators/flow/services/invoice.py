"""invoice/*: what is owed, and ways of getting it settled."""

from __future__ import annotations

from .. import invoicing, wire
from ..account import Account
from ..errors import business
from ..formats import Json
from ..parameters import Params
from ..records import Invoice
from .registry import listed, named, service


def _invoice(account: Account, params: Params) -> Invoice:
    return account.invoice(params.whole("invoiceId", 0))


def _open(account: Account, params: Params) -> Invoice:
    invoice = _invoice(account, params)
    if not invoice.open:
        raise business("The invoice is not pending of payment")
    return invoice


@service("GET", "invoice/get", "invoiceId")
def get(account: Account, params: Params) -> Json:
    return wire.invoice(account, _invoice(account, params))


@service("POST", "invoice/cancel", "invoiceId")
def cancel(account: Account, params: Params) -> Json:
    invoice = _open(account, params)
    invoicing.void(account, invoice)
    return wire.invoice(account, invoice)


@service("POST", "invoice/outsidePayment", "invoiceId", "date")
def outside_payment(account: Account, params: Params) -> Json:
    invoice = _open(account, params)
    day = params.day("date")
    invoicing.close(account, invoice)
    invoice.outside = (day, params.maybe("comment") or "")
    return wire.invoice(account, invoice)


@service("POST", "invoice/retryToCollect", "invoiceId")
def retry_to_collect(account: Account, params: Params) -> Json:
    """A refusal of the bank is no error of the call: the invoice says so."""
    invoice = _open(account, params)
    if account.options.retry_only_overdue and not wire.is_overdue(account, invoice):
        raise business("The invoice is not overdue")
    if account.customers[invoice.customer_id].card is None:
        raise business("The customer does not have a credit card registered")
    invoicing.collect(account, invoice)
    return wire.invoice(account, invoice)


@service("GET", "invoice/getOverDue")
def get_over_due(account: Account, params: Params) -> Json:
    plan_id = params.maybe("planId")
    found = [
        each
        for each in account.invoices.values()
        if wire.is_overdue(account, each)
        and plan_id in (None, each.plan_id)
        and named(params, account.customers[each.customer_id].name)
    ]
    return listed(params, [wire.invoice(account, each) for each in found])
