"""A real HTTP server that plays Flow: it records what arrives and answers what it is told to."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from payment_subscriptions.gateways.flow.client import FlowClient

API_KEY = "1F90971E-8276-4715-97FF-2BLG5030EE3B"
SECRET_KEY = "9e6bd3a1c4f50718293a4b5c6d7e8f9012345678"


@dataclass(frozen=True)
class Request:
    method: str
    service: str
    params: dict[str, str]
    headers: dict[str, str]
    connection: tuple[str, int]
    target: str
    body: bytes


@dataclass
class Flow:
    """``answers``: what to answer next, in turn; the last one for ever. A callable gets the handler."""

    url: str = ""
    answers: list[Any] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    server: ThreadingHTTPServer | None = None

    def answer(self, *answers: Any) -> None:
        self.answers[:] = answers

    def next_answer(self) -> Any:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def last(self) -> Request:
        return self.requests[-1]

    @property
    def params(self) -> dict[str, str]:
        """The last request's parameters without key and signature."""
        return {name: value for name, value in self.last.params.items() if name not in ("apiKey", "s")}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    flow: Flow

    def do_GET(self) -> None:
        self.play(b"")

    def do_POST(self) -> None:
        self.play(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def play(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        sent = parts.query if self.command == "GET" else body.decode()
        self.flow.requests.append(
            Request(
                self.command,
                parts.path.removeprefix("/api/"),
                dict(parse_qsl(sent, keep_blank_values=True, strict_parsing=bool(sent))),
                dict(self.headers),
                self.client_address,
                self.path,
                body,
            )
        )
        answer = self.flow.next_answer()
        if callable(answer):
            self.close_connection = True
            answer(self)
        else:
            self.reply(*answer) if isinstance(answer, tuple) else self.reply(200, answer)

    def reply(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def flow() -> Iterator[Flow]:
    flow = Flow()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"flow": flow}))
    server.daemon_threads = True
    flow.server, flow.url = server, f"http://127.0.0.1:{server.server_port}/api"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield flow
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(flow: Flow) -> FlowClient:
    return FlowClient(API_KEY, SECRET_KEY, flow.url, timeout=3)


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def drip(where: str, pause: float = 0.3) -> Callable[[Handler], None]:
    """An answer that never ends, a byte at a time: in the headers or in the body."""

    def play(handler: Handler) -> None:
        start = b"HTTP/1.1 200 OK\r\nX-Slow: " if where == "headers" else b"HTTP/1.1 200 OK\r\n\r\n"
        try:
            handler.wfile.write(start)
            for _ in range(100):
                handler.wfile.write(b"a")
                time.sleep(pause)
        except OSError:
            pass

    return play


def cut(handler: Handler) -> None:
    """No answer: the connection is closed."""
    handler.connection.shutdown(socket.SHUT_RDWR)
