"""customer/collect and customer/batchCollect: whichever way a customer can be asked for money."""

from __future__ import annotations

import json

from .. import batches, collecting, orders, wire
from ..account import Account
from ..batches import MESSAGES, Batch, Row, RowError
from ..collecting import BY_CARD, Terms
from ..errors import NOT_FOUND, business
from ..formats import Json, moment
from ..parameters import Params
from .charges import open_order
from .registry import reminders, service


@service(
    "POST", "customer/collect",
    "customerId", "commerceOrder", "subject", "amount", "urlConfirmation", "urlReturn",
)  # fmt: skip
def collect(account: Account, params: Params) -> Json:
    customer = account.customer(params.text("customerId"))
    orders.check_not_paid(account, params.text("commerceOrder"))
    order = open_order(account, params, customer, "collect")
    kind = collecting.collect(account, order, customer, _terms(params))
    return {
        "type": kind,
        "commerceOrder": order.commerce_order,
        "flowOrder": order.flow_order,
        "url": _url(account, kind),
        "token": order.token,
        "status": 1,
        "paymenResult": wire.order(order),
    }


def _terms(params: Params) -> Terms:
    return Terms(
        url_confirmation=params.text("urlConfirmation"),
        url_return=params.text("urlReturn"),
        by_email=bool(params.whole("byEmail", 0)),
        ignore_card=bool(params.whole("ignore_auto_charging", 0)),
        reminders=reminders(params),
        timeout=params.maybe_whole("timeout"),
    )


def _url(account: Account, kind: int | None) -> str | None:
    return None if kind in (None, BY_CARD) else f"{account.base_url}/app/web/pay.php"


# --- many at once ---------------------------------------------------------------------------


@service("POST", "customer/batchCollect", "urlCallBack", "urlConfirmation", "urlReturn", "batchRows")
def batch_collect(account: Account, params: Params) -> Json:
    batch = Batch(account.ids.token(), account.clock.local(), params.text("urlCallBack"), _terms(params))
    rejected: list[Json] = []
    rows = _rows(params)
    for number, values in enumerate(rows, start=1):
        try:
            batch.rows.append(batches.checked(account, batch, values))
        except RowError as error:
            rejected.append(_rejected(number, values, error))
    batches.process_later(account, batch)
    return {
        "token": batch.token,
        "receivedRows": len(rows),
        "acceptedRows": len(batch.rows),
        "rejectedRows": rejected,
    }


def _rows(params: Params) -> list[object]:
    try:
        rows = json.loads(params.text("batchRows"))
    except ValueError:
        rows = None
    if not isinstance(rows, list):
        raise business("batchRows is not a JSON array")
    return rows


def _rejected(number: int, values: object, error: RowError) -> Json:
    row = values if isinstance(values, dict) else {}
    return {
        "customerId": str(row.get("customerId", "")),
        "commerceOrder": str(row.get("commerceOrder", "")),
        "rowNumber": number,
        "parameter": error.parameter,
        "errorCode": error.code,
        "errorMsg": str(error),
    }


@service("GET", "customer/getBatchCollectStatus", "token")
def get_batch_collect_status(account: Account, params: Params) -> Json:
    batch = account.batches.get(params.text("token"))
    if batch is None:
        raise NOT_FOUND
    return {
        "token": batch.token,
        "createdDate": moment(batch.created),
        "processedDate": moment(batch.processed),
        "status": batch.status,
        "collectRows": [_row(account, each) for each in batch.rows],
    }


def _row(account: Account, row: Row) -> Json:
    return {
        "commerceOrder": row.commerce_order,
        "type": row.kind,
        "flowOrder": row.order.flow_order if row.order else None,
        "url": _url(account, row.kind),
        "token": row.order.token if row.order else None,
        "status": row.status,
        "errorCode": row.error,
        "errorMsg": MESSAGES[row.error] if row.error else None,
    }
