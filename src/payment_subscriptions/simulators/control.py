"""The control API: JSON under /control, for tests and demos, from this machine only.

A POST or DELETE must be JSON by its content type: a page of another site cannot send that
without asking first, so that no visited page can press these buttons.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from .clock import ClockBusy

if TYPE_CHECKING:
    from .simulator import Simulator

Body = dict[str, object]
Run = Callable[..., object]
_LOCAL_NAMES = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    says: str
    run: Run
    example: str = ""


class ControlApi:
    def __init__(self, routes: Sequence[Route], *, remote: bool) -> None:
        self.routes = routes
        self._remote = remote
        rules = [
            Rule("/control" + route.path, methods=[route.method], endpoint=route.run) for route in routes
        ]
        self._map = Map(rules, strict_slashes=False)

    def __call__(self, request: Request) -> Response:
        try:
            self._guard(request)
            run, values = self._map.bind_to_environ(request.environ).match()
            return as_json(run(body_of(request), **values))
        except HTTPException as error:
            return as_json({"error": error.description}, error.code or 500)
        except Refused as error:
            return as_json({"error": str(error)}, error.status)
        except ClockBusy as error:
            return as_json({"error": str(error)}, 409)
        except (ValueError, TypeError, KeyError) as error:
            return as_json({"error": f"{error}"}, 400)
        except LookupError as error:
            return as_json({"error": f"{error}"}, 404)

    def _guard(self, request: Request) -> None:
        if not self._remote and not _is_loopback(request.remote_addr):
            raise Refused("the control API answers this machine only", 403)
        if not self._remote and _host(request) not in _LOCAL_NAMES:
            raise Refused("call it by a name of this machine", 403)  # not by a name that a site gave it
        if request.method != "GET" and request.mimetype != "application/json":
            raise Refused("send application/json", 415)


class Refused(Exception):
    def __init__(self, message: str, status: int) -> None:
        self.status = status
        super().__init__(message)


def _host(request: Request) -> str:
    return urlsplit(f"//{request.host}").hostname or ""


def _is_loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def body_of(request: Request) -> Body:
    data = request.get_data()
    if not data:
        return {}
    body = json.loads(data)
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    return body


def as_json(value: object, status: int = 200) -> Response:
    text = json.dumps(value, default=_plain, ensure_ascii=False, indent=1)
    return Response(text, status=status, content_type="application/json; charset=utf-8")


def _plain(value: object) -> object:
    if callable(value):
        return None  # how a callback is sealed is nobody's business
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, (datetime, date)):
        return str(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


# --- the routes that every simulator has --------------------------------------------------------


def common_routes(simulator: Simulator) -> list[Route]:
    """Time, faults, callbacks and the request log."""
    return [
        Route("GET", "/", "this list", lambda body: _list(simulator)),
        Route("POST", "/reset", "forget everything", lambda body: _reset(simulator, body), '{"seed": 1}'),
        Route("GET", "/clock", "what time it is there", lambda body: _now(simulator)),
        Route(
            "POST", "/clock", "move ahead, or to a wall time; answers when all that fell due is done",
            lambda body: _move(simulator, body), '{"days": 1} or {"months": 1} or {"to": "2026-12-31"}',
        ),
        Route("POST", "/settle", "wait for callbacks under way", lambda body: {"idle": simulator.settle()}),
        Route("GET", "/faults", "faults to come, and every kind", lambda body: _fault_list(simulator)),
        Route("DELETE", "/faults", "forget all faults", lambda body: _forget(simulator)),
        Route(
            "DELETE", "/faults/<int:number>", "forget one",
            lambda body, number: _forget(simulator, number),
        ),
        Route(
            "POST", "/callbacks/lose", "the next callbacks are never sent",
            lambda body: simulator.lose_next_callbacks(**as_keywords(body)), '{"times": 1}',
        ),
        Route("GET", "/deliveries", "every callback, with its answer", lambda body: simulator.deliveries),
        Route(
            "POST", "/deliveries/<int:number>/redeliver", "send one again, now",
            lambda body, number: simulator.post.redeliver(number),
        ),
        Route("GET", "/calls", "the request log, without secrets", lambda body: simulator.calls),
    ]  # fmt: skip


def fault_route(simulator: Simulator, example: str) -> Route:
    says = "script a fault; options of the kind stand beside"
    return Route("POST", "/faults", says, lambda body: simulator.faults.add(**as_keywords(body)), example)


def act(method: Callable[..., object], unknown: type[Exception]) -> Run:
    """A method of the simulator's as a route: the address' key first, the body's fields as keywords.
    ``unknown``: what it raises for a key that nobody knows. A text that it gives back is shown."""

    def run(body: Body, key: str | int) -> object:
        try:
            said = method(key, **as_keywords(body))
        except unknown as error:
            raise LookupError(str(getattr(error, "message", error))) from None
        return {"ok": True, "said": said} if said and isinstance(said, str) else {"ok": True}

    return run


def as_keywords(body: Body) -> dict[str, Any]:
    return dict(body)


def _forget(simulator: Simulator, number: int | None = None) -> object:
    simulator.faults.clear(number)
    return {"ok": True}


def _list(simulator: Simulator) -> object:
    return [
        {"method": r.method, "path": "/control" + r.path, "says": r.says, "example": r.example}
        for r in simulator.control_api.routes
    ]


def _reset(simulator: Simulator, body: Body) -> object:
    simulator.reset(**as_keywords(body))
    return _now(simulator)


def _now(simulator: Simulator) -> object:
    clock = simulator.clock
    return {"now": clock.local(), "zone": str(clock.zone), "instant": clock.now().isoformat()}


def _move(simulator: Simulator, body: Body) -> object:
    if "to" in body:
        simulator.clock.to(str(body["to"]))
    else:
        simulator.clock.advance(**as_keywords(body))
    return _now(simulator)


def _fault_list(simulator: Simulator) -> object:
    return {"pending": simulator.faults.pending(), "kinds": simulator.faults.kinds}
