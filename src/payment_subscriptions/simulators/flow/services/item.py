"""subscription_item/* and the items that a subscription has."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .. import money, wire_extras
from ..account import Account
from ..errors import ITEM_NAME, ITEM_TWICE, business, missing
from ..formats import Json
from ..items import MOST, AddedItem, AdditionalItem
from ..parameters import Params
from ..records import Subscription
from .registry import listed, named, service

_FUTURE, _ALL = "to_future", "all"


@service("POST", "subscription_item/create", "name", "currency", "amount")
def create(account: Account, params: Params) -> Json:
    currency = money.accepted_currency(account.options, params.text("currency"), uf=True)
    item = AdditionalItem(
        id=account.ids.small(),
        name=_name(params.text("name")),
        amount=money.check_decimals(params.amount(), currency),
        currency=currency,
        created=account.clock.local(),
    )
    if item.amount == 0:
        raise business("amount is not valid")
    account.items[item.id] = item
    return _row(account, item)


def _name(name: str) -> str:
    """Letters, digits and blanks."""
    if not all(character.isalnum() or character == " " for character in name):
        raise ITEM_NAME
    return name


def _row(account: Account, item: AdditionalItem) -> Json:
    return wire_extras.additional_item(item, len(list(_added(account, item))))


def _added(account: Account, item: AdditionalItem) -> Iterator[tuple[Subscription, AddedItem]]:
    """Where it was added, among the subscriptions that go on."""
    for subscription in account.subscriptions.values():
        for added in subscription.items:
            if added.item_id == item.id and subscription.live:
                yield subscription, added


def _item(account: Account, params: Params) -> AdditionalItem:
    return account.item(params.whole("itemId", 0))


def _for_all(params: Params) -> bool:
    kind = params.maybe("changeType")
    if kind is None:
        raise missing("changeType")
    if kind not in (_FUTURE, _ALL):
        raise business("changeType is not valid")
    return kind == _ALL


@service("POST", "subscription_item/edit", "itemId")
def edit(account: Account, params: Params) -> Json:
    item = _item(account, params)
    name, amount = params.maybe("name"), params.maybe("amount")
    if not name and not amount:
        return _row(account, item)
    for_all = _for_all(params)
    name = _name(name) if name else item.name
    new = money.check_decimals(params.amount(), item.currency) if amount else item.amount
    if new == 0:
        raise business("amount is not valid")
    item.name, item.amount = name, new
    for _, added in _added(account, item) if for_all else ():
        added.name, added.amount, added.updated = item.name, item.amount, account.clock.local()
    return _row(account, item)


@service("POST", "subscription_item/delete", "itemId", "changeType")
def delete(account: Account, params: Params) -> Json:
    item, for_all = _item(account, params), _for_all(params)
    item.status = 0
    for subscription, added in list(_added(account, item)) if for_all else ():
        subscription.items.remove(added)
    return _row(account, item)


@service("GET", "subscription_item/get", "itemId")
def get(account: Account, params: Params) -> Json:
    return _row(account, _item(account, params))


@service("GET", "subscription_item/list")
def items(account: Account, params: Params) -> Json:
    status = params.maybe_whole("status")
    found = [i for i in account.items.values() if named(params, i.name) and status in (None, i.status)]
    return listed(params, [_row(account, each) for each in found])


# --- on a subscription ----------------------------------------------------------------------


def wanted(account: Account, params: Params, currency: str) -> list[AdditionalItem]:
    """``planAdditionalList`` of subscription/create: a JSON array of item ids."""
    try:
        numbers = json.loads(params.maybe("planAdditionalList") or "[]")
        found = [account.item(int(number)) for number in numbers]
    except (ValueError, TypeError):
        raise business("planAdditionalList is not valid") from None
    if len({item.id for item in found}) < len(found):
        raise ITEM_TWICE
    return [_usable(item, currency) for item in found]


def _usable(item: AdditionalItem, currency: str) -> AdditionalItem:
    if item.status == 0:
        raise business("The item is not active")
    if item.currency != currency:
        raise business("The item is of another currency")
    return item


def attach(account: Account, subscription: Subscription, item: AdditionalItem, quantity: int = 1) -> None:
    """From the next invoice on."""
    now = account.clock.local()
    subscription.items.append(
        AddedItem(account.ids.small(), item.id, item.name, item.amount, item.currency, quantity, now, now)
    )


def _quantity(params: Params) -> int:
    quantity = params.whole("quantity", 1)
    if not 1 <= quantity <= MOST:
        raise business("quantity is not valid")
    return quantity


def _on(account: Account, params: Params) -> tuple[Subscription, AddedItem | None]:
    subscription = account.live_subscription(params.text("subscriptionId"))
    number = params.whole("itemId", 0)
    return subscription, next((each for each in subscription.items if each.item_id == number), None)


def _there(account: Account, params: Params) -> tuple[Subscription, AddedItem]:
    subscription, added = _on(account, params)
    if added is None:
        raise business("The item is not in the subscription")
    return subscription, added


@service("POST", "subscription/addItem", "subscriptionId", "itemId")
def add(account: Account, params: Params) -> Json:
    subscription, added = _on(account, params)
    if added is not None:
        raise ITEM_TWICE
    quantity = _quantity(params)
    currency = account.plans[subscription.plan_id].currency
    item = _usable(_item(account, params), currency)
    attach(account, subscription, item, quantity)
    return _changed(subscription, item.id) | {"quantity": quantity}


@service("POST", "subscription/updateItem", "subscriptionId", "itemId", "quantity")
def update(account: Account, params: Params) -> Json:
    subscription, added = _there(account, params)
    added.quantity, added.updated = _quantity(params), account.clock.local()
    return _changed(subscription, added.item_id) | {"quantity": added.quantity}


@service("POST", "subscription/deleteItem", "subscriptionId", "itemId")
def remove(account: Account, params: Params) -> Json:
    subscription, added = _there(account, params)
    subscription.items.remove(added)
    return _changed(subscription, added.item_id)


def _changed(subscription: Subscription, item_id: int) -> Json:
    return {"sub_id": subscription.id, "item_id": item_id, "success": True}
