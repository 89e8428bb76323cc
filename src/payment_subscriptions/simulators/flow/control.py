"""Flow's control API: every route in one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..control import Route, act, as_keywords, common_routes, fault_route
from .errors import ApiError

if TYPE_CHECKING:
    from .simulator import FlowSimulator


def routes(flow: FlowSimulator) -> list[Route]:
    return [*common_routes(flow), *_own(flow), *_acts(flow)]


def _own(flow: FlowSimulator) -> list[Route]:
    return [
        fault_route(flow, '{"service": "subscription/create", "kind": "timeout_after_commit", "times": 1}'),
        Route(
            "POST", "/decline", "the bank refuses the next charges",
            lambda body: flow.decline_next(**as_keywords(body)),
            '{"code": -6, "times": 1, "customer_id": "cus_..."}',
        ),
        Route(
            "GET", "/books", "every charge attempted and taken, and what was given back",
            lambda body: _books(flow),
        ),
        Route("GET", "/outbox", "every e-mail", lambda body: flow.outbox.mails),
        Route("GET", "/customers", "all customers", lambda body: list(flow.customers.values())),
        Route("GET", "/subscriptions", "all subscriptions", lambda body: list(flow.subscriptions.values())),
        Route("GET", "/invoices", "all invoices", lambda body: list(flow.invoices.values())),
        Route("GET", "/orders", "all payment orders", lambda body: list(flow.orders.values())),
        Route("GET", "/coupons", "all coupons", lambda body: list(flow.coupons.values())),
        Route("GET", "/items", "all additional items", lambda body: list(flow.items.values())),
        Route("GET", "/refunds", "all refunds", lambda body: list(flow.refunds.values())),
    ]  # fmt: skip


#: path, what it does, the method of FlowSimulator; the body's fields are its keywords
_ACTS = (
    (
        "/customers/<key>/card",
        "enrol a card without the page",
        "enrol_card",
        '{"number": "4051885600446623"}',
    ),
    ("/customers/<key>/expire-card", "its bank refuses it from now on", "expire_card", ""),
    ("/enrolments/<key>/accept", "the payer enrols a card", "accept_enrolment", ""),
    (
        "/enrolments/<key>/refuse",
        "the bank (or the payer) refuses",
        "refuse_enrolment",
        '{"cancelled": true}',
    ),
    ("/orders/<key>/pay", "the payer pays, by the order's token", "pay", '{"medium": "webpay"}'),
    ("/orders/<key>/pay-coupon", "the payer hands in the cash", "pay_coupon", ""),
    ("/orders/<key>/reject", "the bank refuses", "reject", '{"code": -6}'),
    ("/orders/<key>/annul", "the payer annuls", "annul", ""),
    ("/invoices/<int:key>/pay", "pay through the payment link", "pay_invoice", ""),
    ("/invoices/<int:key>/void", "voided in Flow's panel", "void_invoice", ""),
    (
        "/subscriptions/<key>/cancel",
        "cancelled in Flow's panel",
        "cancel_subscription",
        '{"at_period_end": true}',
    ),
    ("/plans/<key>/delete", "deleted in Flow's panel", "delete_plan", ""),
    ("/merchants/<key>/decide", "Flow approves or rejects it", "decide_merchant", '{"approved": true}'),
    ("/refunds/<key>/decide", "the receiver accepts or rejects", "decide_refund", '{"accepted": true}'),
)


def _acts(flow: FlowSimulator) -> list[Route]:
    return [
        Route("POST", path, says, act(getattr(flow, method), ApiError), example)
        for path, says, method, example in _ACTS
    ]


def _books(flow: FlowSimulator) -> object:
    return {"twice": flow.books.twice(), "entries": flow.books.entries}
