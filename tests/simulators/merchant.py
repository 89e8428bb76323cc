"""The site that a simulator calls back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl


@dataclass
class Received:
    method: str
    path: str
    content_type: str
    fields: dict[str, str]
    text: str = ""
    signature: str = ""


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
            signature = self.headers.get("Stripe-Signature", "")
            merchant.handle(Received(self.command, path, kind, dict(parse_qsl(text)), text, signature))
            self.send_response(merchant.answer)
            if merchant.location:
                self.send_header("Location", merchant.location)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    return Handler
