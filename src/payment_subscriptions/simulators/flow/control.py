"""Flow's control API: every route in one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..control import Body, Route
from .errors import ApiError

if TYPE_CHECKING:
    from .simulator import FlowSimulator

Act = Callable[..., object]


def routes(flow: FlowSimulator) -> list[Route]:
    return [*_own(flow), *_faults(flow), *_looking(flow), *_acts(flow)]


def _own(flow: FlowSimulator) -> list[Route]:
    return [
        Route("GET", "/", "this list", lambda body: _list(flow)),
        Route("POST", "/reset", "forget everything", lambda body: _reset(flow, body), '{"seed": 1}'),
        Route("GET", "/clock", "what time it is there", lambda body: _now(flow)),
        Route(
            "POST", "/clock", "move ahead, or to a wall time; answers when all that fell due is done",
            lambda body: _move(flow, body), '{"days": 1} or {"months": 1} or {"to": "2026-12-31"}',
        ),
        Route("POST", "/settle", "wait for callbacks under way", lambda body: {"idle": flow.settle()}),
    ]  # fmt: skip


def _faults(flow: FlowSimulator) -> list[Route]:
    return [
        Route("GET", "/faults", "faults to come, and every kind", lambda body: _fault_list(flow)),
        Route(
            "POST", "/faults", "script a fault; options of the kind stand beside",
            lambda body: flow.faults.add(**_text_keys(body)),
            '{"service": "subscription/create", "kind": "timeout_after_commit", "times": 1}',
        ),
        Route("DELETE", "/faults", "forget all faults", lambda body: _forget(flow)),
        Route(
            "DELETE", "/faults/<int:number>", "forget one",
            lambda body, number: _forget(flow, number),
        ),
        Route(
            "POST", "/decline", "the bank refuses the next charges",
            lambda body: flow.decline_next(**_text_keys(body)),
            '{"code": -6, "times": 1, "customer_id": "cus_..."}',
        ),
        Route(
            "POST", "/callbacks/lose", "the next callbacks are never sent",
            lambda body: flow.lose_next_callbacks(**_text_keys(body)), '{"times": 1}',
        ),
    ]  # fmt: skip


def _looking(flow: FlowSimulator) -> list[Route]:
    return [
        Route(
            "GET", "/books", "every charge attempted and taken, and what was given back",
            lambda body: _books(flow),
        ),
        Route("GET", "/deliveries", "every callback, with its answer", lambda body: flow.deliveries),
        Route(
            "POST", "/deliveries/<int:number>/redeliver", "send one again, now",
            lambda body, number: flow.post.redeliver(number),
        ),
        Route("GET", "/outbox", "every e-mail", lambda body: flow.outbox.mails),
        Route("GET", "/calls", "the request log, without secrets", lambda body: flow.calls),
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
        Route("POST", path, says, _act(getattr(flow, method)), example)
        for path, says, method, example in _ACTS
    ]


def _act(method: Act) -> Act:
    def run(body: Body, key: str | int) -> object:
        try:
            method(key, **_text_keys(body))
        except ApiError as error:
            raise LookupError(error.message) from None
        return _ok()

    return run


def _text_keys(body: Body) -> dict[str, Any]:
    return dict(body)


def _ok() -> object:
    return {"ok": True}


def _forget(flow: FlowSimulator, number: int | None = None) -> object:
    flow.faults.clear(number)
    return _ok()


def _list(flow: FlowSimulator) -> object:
    return [
        {"method": r.method, "path": "/control" + r.path, "says": r.says, "example": r.example}
        for r in flow.control_api.routes
    ]


def _reset(flow: FlowSimulator, body: Body) -> object:
    flow.reset(**_text_keys(body))
    return _now(flow)


def _now(flow: FlowSimulator) -> object:
    return {"now": flow.clock.local(), "zone": flow.options.zone, "instant": flow.clock.now().isoformat()}


def _move(flow: FlowSimulator, body: Body) -> object:
    if "to" in body:
        flow.clock.to(str(body["to"]))
    else:
        flow.clock.advance(**_text_keys(body))
    return _now(flow)


def _fault_list(flow: FlowSimulator) -> object:
    return {"pending": flow.faults.pending(), "kinds": flow.faults.kinds}


def _books(flow: FlowSimulator) -> object:
    return {"twice": flow.books.twice(), "entries": flow.books.entries}
