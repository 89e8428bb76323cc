"""One call of a provider that ends by a given moment, whatever the other side does.

requests bounds each read, not the whole: a server that sends a byte a second holds a caller
for ever, in the headers as well as in the body. Here connecting (the look-up of the name
included) and every single read get only the time that is left of the call; so do the pauses between the tries
of a read.
"""

from __future__ import annotations

import http.client
import io
import logging
import os
import random
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, ClassVar, cast
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from . import retry_after
from .circuit import Circuit

MOST_BYTES = 5 * 1024 * 1024
CHUNK = 64 * 1024
# Before the second and the third try of a read: at most so many seconds, by chance, beyond what is asked for.
PAUSES = (0.3, 0.9)

_ends_at: ContextVar[float] = ContextVar("payment_subscriptions_exchange_ends_at")


@dataclass(frozen=True)
class Answer:
    """What came back, whole."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: ClassVar[bool] = True

    @property
    def is_outage(self) -> bool:
        """Whether it tells of the provider's trouble, and of nothing that was asked."""
        return self.status >= 500 or self.status == 429

    @property
    def wait(self) -> float:
        """The seconds that the provider asks to be left alone."""
        return retry_after.seconds(self.headers) if self.status in (429, 503) else 0.0


@dataclass(frozen=True)
class Lost:
    """No whole answer came. ``sent`` False: provably nothing reached the provider. ``is_outage``: it is in
    trouble, or out of reach. ``wait``: for how many seconds it is left alone."""

    reason: str
    sent: bool = True
    is_outage: bool = False
    wait: float = 0.0


class Transport:
    """Sends requests of one account to one address, keeping its connections, through its circuit.

    Threads may share it: connections come from a thread-safe pool, and nothing else of the
    session changes from call to call (cookies are refused). A process that was forked gets new
    connections, for two processes on one would read each other's answers, and a closed circuit.
    ``skew``: by how many seconds the provider's clock was ahead of this machine's when it last answered, None
    where it has not told its time.
    """

    skew: float | None = None

    def __init__(
        self,
        base_url: str,
        session: requests.Session | None = None,
        headers: Mapping[str, str] | None = None,
        circuit: Circuit | None = None,
    ) -> None:
        self.base_url = base_url
        self.circuit = circuit or Circuit(urlsplit(base_url).hostname or "")
        self.session = session or requests.Session()
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers = {"Accept": "application/json", **(headers or {})}
        self._mount()

    def _mount(self) -> None:
        self.session.mount(self.base_url, _BoundedAdapter())
        self._pid = os.getpid()  # last: another thread that sees it goes on at once

    def call(
        self,
        method: str,
        path: str,
        ends_at: float,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, str] | str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer | Lost:
        """Send it to ``path`` below the base address and read the answer, by ``ends_at`` of the monotonic
        clock. A read (GET) is tried up to three times while the provider is in trouble; nothing else is
        repeated. While its circuit is open nothing is sent."""
        if os.getpid() != self._pid:
            self.circuit.begin_anew()
            self._mount()
        away = self.circuit.knock(ends_at - time.monotonic())
        if away:
            return Lost("left alone, for it is in trouble", sent=False, is_outage=True, wait=away)
        url = f"{self.base_url}/{path}"
        sent = {"params": query, "data": body, "headers": {**self.headers, **(headers or {})}}
        answer = self._exchange(method, url, ends_at, sent)
        for pause in PAUSES if method == "GET" else ():
            pause = answer.wait + random.uniform(0, pause)  # noqa: S311 - jitter, no secret
            has_time = time.monotonic() + pause < ends_at
            if not answer.is_outage or self.circuit.is_open or not has_time:
                break
            time.sleep(pause)
            answer = self._exchange(method, url, ends_at, sent)
        if answer.is_outage:
            self.circuit.failed(answer.wait)
        else:
            self.circuit.succeeded()
        return answer

    def _exchange(self, method: str, url: str, ends_at: float, sent: Mapping[str, Any]) -> Answer | Lost:
        token = _ends_at.set(ends_at)
        try:
            return self._send(method, url, **sent)
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
        ) as e:
            return _lost(e)
        finally:
            _ends_at.reset(token)

    def _send(self, method: str, url: str, **sent: Any) -> Answer | Lost:
        with self.session.request(
            method, url, timeout=_left(), stream=True, allow_redirects=False, **sent
        ) as response:
            body = bytearray()
            for chunk in response.iter_content(CHUNK):
                body += chunk
                if len(body) > MOST_BYTES:
                    return Lost(f"the answer is larger than {MOST_BYTES} bytes")
                _left()
            self.skew = _skew(response.headers.get("Date", ""))
            return Answer(response.status_code, bytes(body), response.headers)


def _skew(date: str) -> float | None:
    """An HTTP date, which has whole seconds, against now."""
    try:
        told = parsedate_to_datetime(date)
    except ValueError:
        return None
    aware = told if told.tzinfo else told.replace(tzinfo=UTC)
    return (aware - datetime.now(UTC)).total_seconds()


def _left() -> float:
    left = _ends_at.get() - time.monotonic()
    if left <= 0:
        raise TimeoutError("the call took too long")
    return left


def _lost(error: Exception) -> Lost:
    """The name of what failed, never its text: that holds the address with key and token."""
    inner = error.args[0] if error.args else None
    inner = getattr(inner, "reason", inner)
    name = type(inner if isinstance(inner, Exception) else error).__name__
    sent = not isinstance(inner, ConnectTimeoutError | NewConnectionError)
    return Lost(f"no answer ({name})", sent=sent, is_outage=True)


class _BoundedReader(io.RawIOBase):
    """A socket's stream, each read of which may only take the time that is left."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._stream = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_left())
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _ReadSide:
    """What http.client needs of a socket to read an answer: makefile()."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_BoundedReader(self._sock))


class _BoundedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(cast(socket.socket, _ReadSide(sock)), *args, **options)


class _BoundedHTTP(HTTPConnection):
    response_class = _BoundedResponse

    def _new_conn(self) -> socket.socket:
        return _connected(super()._new_conn, self)


class _BoundedHTTPS(HTTPSConnection):
    response_class = _BoundedResponse

    def _new_conn(self) -> socket.socket:
        return _connected(super()._new_conn, self)


def _connected(connect: Callable[[], socket.socket], connection: HTTPConnection) -> socket.socket:
    """Connect in a thread of its own: neither the look-up of a name nor a name with many addresses
    knows a bound. A connection that comes too late is closed unused."""
    done: Future[socket.socket] = Future()

    def work() -> None:
        try:
            found = connect()
        except Exception as error:
            done.set_exception(error)
        else:
            done.set_result(found)

    seconds = _left()
    threading.Thread(target=work, name="gateway-connect", daemon=True).start()
    try:
        found = done.result(seconds)
        found.settimeout(_left())  # holds for the TLS handshake and for sending
    except TimeoutError:
        done.add_done_callback(_close_late)
        raise ConnectTimeoutError(connection, "connecting took too long") from None
    return found


def _close_late(done: Future[socket.socket]) -> None:
    if done.exception() is None:
        done.result().close()


class _BoundedHTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _BoundedHTTP


class _BoundedHTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _BoundedHTTPS


_POOLS = {"http": _BoundedHTTPPool, "https": _BoundedHTTPSPool}


class _BoundedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*args, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager


_PRIVATE_QUERY = re.compile(r"\?\S*\b(?:apiKey|email)=\S*")


def _without_query(record: logging.LogRecord) -> bool:
    """urllib3 logs each address at DEBUG: a signed query (key, token, signature), and one with an e-mail, is
    cut from it."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            _PRIVATE_QUERY.sub("?<hidden>", each) if isinstance(each, str) else each for each in record.args
        )
    return True


for _name in ("urllib3.connectionpool", "urllib3.connection"):
    logging.getLogger(_name).addFilter(_without_query)
