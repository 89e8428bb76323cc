"""The shapes of before 2025-03-31, for endpoints that were made then. https://docs.stripe.com/changelog/basil"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .account import Account, Thing


def older(account: Account, thing: Thing) -> Thing:
    if thing["object"] == "subscription":
        item = thing["items"]["data"][0]
        period = {name: item.pop(name) for name in ("current_period_start", "current_period_end")}
        return thing | period
    if thing["object"] == "invoice":
        details = (thing.pop("parent", None) or {}).get("subscription_details") or {}
        intents = [
            each["payment"]["payment_intent"]
            for each in account.invoice_payments.values()
            if each["invoice"] == thing["id"]
        ]
        return thing | {
            "subscription": details.get("subscription"),
            "subscription_details": {"metadata": details.get("metadata")},
            "payment_intent": intents[-1] if intents else None,
            "paid": thing["status"] == "paid",
        }
    return thing
