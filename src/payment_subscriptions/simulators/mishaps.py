"""What a scripted fault of the connection does to a call: the same at every provider."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from threading import Event
from typing import Any

from werkzeug.wrappers import Request, Response

from .clock import Clock
from .faults import Fault
from .server import drop, stall


@dataclass
class Scene:
    """One call under way. ``commit`` does what it asks for, or raises ``refusal``; then ``body`` and
    ``status`` are what it would be answered."""

    account: Any
    request: Request
    stopped: Event
    commit: Callable[[], Any]
    refusal: type[Exception]
    body: Any = None
    status: int = 200


Mishap = Callable[[Fault, Scene], Response]


def answer(body: object, status: int = 200) -> Response:
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status=status, content_type="application/json; charset=utf-8")


def asking_to_wait(fault: Fault, response: Response) -> Response:
    """With the header ``Retry-After``, seconds or a date, that any server or proxy may send (RFC 9110)."""
    if wait := fault.text("retry_after"):
        response.headers["Retry-After"] = wait
    return response


def html(status: int) -> Response:
    text = f"<html><head><title>{status}</title></head><body><h1>nginx: {status}</h1></body></html>"
    return Response(text, status=status, content_type="text/html; charset=utf-8")


def _reset(fault: Fault, scene: Scene) -> Response:
    raise drop(scene.request)


def _timeout(fault: Fault, scene: Scene) -> Response:
    stall(scene.request, fault.number("seconds"), scene.stopped)
    raise drop(scene.request)


def _late_commit(fault: Fault, scene: Scene) -> Response:
    def job() -> None:
        with suppress(scene.refusal):  # too late for anybody to be told
            scene.commit()

    clock: Clock = scene.account.clock
    clock.at(clock.now() + timedelta(seconds=fault.number("seconds")), job)
    raise drop(scene.request)


def _slow(fault: Fault, scene: Scene) -> Response:
    scene.stopped.wait(fault.number("seconds"))
    return answer(scene.body, scene.status)


def _truncated(fault: Fault, scene: Scene) -> Response:
    text = json.dumps(scene.body)
    return Response(text[: len(text) // 2], status=scene.status, content_type="application/json")


def _plain_text(fault: Fault, scene: Scene) -> Response:
    return Response(json.dumps(scene.body), status=scene.status, content_type="text/plain")


#: What each kind of ``faults.TRANSPORT`` does.
MISHAPS: dict[str, Mishap] = {
    "reset_before_commit": _reset,
    "reset_after_commit": _reset,
    "timeout_before_commit": _timeout,
    "timeout_after_commit": _timeout,
    "late_commit": _late_commit,
    "slow": _slow,
    "http_error": lambda fault, scene: asking_to_wait(fault, html(fault.whole("status"))),
    "http_error_after_commit": lambda fault, scene: html(fault.whole("status")),
    "html_200": lambda fault, scene: html(200),
    "truncated_json": _truncated,
    "wrong_content_type": _plain_text,
    "empty_body": lambda fault, scene: Response("", content_type="application/json"),
}
