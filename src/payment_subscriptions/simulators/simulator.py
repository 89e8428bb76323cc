"""What every simulator is: an account behind an HTTP server, with a clock that follows real time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Self

from werkzeug.wrappers import Request, Response

from .calls import Call, Exchange
from .clock import Clock
from .control import ControlApi, Route
from .delivery import Delivery, PostOffice
from .faults import Fault, FaultScript
from .server import BackgroundServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_TICK = 0.1


class Simulator:
    """A real HTTP server that stands for a provider: ``with FlowSimulator(seed=1) as flow: ...``.

    Its account keeps all that exists there, with ``clock``, ``faults``, ``post``, ``calls``, ``lock`` and
    ``reset``. ``_make_api`` gives what answers the API, ``_routes`` the control API's own routes.
    ``observers`` are shown every exchange.
    """

    log: logging.Logger

    def __init__(
        self, account: Any, *, host: str, port: int, seed: int | None, public_url: str | None, remote: bool
    ) -> None:
        self.account = account
        self._seed = seed
        self._public_url = public_url
        self.observers: list[Callable[[Exchange], None]] = []
        self._stopped = threading.Event()
        self._api = self._make_api()
        self._control = ControlApi(self._routes(), remote=remote)
        self._server = BackgroundServer(self._application, host, port, self.log)

    def _make_api(self) -> Callable[..., Response]:
        raise NotImplementedError

    def _routes(self) -> list[Route]:
        raise NotImplementedError

    def _answer(self, request: Request) -> Response:
        raise NotImplementedError

    # --- serving ----------------------------------------------------------------------------

    def start(self) -> Self:
        self._stopped.clear()
        self._server.start()
        self.account.base_url = self.url
        threading.Thread(target=self._follow_real_time, args=(self._stopped,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Connections are refused until ``start``; what it knows, it keeps."""
        self._stopped.set()
        self._server.stop()
        self._stopped = threading.Event()
        self._api = self._make_api()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    def reset(self, seed: int | None = None, now: str | None = None) -> None:
        """Forget everything; ids begin again (with the old seed unless told)."""
        self.post.wait_idle(2)
        self._seed = self._seed if seed is None else seed
        self.account.reset(self._seed, now)

    def settle(self, timeout: float = 20.0) -> bool:
        """Wait until every callback that is due has been delivered."""
        self.post.flush()
        return self.post.wait_idle(timeout)

    @property
    def url(self) -> str:
        return (self._public_url or f"http://{self._server.host}:{self._server.port}").rstrip("/")

    @property
    def control_api(self) -> ControlApi:
        return self._control

    def _follow_real_time(self, stopped: threading.Event) -> None:
        while not stopped.wait(_TICK):
            try:
                if self.clock.due():
                    self.clock.run_due()
            except Exception:
                self.log.exception("something due could not be done")

    def _application(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        if self.observers:
            request.get_data()  # kept, before a form is read from it
        try:
            response = self._answer(request)
        except ConnectionError:
            self._show(request, None)
            raise  # a scripted fault has dropped the connection
        except Exception:
            self.log.exception("the simulator itself failed")
            response = Response("The simulator itself failed; its log says how.", status=500)
        self._show(request, response)
        return response(environ, start_response)

    def _show(self, request: Request, response: Response | None) -> None:
        for observer in list(self.observers):
            status, answer = (
                (response.status_code, response.get_data(as_text=True)) if response else (None, "")
            )
            query, body = request.query_string.decode(), request.get_data(as_text=True)
            observer(Exchange(request.method, request.path, query, body, status, answer))

    def _is_control(self, request: Request) -> bool:
        return request.path == "/control" or request.path.startswith("/control/")

    # --- looking ----------------------------------------------------------------------------

    @property
    def clock(self) -> Clock:
        clock: Clock = self.account.clock
        return clock

    @property
    def faults(self) -> FaultScript:
        faults: FaultScript = self.account.faults
        return faults

    @property
    def post(self) -> PostOffice:
        post: PostOffice = self.account.post
        return post

    @property
    def deliveries(self) -> list[Delivery]:
        return self.post.log

    @property
    def calls(self) -> list[Call]:
        """The request log."""
        calls: list[Call] = self.account.calls
        return calls

    def lose_next_callbacks(self, times: int = 1) -> Fault:
        return self.faults.add("callback", "lost", times=times)
