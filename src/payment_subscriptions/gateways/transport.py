"""One HTTP exchange with a provider that ends by a given moment, whatever the other side does.

requests bounds each read, not the whole: a server that sends a byte a second holds a caller
for ever, in the headers as well as in the body. Here connecting (the look-up of the name
included) and every single read get only the time that is left of the call.
"""

from __future__ import annotations

import http.client
import io
import logging
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, cast

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

MOST_BYTES = 5 * 1024 * 1024
CHUNK = 64 * 1024

_ends_at: ContextVar[float] = ContextVar("payment_subscriptions_exchange_ends_at")


@dataclass(frozen=True)
class Answer:
    """What came back, whole."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Lost:
    """No whole answer came. ``sent`` False: provably nothing reached the provider; ``again``: worth a second
    try."""

    reason: str
    sent: bool = True
    again: bool = False


class Transport:
    """Sends requests to one address, keeping its connections.

    Threads may share it: connections come from a thread-safe pool, and nothing else of the
    session changes from call to call (cookies are refused). A process that was forked gets new
    connections, for two processes on one would read each other's answers.
    """

    def __init__(
        self, base_url: str, session: requests.Session | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        self.base_url = base_url
        self.session = session or requests.Session()
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers = {"Accept": "application/json", **(headers or {})}
        self._mount()

    def _mount(self) -> None:
        self._pid = os.getpid()
        self.session.mount(self.base_url, _BoundedAdapter())

    def exchange(
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
        clock."""
        if os.getpid() != self._pid:
            self._mount()
        token = _ends_at.set(ends_at)
        try:
            return self._exchange(
                method,
                f"{self.base_url}/{path}",
                params=query,
                data=body,
                headers={**self.headers, **(headers or {})},
            )
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
        ) as e:
            return _lost(e)
        finally:
            _ends_at.reset(token)

    def _exchange(self, method: str, url: str, **sent: Any) -> Answer | Lost:
        with self.session.request(
            method, url, timeout=_left(), stream=True, allow_redirects=False, **sent
        ) as response:
            body = bytearray()
            for chunk in response.iter_content(CHUNK):
                body += chunk
                if len(body) > MOST_BYTES:
                    return Lost(f"the answer is larger than {MOST_BYTES} bytes")
                _left()
            return Answer(response.status_code, bytes(body), response.headers)


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
    return Lost(f"no answer ({name})", sent=sent, again=True)


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
