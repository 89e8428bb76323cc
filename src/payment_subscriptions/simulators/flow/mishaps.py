"""What a scripted fault does to a call: before anything was done, and after it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from threading import Event

from werkzeug.wrappers import Request, Response

from ..faults import Fault
from ..server import drop, stall
from .account import Account
from .errors import BAD_KEY, ApiError
from .formats import Json


@dataclass
class Scene:
    """One call under way. ``commit`` does what it asks for."""

    account: Account
    request: Request
    stopped: Event
    commit: Callable[[], Json]
    body: Json | None = None


def strike(fault: Fault, scene: Scene) -> Response:
    return _MISHAPS[fault.kind](fault, scene)


def answer(body: object, status: int = 200) -> Response:
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status=status, content_type="application/json; charset=utf-8")


def refusal(error: ApiError) -> Response:
    return answer(error.body(), error.http)


def _html(status: int) -> Response:
    text = f"<html><head><title>{status}</title></head><body><h1>nginx: {status}</h1></body></html>"
    return Response(text, status=status, content_type="text/html; charset=utf-8")


def _reset(fault: Fault, scene: Scene) -> Response:
    raise drop(scene.request)


def _timeout(fault: Fault, scene: Scene) -> Response:
    stall(scene.request, fault.number("seconds"), scene.stopped)
    raise drop(scene.request)


def _late_commit(fault: Fault, scene: Scene) -> Response:
    def job() -> None:
        with suppress(ApiError):  # too late for anybody to be told
            scene.commit()

    clock = scene.account.clock
    clock.at(clock.now() + timedelta(seconds=fault.number("seconds")), job)
    raise drop(scene.request)


def _slow(fault: Fault, scene: Scene) -> Response:
    scene.stopped.wait(fault.number("seconds"))
    return answer(scene.body)


def _truncated(fault: Fault, scene: Scene) -> Response:
    text = json.dumps(scene.body)
    return Response(text[: len(text) // 2], content_type="application/json")


def _plain_text(fault: Fault, scene: Scene) -> Response:
    return Response(json.dumps(scene.body), content_type="text/plain")


def _error(fault: Fault, scene: Scene) -> Response:
    code: object = fault.options["code"]
    code = str(code) if fault.options["code_as_string"] else code
    return answer({"code": code, "message": fault.text("message")}, fault.whole("status"))


def _invalid_signature(fault: Fault, scene: Scene) -> Response:
    status = scene.account.options.signature_error_status
    return refusal(ApiError(108, "Invalid Signature", status))


def _callback_first(fault: Fault, scene: Scene) -> Response:
    """For the first charge of a subscription/create, which has no callback otherwise."""
    account, body = scene.account, scene.body or {}
    with account.lock:
        for number in account.subscriptions[str(body["subscriptionId"])].invoices:
            order = account.orders.get(account.invoices[number].paid_by or "")
            if order and order.url_confirmation:
                account.post.post("plan", order.url_confirmation, order.token)
    account.post.flush()
    return answer(body)


_MISHAPS: dict[str, Callable[[Fault, Scene], Response]] = {
    "reset_before_commit": _reset,
    "reset_after_commit": _reset,
    "timeout_before_commit": _timeout,
    "timeout_after_commit": _timeout,
    "late_commit": _late_commit,
    "slow": _slow,
    "http_error": lambda fault, scene: _html(fault.whole("status")),
    "http_error_after_commit": lambda fault, scene: _html(fault.whole("status")),
    "html_200": lambda fault, scene: _html(200),
    "truncated_json": _truncated,
    "wrong_content_type": _plain_text,
    "empty_body": lambda fault, scene: Response("", content_type="application/json"),
    "error": _error,
    "error_without_code": lambda fault, scene: answer({"error": "unexpected"}, fault.whole("status")),
    "invalid_signature": _invalid_signature,
    "api_key_not_found": lambda fault, scene: refusal(BAD_KEY),
    "callback_before_answer": _callback_first,
}
