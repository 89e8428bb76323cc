"""``expand``: things in place of their ids, and parts that are left out unless asked for.

https://docs.stripe.com/expand: at most four levels, ``data.`` of a list counts as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import wrong

if TYPE_CHECKING:
    from .account import Account, Thing

DEEPEST = 4


def expanded(account: Account, thing: Thing, paths: list[str]) -> Thing:
    for path in paths:
        parts = path.split(".")
        if len(parts) > DEEPEST:
            raise wrong(f"You cannot expand more than {DEEPEST} levels of a property: {path}", "expand")
        _expand(account, thing, parts, path)
    return thing


def _expand(account: Account, thing: Any, parts: list[str], path: str) -> None:
    if not parts or thing is None:
        return
    if isinstance(thing, list):
        for each in thing:
            _expand(account, each, parts, path)
        return
    name, rest = parts[0], parts[1:]
    if name not in thing:
        thing[name] = _included(account, thing, name, path)
    value = thing[name]
    if isinstance(value, str):
        value = _replaced(account, value, path)
        thing[name] = value
    elif isinstance(value, list) and value and isinstance(value[0], str):
        value = thing[name] = [_replaced(account, each, path) for each in value]
    _expand(account, value, rest, path)


def _replaced(account: Account, key: str, path: str) -> Thing:
    found = account.find(key)
    if found is None:
        raise wrong(f"This property cannot be expanded ({path}).", "expand")
    return account.shown(found)


def _included(account: Account, thing: Thing, name: str, path: str) -> Any:
    """What is there only when it is asked for."""
    if thing.get("object") == "invoice" and name == "payments":
        own = [account.shown(p) for p in account.invoice_payments.values() if p["invoice"] == thing["id"]]
        return {"object": "list", "data": own, "has_more": False, "url": "/v1/invoice_payments"}
    if thing.get("object") == "checkout.session" and name == "line_items":
        data = [account.shown(line) for line in account.private[thing["id"]]["lines"]]
        return {"object": "list", "data": data, "has_more": False, "url": "/v1/checkout/sessions"}
    raise wrong(f"This property cannot be expanded ({path}).", "expand")
