"""Server-to-server callbacks: a POST form with a token, or a sealed text; a deadline, no redirects followed.

A letter is queued while the simulator's lock is held and sent later, outside of it: the
merchant asks back while it handles the callback. Scripted faults strike when it is queued.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Protocol, cast

import requests

from .clock import Clock
from .faults import Fault, FaultScript


@dataclass
class Delivery:
    """One callback, as it went. ``status`` is None where no answer came (``error`` says why)."""

    id: int
    kind: str
    url: str
    fields: dict[str, str]
    queued_at: datetime
    method: str = "POST"
    text: str = ""
    attempt: int = 1
    fault: str | None = None
    sent_at: datetime | None = None
    status: int | None = None
    seconds: float | None = None
    error: str | None = None

    # Whether it is still to be sent, asked before each later try.
    wanted: Callable[[], bool] | None = field(default=None, repr=False)
    # The headers of each try of a text: a signature has the time at which it was made.
    seal: Callable[[Delivery], dict[str, str]] | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300 and self.error is None


class DeliveryRules(Protocol):
    """``callback_retries``: seconds between a failed delivery and the next try; () is never."""

    callback_deadline: float
    callback_retries: tuple[float, ...]


@dataclass
class PostOffice:
    clock: Clock
    faults: FaultScript
    rules: DeliveryRules
    on_failure: Callable[[Delivery], object]
    log: list[Delivery] = field(default_factory=list)
    #: What the headers of a resealed text are, by the kind of the fault.
    seals: Mapping[str, Callable[[Delivery, Fault], Callable[[Delivery], dict[str, str]]]] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        self._queue: deque[tuple[Delivery, Fault | None]] = deque()
        self._idle = threading.Condition()
        self._open = 0
        self._numbers = count(1)

    # --- queueing (under the simulator's lock) --------------------------------------------

    def post(self, kind: str, url: str, token: str) -> Delivery:
        fault = self.faults.take(f"callback/{kind}", {"callback"}, {"url": url, "token": token})
        return self._post(self._new(kind, url, {"token": token}), fault)

    def post_text(
        self,
        kind: str,
        url: str,
        text: str,
        seal: Callable[[Delivery], dict[str, str]],
        about: str,
        wanted: Callable[[], bool],
    ) -> Delivery:
        """``about``: the id of the thing that it tells of, by which a fault can be aimed."""
        fault = self.faults.take(f"callback/{kind}", {"callback"}, {"url": url, "about": about})
        delivery = self._new(kind, url, {})
        delivery.text, delivery.seal, delivery.wanted = text, seal, wanted
        return self._post(delivery, fault)

    def _post(self, delivery: Delivery, fault: Fault | None) -> Delivery:
        delivery.fault = fault.kind if fault else None
        self._enqueue(delivery, fault)
        return delivery

    def redeliver(self, delivery_id: int) -> Delivery:
        """Send an old one again, now."""
        old = next((each for each in self.log if each.id == delivery_id), None)
        if old is None:
            raise LookupError(f"no delivery {delivery_id}")
        again = self._new(old.kind, old.url, dict(old.fields), attempt=old.attempt + 1)
        again.text, again.seal = old.text, old.seal
        self._enqueue(again, None)
        self.flush()
        return again

    def _new(self, kind: str, url: str, fields: dict[str, str], attempt: int = 1) -> Delivery:
        return Delivery(next(self._numbers), kind, url, fields, self.clock.local(), attempt=attempt)

    def _enqueue(self, delivery: Delivery, fault: Fault | None) -> None:
        with self._idle:
            self._queue.append((delivery, fault))
            self._open += 1

    # --- sending (outside the lock) -------------------------------------------------------

    def flush(self) -> None:
        """Send everything queued; returns when it has been answered."""
        while True:
            with self._idle:
                if not self._queue:
                    return
                delivery, fault = self._queue.popleft()
            try:
                _FAULTS[fault.kind](self, delivery, fault) if fault else self._send(delivery)
            finally:
                with self._idle:
                    self._open -= 1
                    self._idle.notify_all()

    def wait_idle(self, timeout: float = 20.0) -> bool:
        """Wait until nothing is queued or under way."""
        with self._idle:
            return self._idle.wait_for(lambda: self._open == 0, timeout)

    def _send(self, delivery: Delivery) -> None:
        delivery.sent_at = self.clock.local()
        self.log.append(delivery)
        began = time.monotonic()
        try:
            delivery.status = self._request(delivery)
        except requests.RequestException as error:
            delivery.error = type(error).__name__
        delivery.seconds = round(time.monotonic() - began, 3)
        if delivery.seconds > self.rules.callback_deadline:
            delivery.error = delivery.error or "answered too late"
        if not delivery.ok:
            self._failed(delivery)

    def _request(self, delivery: Delivery) -> int:
        with requests.Session() as session:
            session.trust_env = False  # no proxy stands between a simulator and its merchant
            as_get = delivery.method == "GET"
            answer = session.request(
                delivery.method,
                delivery.url,
                params=delivery.fields if as_get else None,
                data=None if as_get else delivery.text.encode() or delivery.fields,
                headers=delivery.seal(delivery) if delivery.seal else None,
                timeout=self.rules.callback_deadline,
                allow_redirects=False,
            )
            return answer.status_code

    def _failed(self, delivery: Delivery) -> None:
        self.on_failure(delivery)
        if delivery.attempt <= len(self.rules.callback_retries):
            self._later(delivery, self.rules.callback_retries[delivery.attempt - 1], delivery.attempt + 1)

    # --- what can go wrong ----------------------------------------------------------------

    def _later(self, delivery: Delivery, seconds: float, attempt: int) -> None:
        again = replace(
            delivery, id=next(self._numbers), attempt=attempt,
            sent_at=None, status=None, seconds=None, error=None,
        )  # fmt: skip

        def send() -> None:
            if again.wanted is None or again.wanted():
                self._enqueue(again, None)

        self.clock.at(self.clock.now() + timedelta(seconds=seconds), send)

    def _copy(self, delivery: Delivery) -> Delivery:
        return replace(delivery, id=next(self._numbers))

    def _lost(self, delivery: Delivery, fault: Fault) -> None:
        delivery.error = "lost"
        self.log.append(delivery)

    def _late(self, delivery: Delivery, fault: Fault) -> None:
        self._later(delivery, fault.number("seconds"), delivery.attempt)

    def _duplicated(self, delivery: Delivery, fault: Fault) -> None:
        self._send(delivery)
        for _ in range(fault.whole("copies") - 1):
            self._send(self._copy(delivery))

    def _concurrent(self, delivery: Delivery, fault: Fault) -> None:
        letters = [delivery, *(self._copy(delivery) for _ in range(fault.whole("copies") - 1))]
        threads = [threading.Thread(target=self._send, args=(each,), daemon=True) for each in letters]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _repeated(self, delivery: Delivery, fault: Fault) -> None:
        self._send(delivery)
        for number in range(1, fault.whole("copies")):
            self._later(delivery, fault.number("seconds") * number, delivery.attempt + number)

    def _forged_fields(self, delivery: Delivery, fault: Fault) -> None:
        extra = cast(Mapping[str, object], fault.options["fields"])
        delivery.fields |= {name: str(value) for name, value in extra.items()}
        self._send(delivery)

    def _unknown_token(self, delivery: Delivery, fault: Fault) -> None:
        delivery.fields = {"token": f"{delivery.id:039X}Z"}
        self._send(delivery)

    def _garbage_token(self, delivery: Delivery, fault: Fault) -> None:
        delivery.fields = {"token": fault.text("token")}
        self._send(delivery)

    def _no_token(self, delivery: Delivery, fault: Fault) -> None:
        delivery.fields = {}
        self._send(delivery)

    def _resealed(self, delivery: Delivery, fault: Fault) -> None:
        """Sent with other headers than the merchant is to trust: unsigned, wrongly signed, of an old time."""
        delivery.seal = self.seals[fault.kind](delivery, fault)
        self._send(delivery)

    def _as_get(self, delivery: Delivery, fault: Fault) -> None:
        delivery.method = "GET"
        self._send(delivery)


_FAULTS: dict[str, Callable[[PostOffice, Delivery, Fault], None]] = {
    "lost": PostOffice._lost,
    "late": PostOffice._late,
    "duplicated": PostOffice._duplicated,
    "concurrent": PostOffice._concurrent,
    "repeated": PostOffice._repeated,
    "forged_fields": PostOffice._forged_fields,
    "unknown_token": PostOffice._unknown_token,
    "garbage_token": PostOffice._garbage_token,
    "no_token": PostOffice._no_token,
    "as_get": PostOffice._as_get,
    "unsigned": PostOffice._resealed,
    "wrongly_signed": PostOffice._resealed,
    "old_timestamp": PostOffice._resealed,
}
