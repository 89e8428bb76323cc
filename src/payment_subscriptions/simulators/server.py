"""A threaded HTTP server in the background, with an access log that tells no secrets."""

from __future__ import annotations

import logging
import os
import select
import socket
import struct
import threading
import time
from typing import TYPE_CHECKING, Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request

from .redaction import path_only

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class BackgroundServer:
    """Serves ``app`` from ``start`` to ``stop``; port 0 takes a free one, kept on a restart."""

    def __init__(self, app: WSGIApplication, host: str, port: int, log: logging.Logger) -> None:
        self._app = app
        self._log = log
        self.host = host
        self.port = port
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        return self._server is not None

    def start(self) -> None:
        if self._server:
            return
        self._server = make_server(
            self.host, self.port, self._app, threaded=True, request_handler=_handler(self._log)
        )
        self.port = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close the door: from now on connections are refused."""
        if self._server and self._thread:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join(5)
            self._server = self._thread = None


def _handler(log: logging.Logger) -> type[WSGIRequestHandler]:
    class Handler(WSGIRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            status = getattr(code, "value", code)
            log.info("%s %s %s", self.command, path_only(self.path), status)

        def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
            self.close_connection = True  # there is no next request on it

        def log(self, type: str, message: str, *args: Any) -> None:
            log.log(logging.ERROR if type == "error" else logging.INFO, message, *args)

    return Handler


def drop(request: Request) -> ConnectionAbortedError:
    """Reset the connection under the client's feet; raise what this returns."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())
    return ConnectionAbortedError("dropped on purpose")


def stall(request: Request, seconds: float, stopped: threading.Event) -> None:
    """Say nothing until the client gives up (or ``seconds`` are over, or the server stops)."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at and not stopped.is_set():
        readable, _, _ = select.select([connection], [], [], 0.05)
        if readable and _gone(connection):
            return


def _gone(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True
