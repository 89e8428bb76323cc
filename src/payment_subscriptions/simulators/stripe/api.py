"""/v1/...: route, key, scripted faults, parameters, idempotency, business, expand."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Any

from werkzeug.wrappers import Request, Response

from ..calls import Call
from ..faults import Fault
from ..mishaps import MISHAPS, Mishap, Scene, answer
from ..redaction import logger
from .account import Account, Thing
from .decoding import check, nested
from .errors import ApiError
from .expanding import expanded
from .services import OPERATIONS, Operation, found

log = logger("payment_subscriptions.simulators.stripe")


@dataclass(frozen=True)
class Observed:
    """One call as it went over the wire, for whoever watches: what was sent, what came back."""

    method: str
    path: str
    params: Thing
    status: int
    body: Thing


@dataclass
class Key:
    """An idempotency key: what it was first used with, and what was answered; None while at work."""

    params: str
    made_at: int
    status: int | None = None
    body: Thing | None = None


class Api:
    def __init__(
        self, account: Account, stopped: Event, observers: list[Callable[[Observed], object]]
    ) -> None:
        self._account = account
        self._stopped = stopped
        self._observers = observers

    def __call__(self, request: Request) -> Response:
        began = time.monotonic()
        there = found(OPERATIONS, request.method, request.path)
        name = there[0].name if there else "unknown"
        line = _Line(self._account, request.method, name, began)
        try:
            response = self._serve(there, request, line)
        except ConnectionAbortedError:
            line.write(None)
            raise
        response.headers["Request-Id"] = self._account.ids.new("req", 14)
        response.headers["Stripe-Version"] = request.headers.get("Stripe-Version", "")
        line.write(response)
        response.call_on_close(self._account.post.flush)
        return response

    def _serve(
        self, there: tuple[Operation, tuple[str, ...]] | None, request: Request, line: _Line
    ) -> Response:
        if there is None:
            text = f"Unrecognized request URL ({request.method}: {request.path})."
            return _refusal(ApiError(text, status=404))
        operation, ids = there
        params = nested(_pairs(request))
        scene = Scene(
            self._account,
            request,
            self._stopped,
            lambda: self._commit(operation, ids, params, request),
            ApiError,
        )
        take = self._account.faults.take
        aimed = {"id": ids[0] if ids else "", **{k: v for k, v in params.items() if isinstance(v, str)}}
        if before := take(operation.name, {"before"}, aimed):
            line.fault = before.kind
            return _MISHAPS[before.kind](before, scene)
        try:
            status, scene.body = scene.commit()
        except ApiError as error:
            status, scene.body = error.status, error.body()
        self._observe(request, params, status, scene.body)
        if content := take(operation.name, {"content"}, aimed):
            line.fault = content.kind
            scene.body = _CONTENT[content.kind](content, scene.body)
        if after := take(operation.name, {"after"}, aimed):
            line.fault = after.kind
            return _MISHAPS[after.kind](after, scene)
        return answer(scene.body, status)

    def _observe(self, request: Request, params: Thing, status: int, body: Thing) -> None:
        for observer in self._observers:
            observer(Observed(request.method, request.path, params, status, body))

    def _commit(
        self, operation: Operation, ids: tuple[str, ...], params: Thing, request: Request
    ) -> tuple[int, Thing]:
        self._authenticate(request)
        expand = params.get("expand") or []
        checked = check(
            {name: value for name, value in params.items() if name != "expand"},
            operation.takes,
            operation.required,
        )
        key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
        if not key:
            return 200, self._run(operation, ids, checked, expand)
        return self._once(
            key, operation, ids, checked, expand, json.dumps([request.path, params], sort_keys=True)
        )

    def _once(
        self, name: str, operation: Operation, ids: tuple[str, ...], checked: Thing, expand: Any, params: str
    ) -> tuple[int, Thing]:
        """https://docs.stripe.com/api/idempotent_requests: the first answer is given again, errors too, but
        for those found before anything was begun."""
        account = self._account
        with account.lock:
            known = account.keys.get(name)
            if known and known.made_at + account.options.key_hours * 3600 <= account.now():
                known = None
            if known and known.params != params:
                raise ApiError(
                    "Keys for idempotent requests can only be used with the same parameters they were first "
                    "used with.",
                    kind="idempotency_error",
                )
            if known and known.status is None:
                raise ApiError(
                    "There is currently another in-progress request using this key.",
                    status=409, kind="idempotency_error", code="idempotency_key_in_use",
                )  # fmt: skip
            if known and known.body is not None and known.status is not None:
                return known.status, json.loads(json.dumps(known.body))
            kept = account.keys[name] = Key(params, account.now())
            try:
                kept.status, kept.body = 200, self._run(operation, ids, checked, expand)
            except ApiError as error:
                if error.validation:
                    del account.keys[name]
                    raise
                kept.status, kept.body = error.status, error.body()
            except BaseException:
                del account.keys[name]
                raise
            return kept.status, kept.body

    def _run(self, operation: Operation, ids: tuple[str, ...], checked: Thing, expand: Any) -> Thing:
        with self._account.lock:
            thing = operation.run(self._account, *ids, dict(checked))
            return expanded(self._account, self._account.shown(thing), list(expand))

    def _authenticate(self, request: Request) -> None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        given = given or (request.authorization.username if request.authorization else "") or ""
        if not hmac.compare_digest(given.encode(), self._account.options.api_key.encode()):
            raise _bad_key()


def _bad_key() -> ApiError:
    return ApiError("Invalid API Key provided", status=401)


def _pairs(request: Request) -> list[tuple[str, str]]:
    source = request.form if request.method == "POST" else request.args
    return list(source.items(multi=True))


def _refusal(error: ApiError) -> Response:
    return answer(error.body(), error.status)


# --- faults of Stripe's own ---------------------------------------------------------------------------


def _error(fault: Fault, scene: Scene) -> Response:
    told = ApiError(
        fault.text("message"),
        status=fault.whole("status"),
        kind=fault.text("type"),
        code=fault.text("code") or None,
    )
    return _refusal(told)


def _rate_limit(fault: Fault, scene: Scene) -> Response:
    return _refusal(ApiError("Too many requests", status=429, code="rate_limit"))


def _events_first(fault: Fault, scene: Scene) -> Response:
    scene.account.post.flush()
    return answer(scene.body)


_MISHAPS: dict[str, Mishap] = {
    **MISHAPS,
    "error": _error,
    "rate_limit": _rate_limit,
    "unknown_key": lambda fault, scene: _refusal(_bad_key()),
    "events_before_answer": _events_first,
}


def _set(fault: Fault, body: Thing) -> Thing:
    fields: Thing = fault.options["fields"]  # type: ignore[assignment]
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


class _Line:
    """The line of the request log for one call."""

    def __init__(self, account: Account, method: str, service: str, began: float) -> None:
        self._method, self._service, self._began = method, service, began
        self._calls = account.calls  # the log that it began in: a reset begins another
        self._time = account.clock.local()
        self.fault: str | None = None

    def write(self, response: Response | None) -> None:
        status = response.status_code if response else None
        seconds = round(time.monotonic() - self._began, 3)
        code = _code(response) if response and status != 200 else None
        self._calls.append(Call(self._time, self._method, self._service, status, code, self.fault, seconds))
        if code or self.fault:
            log.info("%s answered %s, code %s, fault %s", self._service, status, code, self.fault)


def _code(response: Response) -> str | None:
    try:
        error = json.loads(response.get_data(as_text=True))["error"]
        return str(error.get("code") or error["type"])
    except (ValueError, KeyError, TypeError):
        return None
