"""/v1/...: route, scripted faults, key, parameters, expand, idempotency, business."""

from __future__ import annotations

import hmac
import json
import time
from dataclasses import dataclass
from threading import Event

from werkzeug.wrappers import Request, Response

from ..calls import Call
from ..faults import Fault
from ..mishaps import Scene, answer
from ..redaction import logger
from .account import Account, Thing
from .decoding import check, nested
from .errors import ApiError, bad_key
from .expanding import expanded, judged
from .idempotency import Answer
from .mishaps import changed, refusal, scripted, strike
from .services import OPERATIONS, Operation, found

log = logger("payment_subscriptions.simulators.stripe")


class Api:
    def __init__(self, account: Account, stopped: Event) -> None:
        self._account = account
        self._stopped = stopped

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
        version = request.headers.get("Stripe-Version") or self._account.options.api_version
        response.headers["Stripe-Version"] = version
        line.write(response)
        response.call_on_close(self._account.post.flush)
        return response

    def _serve(
        self, there: tuple[Operation, tuple[str, ...]] | None, request: Request, line: _Line
    ) -> Response:
        if there is None:
            text = f"Unrecognized request URL ({request.method}: {request.path})."
            return refusal(ApiError(text, status=404))
        call = _Request(*there, nested(_pairs(request)), request)
        scene = Scene(self._account, request, self._stopped, lambda: self._commit(call), ApiError)
        if before := self._take(call, "before"):
            line.fault = before.kind
            return strike(before, scene)
        try:
            done = self._commit(call)
        except ApiError as error:
            done = Answer(error.status, error.body())
        scene.body, scene.status = done.body, done.status
        if content := self._take(call, "content"):
            line.fault = content.kind
            scene.body = changed(content, scene.body)
        after = self._take(call, "after")
        line.fault = after.kind if after else line.fault
        response = strike(after, scene) if after else answer(scene.body, scene.status)
        if done.replayed:
            response.headers["Idempotent-Replayed"] = "true"
        return response

    def _take(self, call: _Request, area: str) -> Fault | None:
        return self._account.faults.take(call.operation.name, {area}, call.aimed)

    def _commit(self, call: _Request) -> Answer:
        self._authenticate(call.request)
        operation, params = call.operation, call.params
        given = {name: value for name, value in params.items() if name != "expand"}
        checked = check(given, operation.takes, operation.required)
        paths = judged(params.get("expand"), operation.kind, of_list=operation.lists)
        key = call.request.headers.get("Idempotency-Key", "") if call.request.method == "POST" else ""
        return self._once(key, call, checked, paths) if key else self._run(call, checked, paths)

    def _once(self, key: str, call: _Request, checked: Thing, paths: list[str]) -> Answer:
        account = self._account
        keys, params = account.keys, json.dumps([call.request.path, call.params], sort_keys=True)
        known = keys.claim(key, params, account.now(), account.options.key_hours * 3600)
        if known:
            return known
        try:
            done = self._run(call, checked, paths)
        except ApiError as error:
            if error.validation:
                keys.forget(key)
                raise
            done = Answer(error.status, error.body())
        except BaseException:
            keys.forget(key)
            raise
        keys.keep(key, done)
        return done

    def _run(self, call: _Request, checked: Thing, paths: list[str]) -> Answer:
        with self._account.lock:
            thing = call.operation.run(self._account, *call.ids, dict(checked))
            body = expanded(self._account, self._account.shown(thing), paths)
        if kept := self._take(call, "kept"):
            raise scripted(kept)
        return Answer(200, body)

    def _authenticate(self, request: Request) -> None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        given = given or (request.authorization.username if request.authorization else "") or ""
        if not hmac.compare_digest(given.encode(), self._account.options.api_key.encode()):
            raise bad_key()


@dataclass(frozen=True)
class _Request:
    """A call whose address is known: ``ids`` stand in it, ``params`` in its query or its form."""

    operation: Operation
    ids: tuple[str, ...]
    params: Thing
    request: Request

    @property
    def aimed(self) -> dict[str, str]:
        """By what a fault may want to strike it."""
        texts = {name: value for name, value in self.params.items() if isinstance(value, str)}
        return {"id": self.ids[0] if self.ids else "", **texts}


def _pairs(request: Request) -> list[tuple[str, str]]:
    source = request.form if request.method == "POST" else request.args
    return list(source.items(multi=True))


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
