"""The customer portal: Stripe's page with a customer's cards and bills."""

from __future__ import annotations

from ..account import Account, Thing
from ..decoding import ANY, METADATA
from .customers import live
from .registry import PAGING, Operation, getter, lister

FLOW = {
    "type": "one of payment_method_update|subscription_cancel|subscription_update",
    "after_completion": {
        "type": "one of hosted_confirmation|portal_homepage|redirect",
        "redirect": {"return_url": "str"},
    },
}


def _create(account: Account, params: Thing) -> Thing:
    customer = live(account, params["customer"], param="customer", status=400)
    configuration = params.get("configuration")
    if configuration:
        account.get("configurations", configuration, param="configuration", status=400)
    flow = params.get("flow_data")
    session = account.base("bps", "billing_portal.session") | {
        "configuration": configuration or default(account)["id"],
        "customer": customer["id"],
        "customer_account": None,
        "flow": _flow(flow) if flow else None,
        "locale": params.get("locale"),
        "on_behalf_of": None,
        "return_url": params.get("return_url"),
    }
    session["url"] = f"{account.base_url}/p/session/{session['id']}"
    return account.add("portals", session)


def _flow(given: Thing) -> Thing:
    after = given.get("after_completion") or {"type": "portal_homepage"}
    return {
        "after_completion": {
            "hosted_confirmation": None,
            "redirect": after.get("redirect"),
            "type": after["type"],
        },
        "subscription_cancel": None,
        "subscription_update": None,
        "subscription_update_confirm": None,
        "type": given["type"],
    }


def default(account: Account) -> Thing:
    """The configuration that was saved in the dashboard."""
    found = [each for each in account.configurations.values() if each["is_default"]]
    return found[0] if found else _configure(account, {}, is_default=True)


def _create_configuration(account: Account, params: Thing) -> Thing:
    return _configure(account, params, is_default=False)


def _configure(account: Account, params: Thing, *, is_default: bool) -> Thing:
    wanted = params.get("features") or {}

    def enabled(name: str) -> bool:
        return bool((wanted.get(name) or {}).get("enabled") in (True, "true")) or (is_default and not wanted)

    made = account.base("bpc", "billing_portal.configuration") | {
        "active": True,
        "application": None,
        "business_profile": {"headline": None, "privacy_policy_url": None, "terms_of_service_url": None},
        "default_return_url": None,
        "features": {
            "customer_update": {"allowed_updates": [], "enabled": False},
            "invoice_history": {"enabled": enabled("invoice_history")},
            "payment_method_update": {
                "enabled": enabled("payment_method_update"), "payment_method_configuration": None,
            },
            "subscription_cancel": {
                "cancellation_reason": {"enabled": False, "options": []},
                "enabled": enabled("subscription_cancel"),
                "mode": "at_period_end",
                "proration_behavior": "none",
            },
            "subscription_update": {
                "default_allowed_updates": [], "enabled": False, "proration_behavior": "none",
                "schedule_at_period_end": {"conditions": []}, "products": None, "billing_cycle_anchor": None,
                "trial_update_behavior": "end_trial",
            },
        },
        "is_default": is_default,
        "login_page": {"enabled": False, "url": None},
        "metadata": params.get("metadata") or {},
        "name": None,
        "updated": account.now(),
    }  # fmt: skip
    return account.add("configurations", made)


OPERATIONS = (
    Operation(
        "POST", "/v1/billing_portal/sessions", _create,
        {
            "customer": "str", "return_url": "str", "configuration": "str", "locale": "str",
            "flow_data": FLOW,
        },
        ("customer",),
    ),
    Operation(
        "POST", "/v1/billing_portal/configurations", _create_configuration,
        {"features": ANY, "business_profile": ANY, "default_return_url": "text", "metadata": METADATA},
        ("features",),
    ),
    Operation(
        "GET", "/v1/billing_portal/configurations",
        lister("configurations", "/v1/billing_portal/configurations", "is_default", "active"),
        PAGING | {"is_default": "bool", "active": "bool"},
    ),
    Operation("GET", "/v1/billing_portal/configurations/{id}", getter("configurations")),
)  # fmt: skip
