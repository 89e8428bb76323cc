"""The other side: a signer of its own, and a merchant that receives callbacks."""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import requests

from payment_subscriptions.simulators.flow import FlowSimulator


def signature(params: dict[str, str], secret: str) -> str:
    text = "".join(name + params[name] for name in sorted(params))
    return hmac.new(secret.encode("utf-8"), text.encode("utf-8"), hashlib.sha256).hexdigest()


@dataclass
class Caller:
    """Calls Flow's API as a merchant's program does."""

    flow: FlowSimulator
    timeout: float = 5.0

    def signed(self, **params: object) -> dict[str, str]:
        texts = {"apiKey": self.flow.api_key, **{k: str(v) for k, v in params.items() if v is not None}}
        return {**texts, "s": signature(texts, self.flow.secret_key)}

    def get(self, path: str, **params: object) -> requests.Response:
        return requests.get(f"{self.flow.api_url}/{path}", params=self.signed(**params), timeout=self.timeout)

    def post(self, path: str, **params: object) -> requests.Response:
        return requests.post(f"{self.flow.api_url}/{path}", data=self.signed(**params), timeout=self.timeout)

    def read(self, path: str, **params: object) -> Any:
        return _ok(self.get(path, **params))

    def do(self, path: str, **params: object) -> Any:
        return _ok(self.post(path, **params))

    # --- what most tests begin with

    def plan(self, plan_id: str = "pro", **params: object) -> Any:
        return self.do(
            "plans/create",
            **{"planId": plan_id, "name": "Plan Pro", "amount": 10000, "interval": 3, **params},
        )

    def customer(self, *, card: bool = True, **params: object) -> str:
        number = len(self.flow.customers) + 1
        given = {"name": "Ana", "email": f"ana{number}@correo.cl", "externalId": f"u{number}", **params}
        customer_id: str = self.do("customer/create", **given)["customerId"]
        if card:
            self.flow.enrol_card(customer_id)
        return customer_id

    def subscribe(self, customer_id: str, plan_id: str = "pro", **params: object) -> Any:
        return self.do("subscription/create", planId=plan_id, customerId=customer_id, **params)

    def subscription(self, subscription_id: str) -> Any:
        return self.read("subscription/get", subscriptionId=subscription_id)


def _ok(answer: requests.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


@dataclass
class Received:
    method: str
    path: str
    content_type: str
    fields: dict[str, str]
    text: str = ""


@dataclass
class Merchant:
    """A site that listens. ``answer`` is its status; ``then`` runs while it handles a callback."""

    answer: int = 200
    delay: float = 0.0
    location: str = ""
    then: Callable[[Received], object] | None = None
    received: list[Received] = field(default_factory=list)
    most_at_once: int = 0

    def __enter__(self) -> Merchant:
        self._at_once = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def url(self, path: str = "/flow/webhook/") -> str:
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    @property
    def tokens(self) -> list[str | None]:
        return [each.fields.get("token") for each in self.received]

    def handle(self, received: Received) -> None:
        with self._lock:
            self.received.append(received)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        time.sleep(self.delay)
        if self.then:
            self.then(received)
        with self._lock:
            self._at_once -= 1


def _handler(merchant: Merchant) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            self._take(body)

        def do_GET(self) -> None:
            self._take(self.path.partition("?")[2])

        def _take(self, text: str) -> None:
            kind = self.headers.get("Content-Type", "")
            path = self.path.partition("?")[0]
            merchant.handle(Received(self.command, path, kind, dict(parse_qsl(text)), text))
            self.send_response(merchant.answer)
            if merchant.location:
                self.send_header("Location", merchant.location)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    return Handler
