"""What a scripted fault of Stripe's own does to a call, and to what it is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from ..faults import Fault
from ..mishaps import MISHAPS, Mishap, Scene, answer, asking_to_wait
from .account import Thing
from .errors import ApiError, bad_key
from .idempotency import in_use

TOO_MANY = ApiError("Too many requests", status=429, code="rate_limit")


def strike(fault: Fault, scene: Scene) -> Response:
    return _MISHAPS[fault.kind](fault, scene)


def changed(fault: Fault, body: Thing) -> Thing:
    return _CONTENT[fault.kind](fault, body)


def refusal(error: ApiError) -> Response:
    return answer(error.body(), error.status)


def scripted(fault: Fault) -> ApiError:
    return ApiError(
        fault.text("message"),
        status=fault.whole("status"),
        kind=fault.text("type"),
        code=fault.text("code") or None,
    )


def _events_first(fault: Fault, scene: Scene) -> Response:
    scene.account.post.flush()
    return answer(scene.body, scene.status)


_MISHAPS: dict[str, Mishap] = {
    **MISHAPS,
    "error": lambda fault, scene: refusal(scripted(fault)),
    "rate_limit": lambda fault, scene: asking_to_wait(fault, refusal(TOO_MANY)),
    "unknown_key": lambda fault, scene: refusal(bad_key()),
    "key_in_use": lambda fault, scene: refusal(in_use()),
    "events_before_answer": _events_first,
}


def _set(fault: Fault, body: Thing) -> Thing:
    fields: Thing = dict(fault.options["fields"])  # type: ignore[call-overload]
    return body | fields


def _without(fault: Fault, body: Thing) -> Thing:
    return {name: value for name, value in body.items() if name not in fault.options["fields"]}  # type: ignore[operator]


def _strange(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _strange(each) for name, each in value.items()} | {"of_tomorrow": "x"}
    return [_strange(each) for each in value] if isinstance(value, list) else value


_CONTENT: dict[str, Callable[[Fault, Thing], Thing]] = {
    "set": _set,
    "without": _without,
    "unknown_fields": lambda fault, body: _strange(body),
}
