"""A project's settings as they are with simulators in the place of the gateways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..exceptions import ConfigurationError

# Which simulator stands for a gateway.
KINDS = {
    "payment_subscriptions.gateways.flow.FlowGateway": "flow",
    "payment_subscriptions.gateways.stripe.StripeGateway": "stripe",
}
# What belongs to an account that is not asked.
OF_THE_ACCOUNT = frozenset(
    {"NOTICE_URL", "RETURN_URL", "PLAN_IDS", "PRICE_IDS", "COUPONS", "PORTAL_CONFIGURATION"}
)


@dataclass(frozen=True)
class Addresses:
    """Where the simulators are; empty where none runs."""

    flow: str = ""
    stripe: str = ""

    def options(self, kind: str) -> dict[str, Any]:
        """What a gateway needs to talk to the simulator of that kind."""
        if kind == "flow":
            from ..simulators import flow

            return {
                "API_KEY": flow.API_KEY,
                "SECRET_KEY": flow.SECRET_KEY,
                "API_URL": self.flow + "/api",
            }
        from ..simulators import stripe

        return {"API_KEY": stripe.API_KEY, "API_URL": self.stripe}


def kinds_in(payments: Mapping[str, Any]) -> list[str]:
    """The simulators that a project's gateways need: "flow", "stripe", both.

    Raises ConfigurationError when it has a gateway that none stands for, or no gateway.
    """
    found = []
    for alias, gateway in payments.get("GATEWAYS", {}).items():
        kind = KINDS.get(gateway.get("BACKEND"))
        if kind is None:
            raise ConfigurationError(
                f"No simulator stands for the gateway {alias!r} ({gateway.get('BACKEND')})",
                hint=f"There are simulators for {', '.join(KINDS)}.",
            )
        found.append(kind)
    if not found:
        raise ConfigurationError(
            "PAYMENT_SUBSCRIPTIONS has no gateway", hint="Give GATEWAYS one entry or more."
        )
    return sorted(set(found))


def simulated(
    payments: Mapping[str, Any], addresses: Addresses, base_url: str, *, stripe_secret: str = ""
) -> dict[str, Any]:
    """``PAYMENT_SUBSCRIPTIONS`` with every gateway at its simulator, on the simulator's clock, worked inline.

    ``stripe_secret`` signs the notices of Stripe's, as ``payments_webhook push`` told it. Raises
    ConfigurationError as ``kinds_in``.
    """
    kinds_in(payments)
    gateways = {}
    for alias, gateway in payments["GATEWAYS"].items():
        kind = KINDS[gateway["BACKEND"]]
        kept = {name: value for name, value in gateway.items() if name not in OF_THE_ACCOUNT}
        gateways[alias] = kept | addresses.options(kind) | {"MODE": "sandbox"}
        if kind == "stripe":
            gateways[alias]["WEBHOOK_SECRETS"] = [stripe_secret] if stripe_secret else []
    return {
        **payments,
        "GATEWAYS": gateways,
        "BASE_URL": base_url,
        "CLOCK": "payment_subscriptions.demo.clock.now",
        "TASKS_BACKEND": None,
    }


# Of an account that does not exist, at an address where nobody is.
NOBODY: dict[str, dict[str, Any]] = {
    "flow": {"API_KEY": "none", "SECRET_KEY": "none", "API_URL": "http://127.0.0.1:9/api"},
    "stripe": {
        "API_KEY": "sk_test_none",
        "WEBHOOK_SECRETS": ["whsec_none"],
        "API_URL": "http://127.0.0.1:9",
    },
}


def without_accounts(payments: Mapping[str, Any]) -> dict[str, Any]:
    """``PAYMENT_SUBSCRIPTIONS`` for commands that ask no gateway, ``test`` and ``migrate``: no account is
    needed, and none that the environment names is reached. Where a test wants simulators,
    ``SimulatedTestCase`` puts them there."""
    gateways = {
        alias: {**gateway, **NOBODY[KINDS[gateway["BACKEND"]]], "MODE": "sandbox"}
        if gateway.get("BACKEND") in KINDS
        else gateway
        for alias, gateway in payments.get("GATEWAYS", {}).items()
    }
    return {**payments, "GATEWAYS": gateways, "BASE_URL": payments.get("BASE_URL") or "https://localhost"}
