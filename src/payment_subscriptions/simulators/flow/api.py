"""/api/<family>/<service>: route, scripted faults, key, signature, parameters, business."""

from __future__ import annotations

import hmac
import json
import time
from threading import Event

from werkzeug.wrappers import Request, Response

from ..calls import Call
from ..mishaps import Scene, answer
from ..redaction import logger
from .account import Account
from .content import changed
from .errors import BAD_KEY, NO_SERVICE, ApiError, missing
from .formats import Json
from .mishaps import refusal, strike
from .parameters import Params
from .services import SERVICES, Service
from .signing import is_signed

log = logger("payment_subscriptions.simulators.flow")


class Api:
    def __init__(self, account: Account, stopped: Event) -> None:
        self._account = account
        self._stopped = stopped

    def __call__(self, request: Request, path: str) -> Response:
        began = time.monotonic()
        service = SERVICES.get(path)
        known = service is not None and service.method == request.method
        name = path if service else "unknown"
        call = _Line(self._account, request.method, name, began)
        try:
            response = self._serve(service, request, call) if service and known else refusal(NO_SERVICE)
        except ConnectionAbortedError:
            call.write(None)
            raise
        call.write(response)
        response.call_on_close(self._account.post.flush)
        return response

    def _serve(self, service: Service, request: Request, call: _Line) -> Response:
        values = _values(request)
        scene = Scene(self._account, request, self._stopped, lambda: self._commit(service, values), ApiError)
        take = self._account.faults.take
        before = take(service.path, {"before"}, values)
        if before:
            call.fault = before.kind
            return strike(before, scene)
        try:
            scene.body = scene.commit()
        except ApiError as error:
            return refusal(error)
        content = take(service.path, {"content"}, values)
        if content and isinstance(scene.body, dict):  # two settlement services answer lists
            scene.body = changed(scene.body, content)
        after = take(service.path, {"after"}, values)
        fault = after or content
        call.fault = fault.kind if fault else None
        return strike(after, scene) if after else answer(scene.body)

    def _commit(self, service: Service, values: dict[str, str]) -> Json:
        self._check(service, values)
        return self._run(service, values)

    def _run(self, service: Service, values: dict[str, str]) -> Json:
        with self._account.lock:
            body = service.run(self._account, Params(values))
        copy: Json = json.loads(json.dumps(body))  # nothing that the simulator still changes
        return copy

    def _check(self, service: Service, values: dict[str, str]) -> None:
        options = self._account.options
        if not values.get("apiKey"):
            raise missing("apiKey")
        if not hmac.compare_digest(values["apiKey"].encode(), options.api_key.encode()):
            raise BAD_KEY
        if not is_signed(values, options.secret_key, legacy_too=options.accept_legacy_signature):
            raise ApiError(108, "Invalid Signature", options.signature_error_status)
        absent = [name for name in service.required if not values.get(name)]
        if absent:
            raise missing(", ".join(absent))


def _values(request: Request) -> dict[str, str]:
    """GET from the query only, POST from the form only (urlencoded or multipart)."""
    source = request.args if request.method == "GET" else request.form
    return {name: values[-1] for name, values in source.lists()}


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
        return str(json.loads(response.get_data(as_text=True))["code"])
    except (ValueError, KeyError, TypeError):
        return None
