"""merchant/*: the shops of an integrator."""

from __future__ import annotations

from .. import wire_extras
from ..account import Account
from ..errors import business
from ..formats import Json
from ..parameters import Params
from ..records import Merchant
from .registry import listed, named, service


@service("POST", "merchant/create", "id", "name", "url")
def create(account: Account, params: Params) -> Json:
    """Pending until Flow's staff approves it."""
    merchant = Merchant(params.text("id"), params.text("name"), params.text("url"), account.clock.local())
    if merchant.id in account.merchants:
        raise business(f"There is a merchant with this id: {merchant.id}")
    account.merchants[merchant.id] = merchant
    return wire_extras.merchant(merchant)


@service("POST", "merchant/edit", "id", "name", "url")
def edit(account: Account, params: Params) -> Json:
    merchant = account.merchant(params.text("id"))
    merchant.name, merchant.url = params.text("name"), params.text("url")
    return wire_extras.merchant(merchant)


@service("POST", "merchant/delete", "id")
def delete(account: Account, params: Params) -> Json:
    merchant = account.merchant(params.text("id"))
    del account.merchants[merchant.id]
    return {"status": "ok", "message": f"Merchant {merchant.id} deleted"}


@service("GET", "merchant/get", "id")
def get(account: Account, params: Params) -> Json:
    return wire_extras.merchant(account.merchant(params.text("id")))


@service("GET", "merchant/list")
def merchants(account: Account, params: Params) -> Json:
    status = params.maybe_whole("status")
    found = [m for m in account.merchants.values() if named(params, m.name) and status in (None, m.status)]
    return listed(params, [wire_extras.merchant(each) for each in found])
