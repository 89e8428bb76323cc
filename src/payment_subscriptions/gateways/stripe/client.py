"""Stripe's own library behind one door: no globals, a bound on each whole call, our errors, plain dicts.

``StripeClient`` retries nothing by itself; our exchange repeats reads. A call that changes something is
repeated by the core, with the same idempotency key and the same parameters.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

import stripe
from django.views.decorators.debug import sensitive_variables

from ... import budget
from ...exceptions import ConfigurationError, GatewayError, OutcomeUnknown, Refused
from ..circuit import Circuit
from ..transport import Answer, Lost, Transport
from . import errors

log = logging.getLogger("payment_subscriptions.stripe")

# The one switch of the library that no client has of its own: left on, it writes an id of this machine into
# the home folder of whoever runs the site, and sends it along.
stripe.enable_telemetry = False

OUTCOMES: dict[type[Exception], tuple[str, int]] = {
    Refused: ("refused", logging.WARNING),
    OutcomeUnknown: ("unknown", logging.WARNING),
    ConfigurationError: ("misconfigured", logging.ERROR),
    errors.OutOfTime: ("not begun", logging.WARNING),
}
_ends_at: ContextVar[float] = ContextVar("payment_subscriptions_stripe_ends_at")


def _is_not_of_our_call(_: logging.LogRecord) -> bool:
    """The library logs what was sent and answered, with e-mails, secrets and pages; our own record says how a
    call went. What else in the project uses the library logs as before."""
    return _ends_at.get(None) is None


logging.getLogger("stripe").addFilter(_is_not_of_our_call)


class Client:
    """One account. ``timeout``: the most seconds that a whole call may take, less where
    ``budget.time_budget`` leaves less. Threads may share it.

    Every call raises Refused (NotFound, AlreadyExists), OutcomeUnknown (``sent`` False where it provably
    never left, as while the ``circuit`` is open), ConfigurationError, or Busy where no time was left and it
    was not begun.
    """

    @sensitive_variables()
    def __init__(
        self, api_key: str, api_url: str, *, timeout: float = 10.0, circuit: Circuit | None = None
    ) -> None:
        self.timeout = timeout
        self.api_url = api_url.rstrip("/")
        self._http = _BoundedHTTP(self.api_url, circuit)
        client = stripe.StripeClient(
            api_key,
            base_addresses={"api": self.api_url},
            http_client=self._http,
            max_network_retries=0,
        )
        self.v1 = client.v1
        self.api_version = str(stripe.api_version)

    @property
    def skew(self) -> float | None:
        """By how many seconds Stripe's clock was ahead of this machine's at its last answer."""
        return self._http.skew

    def call(
        self,
        method: Callable[..., Any],
        *ids: str,
        params: Mapping[str, Any] | None = None,
        key: str = "",
    ) -> dict[str, Any]:
        """``call(client.v1.customers.create, params={...}, key="...")``: the answer as a plain dictionary.

        ``key`` makes a repetition of the same call harmless for 24 hours.
        """
        service = f"{type(method.__self__).__name__.removesuffix('Service')}.{method.__name__}"  # type: ignore[attr-defined]
        seconds = budget.remaining(self.timeout)
        began = time.monotonic()
        outcome: dict[str, Any] | Exception = errors.OutOfTime(service)
        if seconds > 0:
            token = _ends_at.set(began + seconds)
            try:
                outcome = self._outcome(service, method, ids, dict(params or {}), key)
            finally:
                _ends_at.reset(token)
        _record(service, ids, outcome, time.monotonic() - began)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def every(self, method: Callable[..., Any], params: Mapping[str, Any]) -> list[dict[str, Any]]:
        """All pages of a list."""
        return list(self.iterate(method, params))

    def iterate(self, method: Callable[..., Any], params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The same, a page asked for when the one before it has been read."""
        page: dict[str, Any] = {"has_more": True}
        after: dict[str, Any] = {}
        while page["has_more"]:
            page = self.call(method, params={"limit": 100, **params, **after})
            yield from page["data"]
            if not page["data"]:
                break
            after = {"starting_after": page["data"][-1]["id"]}

    @sensitive_variables()
    def _outcome(
        self, service: str, method: Callable[..., Any], ids: tuple[str, ...], params: dict[str, Any], key: str
    ) -> dict[str, Any] | Exception:
        """The answer, or the error to raise: returned, so that no cause with what was sent hangs on."""
        try:
            found = method(*ids, params, {"idempotency_key": key} if key else None)
            answer: dict[str, Any] = found.to_dict()
        except stripe.StripeError as error:
            return errors.meaning(service, error)
        except (ValueError, TypeError, KeyError, AttributeError):
            return OutcomeUnknown(f"{service}: an answer that cannot be read", service=service)
        return answer


class _BoundedHTTP(stripe.HTTPClient):
    """The library's HTTP client on our exchange, which bounds the whole call; without its telemetry."""

    name = "payment-subscriptions"

    def __init__(self, base_url: str, circuit: Circuit | None) -> None:
        super().__init__()
        self._transport = Transport(base_url, circuit=circuit)

    @property
    def skew(self) -> float | None:
        return self._transport.skew

    def request_with_retries(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        post_data: Any = None,
        max_network_retries: int | None = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[Any, int, Mapping[str, str]]:
        path = url.removeprefix(f"{self._transport.base_url}/")
        ends_at = _ends_at.get()
        answer = self._transport.call(method.upper(), path, ends_at, body=post_data, headers=headers)
        if isinstance(answer, Lost):
            raise errors.NoAnswer(answer.reason, answer)
        _refuse_what_is_no_json(answer)
        return answer.body.decode(), answer.status, answer.headers

    def close(self) -> None:
        self._transport.session.close()


def _refuse_what_is_no_json(answer: Answer) -> None:
    """HTML of a proxy, or half an answer, says nothing of what was done, whatever its status."""
    try:
        read = json.loads(answer.body)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise errors.NoAnswer(f"HTTP {answer.status} without Stripe's JSON", answer)


def _record(service: str, ids: tuple[str, ...], outcome: object, seconds: float) -> None:
    """One log record a call; ids of Stripe's are no secret."""
    word, level = "done", logging.INFO
    for kind, named in OUTCOMES.items():
        if isinstance(outcome, kind):
            word, level = named
    details = {
        "service": service,
        "outcome": word,
        "duration_ms": round(seconds * 1000),
        "code": outcome.code if isinstance(outcome, GatewayError) else "",
        "ids": ",".join(ids),
    }
    log.log(level, " ".join(f"{name}=%s" for name in details), *details.values(), extra=details)
