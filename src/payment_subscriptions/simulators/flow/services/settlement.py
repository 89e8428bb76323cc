"""settlement/*: what Flow transfers to the merchant; two generations of one object."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from .. import settlements
from ..account import Account
from ..books import Entry
from ..errors import business
from ..formats import Json, JsonList, moment, number
from ..money import RATE
from ..parameters import Params
from ..records import Order, Receipt
from ..settlements import Settlement
from .registry import service

_TAX_ID = "76000000-0"
_KIND = "R"  # a regulated enterprise
_RETURNS = {"refund": "Reembolsos", "reversal": "Reversas"}


def _settlement(account: Account, params: Params) -> Settlement:
    found = settlements.of(account).get(params.whole("id", 0))
    if found is None:
        raise business(f"There is no settlement with this id: {params.text('id')}")
    return found


@service("GET", "settlement/search", "startDate", "endDate")
def search(account: Account, params: Params) -> JsonList:
    first, last = params.day("startDate"), params.day("endDate")
    currency = params.maybe("currency") or account.options.currency
    ours = currency == account.options.currency and params.maybe("enterprise") in (None, _KIND)
    found = [each for each in settlements.of(account).values() if ours and first <= each.date <= last]
    return [_base(account, each) for each in found]


@service("GET", "settlement/getByIdv2", "id")
def get(account: Account, params: Params) -> Json:
    settlement = _settlement(account, params)
    summary = {
        "transferred": [{"item": "Transferencia", "amount": number(settlement.transferred), "taxes": 0}],
        "commission": [_commissions(settlement)],
        "payment": _by_media(settlement),
        "credit": [],
        "debit": _debits(settlement),
        "billed": [_billed(settlement)],
    }
    detail = {
        "payment": [_payment(order, receipt) for order, receipt in settlement.payments],
        "debit": [_return(each) for each in settlement.returns],
        "credit": [],
    }
    return _base(account, settlement) | {"summary": summary, "detail": detail}


def _base(account: Account, settlement: Settlement) -> Json:
    return {
        "id": settlement.id,
        "date": f"{settlement.date:%Y-%m-%d}",
        "taxId": _TAX_ID,
        "name": "Comercio simulado",
        "email": account.options.merchant_email,
        "currency": account.options.currency,
        "initial_balance": number(settlement.initial),
        "final_balance": number(settlement.final),
        "transferred": number(settlement.transferred),
        "billed": number(settlement.fees),
        "enterprise": _KIND,
    }


def _net(settlement: Settlement) -> Decimal:
    return sum((settlements.commission(receipt) for _, receipt in settlement.payments), Decimal(0))


def _commissions(settlement: Settlement) -> Json:
    net = _net(settlement)
    return {
        "type": "Comisión de pagos",
        "amount": number(net),
        "taxes": number(settlement.fees - net),
        "total": number(settlement.fees),
    }


def _billed(settlement: Settlement) -> Json:
    net = _net(settlement)
    return {
        "type": "Comisiones de pagos recibidos",
        "amount": number(net),
        "taxes": number(settlement.fees - net),
        "balance": number(settlement.fees),
    }


def _by_media(settlement: Settlement) -> list[Json]:
    grouped: dict[tuple[str, str | None], list[Receipt]] = defaultdict(list)
    for _, receipt in settlement.payments:
        grouped[receipt.media, receipt.card.brand if receipt.card else None].append(receipt)
    return [
        {
            "paymentMethod": media,
            "brand": brand,
            "operations": len(receipts),
            "rate": number(RATE * 100),
            "fixed": 0,
            **_sums(receipts),
        }
        for (media, brand), receipts in grouped.items()
    ]


def _sums(receipts: list[Receipt]) -> Json:
    amount = sum((each.amount for each in receipts), Decimal(0))
    net = sum((settlements.commission(each) for each in receipts), Decimal(0))
    fees = sum((each.fee for each in receipts), Decimal(0))
    return {
        "amount": number(amount),
        "commission": number(net),
        "taxes": number(fees - net),
        "balance": number(amount - fees),
    }


def _payment(order: Order, receipt: Receipt) -> Json:
    return {
        "trxId": order.flow_order,
        "date": moment(receipt.date),
        "concept": order.subject,
        "paymentMethod": receipt.media,
        "rate": number(RATE * 100),
        **_sums([receipt]),
    }


def _debits(settlement: Settlement) -> list[Json]:
    rows: list[Json] = []
    for kind, name in _RETURNS.items():
        moved = [each.moved for each in settlement.returns if each.kind == kind]
        amount = number(sum(moved, Decimal(0)))
        if moved:
            money = {"amount": amount, "commission": 0, "taxes": 0, "balance": amount}
            rows.append({"type": name, "operations": len(moved), **money})
    return rows


def _return(entry: Entry) -> Json:
    amount = number(entry.moved)
    return {
        "id": entry.flow_order,
        "date": moment(entry.time),
        "concept": _RETURNS[entry.kind],
        "trxId": str(entry.flow_order) if entry.flow_order else None,
        "amount": amount,
        "commission": None,
        "taxes": 0,
        "balance": amount,
    }


# --- as it was until June 2021 --------------------------------------------------------------


@service("GET", "settlement/getByDate", "date")
def get_by_date(account: Account, params: Params) -> JsonList:
    day = params.day("date")
    return [_old(account, each) for each in settlements.of(account).values() if each.date == day]


@service("GET", "settlement/getById", "id")
def get_by_id(account: Account, params: Params) -> Json:
    return _old(account, _settlement(account, params))


def _old(account: Account, settlement: Settlement) -> Json:
    net = _net(settlement)
    fees = {
        "item": "Comisión de pagos recibidos",
        "amount": number(-net),
        "taxes": number(net - settlement.fees),
    }
    return {
        "id": settlement.id,
        "date": f"{settlement.date:%Y-%m-%d}",
        "rut": _TAX_ID,
        "name": "Comercio simulado",
        "email": account.options.merchant_email,
        "initialBalance": number(settlement.initial),
        "transferred": number(settlement.transferred),
        "billed": number(settlement.fees),
        "finalBalance": number(settlement.final),
        "enterprise": _KIND,
        "transferredSummary": [
            {"item": "Pagos recibidos", "amount": number(settlement.paid), "taxes": 0},
            fees,
            {"item": "Devoluciones", "amount": number(-settlement.returned), "taxes": 0},
        ],
        "billedSummary": [fees],
        "transfersDetail": [],
        "paymentsDetail": [_old_payment(order, receipt) for order, receipt in settlement.payments],
        "generalReturnsDetail": [_old_return(each) for each in settlement.returns],
        "refundReturnsDetail": [],
        "refundWithholdingDetail": [],
        "generalWithholdingDetail": [],
        "refundBilledDetail": [],
    }


def _old_payment(order: Order, receipt: Receipt) -> Json:
    return {
        "id": order.flow_order,
        "date": moment(receipt.date),
        "subject": order.subject,
        "media": receipt.media,
        "amount": number(receipt.amount),
        "rate": number(RATE * 100),
        "fee": number(receipt.fee),
    }


def _old_return(entry: Entry) -> Json:
    return {
        "id": entry.flow_order,
        "date": moment(entry.time),
        "subject": _RETURNS[entry.kind],
        "amount": number(entry.moved),
    }
