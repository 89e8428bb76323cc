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
from urllib.parse import urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from .clock import ClockBusy

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
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, (datetime, date)):
        return str(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
