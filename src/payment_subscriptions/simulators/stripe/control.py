"""Stripe's control API: every route in one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..control import Route, act, as_keywords, common_routes, fault_route
from .errors import ApiError

if TYPE_CHECKING:
    from .simulator import StripeSimulator

#: What can be looked at, by its table.
TABLES = (
    "customers", "products", "prices", "coupons", "promotion_codes", "sessions", "subscriptions", "invoices",
    "charges", "refunds", "disputes", "endpoints", "events",
)  # fmt: skip

#: path, what it does, the method of StripeSimulator; the body's fields are its keywords
_ACTS = (
    (
        "/sessions/<key>/pay", "the payer pays on the page", "complete_session",
        '{"number": "4242424242424242"}',
    ),
    ("/sessions/<key>/code", "the payer types a promotion code", "use_code", '{"code": "AMIGOS"}'),
    (
        "/sessions/<key>/fail-authentication", "the payer fails the bank's question (3-D Secure)",
        "fail_session_authentication", "",
    ),
    ("/customers/<key>/card", "another card, in the portal", "change_card", '{"number": "5555555555554444"}'),
    ("/customers/<key>/delete", "deleted in the dashboard", "delete_customer", ""),
    ("/invoices/<key>/pay", "the payer pays the bill on its page", "pay_invoice", '{"authenticated": true}'),
    (
        "/invoices/<key>/fail-authentication", "the payer fails the bank's question (3-D Secure)",
        "fail_invoice_authentication", "",
    ),
    ("/charges/<key>/refund", "given back in the dashboard", "refund_charge", '{"amount": 500}'),
    ("/charges/<key>/dispute", "its payer disputes it", "open_dispute", ""),
    ("/disputes/<key>/close", "the bank decides", "close_dispute", '{"won": true}'),
    ("/refunds/<key>/settle", "a pending one arrives, or fails", "settle_refund", '{"succeeded": false}'),
    (
        "/subscriptions/<key>/cancel", "cancelled in the dashboard", "cancel_subscription",
        '{"at_period_end": true}',
    ),
    (
        "/endpoints/<key>/roll", "a new secret; the old one signs beside it for so long", "roll_secret",
        '{"hours": 24}',
    ),
)  # fmt: skip


def routes(stripe: StripeSimulator) -> list[Route]:
    return [*common_routes(stripe), *_own(stripe), *_acts(stripe)]


def _own(stripe: StripeSimulator) -> list[Route]:
    return [
        fault_route(stripe, '{"service": "refunds/create", "kind": "timeout_after_commit", "times": 1}'),
        Route(
            "POST", "/decline", "the bank refuses the next charges",
            lambda body: stripe.decline_next(**as_keywords(body)),
            '{"code": "insufficient_funds", "times": 1, "customer": "cus_..."}',
        ),
        Route(
            "GET", "/books", "every charge tried and taken, and what was given back",
            lambda body: {"twice": stripe.books.twice(), "entries": stripe.books.entries},
        ),
        *(_looking(stripe, name) for name in TABLES),
    ]  # fmt: skip


def _looking(stripe: StripeSimulator, name: str) -> Route:
    return Route("GET", f"/{name}", f"all {name.replace('_', ' ')}", lambda body: stripe.table(name))


def _acts(stripe: StripeSimulator) -> list[Route]:
    return [
        Route("POST", path, says, act(getattr(stripe, method), ApiError), example)
        for path, says, method, example in _ACTS
    ]
