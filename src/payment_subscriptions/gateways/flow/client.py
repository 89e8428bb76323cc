"""Flow's API: the one place that signs and sends, and says what came of it.

``FlowClient(...)`` groups Flow's services as Flow does: ``client.payment.create(...)``,
``client.subscription.change_plan_preview(...)``. Names are Flow's in snake_case.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

import requests
from django.views.decorators.debug import sensitive_variables

from ... import __version__, budget
from ...exceptions import Busy, ConfigurationError, GatewayError, OutcomeUnknown, Refused
from ..circuit import Circuit
from ..transport import Answer, Lost, Transport
from . import errors, signature
from .calls import (
    CouponCalls,
    CustomerCalls,
    InvoiceCalls,
    MerchantCalls,
    PaymentCalls,
    PlansCalls,
    RefundCalls,
    SettlementCalls,
    SubscriptionCalls,
    SubscriptionItemCalls,
)
from .redaction import one_line, redact
from .results import Malformed
from .signature import Style, Value

log = logging.getLogger("payment_subscriptions.flow")

T = TypeVar("T")
Method = Literal["GET", "POST"]

LOGGED = (  # what names a thing of ours and no person
    "commerceOrder",
    "commerceId",
    "refundCommerceOrder",
    "flowOrder",
    "subscriptionId",
    "planId",
    "newPlanId",
    "customerId",
    "invoiceId",
    "couponId",
    "itemId",
)
SECRET = ("apiKey", "token", "email", "receiverEmail", "name")
OUTCOMES: dict[type[Exception], tuple[str, int]] = {
    Refused: ("refused", logging.WARNING),
    OutcomeUnknown: ("unknown", logging.WARNING),
    ConfigurationError: ("misconfigured", logging.ERROR),
    Busy: ("not begun", logging.WARNING),
}


class FlowClient:
    """Flow, for one account in one environment.

    ``api_url`` is ``https://www.flow.cl/api`` or ``https://sandbox.flow.cl/api``, each with keys of
    its own. ``timeout`` is the most seconds that a whole call may take (retries included), less
    where ``budget.time_budget`` leaves less. A ``session`` of the caller's serves for proxies and
    certificates: its adapter for ``api_url`` is replaced and its cookies are switched off. Threads
    may share a client.

    Every method returns a dataclass of ``results`` and raises

    * Refused (NotFound, AlreadyExists): Flow said no, nothing was done;
    * OutcomeUnknown: no usable answer, ask before repeating; its ``sent`` is False where the call
      provably never left;
    * ConfigurationError: keys, address or parameters are wrong;
    * Busy (``errors.OutOfTime``): no time was left, the call was not begun;
    * BadRequest: a text that no request can carry (nothing was sent).

    Reads (GET) are tried up to three times when the connection fails or Flow answers 5xx or 429, as long
    as the time allows; calls by POST never. While the ``circuit`` is open nothing is sent: that is an
    OutcomeUnknown whose ``sent`` is False.
    """

    @sensitive_variables()
    def __init__(
        self,
        api_key: str,
        secret_key: str,
        api_url: str,
        *,
        timeout: float = 10.0,
        signature: Style = "canonical",
        session: requests.Session | None = None,
        circuit: Circuit | None = None,
    ) -> None:
        _check(api_key, secret_key, api_url, signature)
        self.api_url = api_url.rstrip("/")
        self.timeout = timeout
        self._api_key = api_key
        self._secret_key = secret_key
        self._style = signature
        self._transport = Transport(
            self.api_url, session, {"User-Agent": f"payment-subscriptions/{__version__}"}, circuit
        )

        self.payment = PaymentCalls(self)
        self.refund = RefundCalls(self)
        self.customer = CustomerCalls(self)
        self.plans = PlansCalls(self)
        self.subscription = SubscriptionCalls(self)
        self.subscription_item = SubscriptionItemCalls(self)
        self.invoice = InvoiceCalls(self)
        self.coupon = CouponCalls(self)
        self.settlement = SettlementCalls(self)
        self.merchant = MerchantCalls(self)

    def __repr__(self) -> str:
        return f"<FlowClient {self.api_url}>"

    @property
    def skew(self) -> float | None:
        """By how many seconds Flow's clock was ahead of this machine's at its last answer."""
        return self._transport.skew

    @sensitive_variables()
    def call(
        self, method: Method, service: str, params: Mapping[str, Value], read: Callable[[object], T]
    ) -> T:
        """Sign and send ``params`` (those that are None are left out) to ``service``
        ("subscription/create"), and ``read`` the JSON of the answer.

        The methods of the families use this; it also reaches a service that they do not have yet.
        """
        started = time.monotonic()
        seconds = budget.remaining(self.timeout)
        sent = self._signed(params)
        outcome: T | Exception = errors.OutOfTime(service)
        answer: Answer | Lost | None = None
        if seconds > 0:
            sending = {"query": sent} if method == "GET" else {"body": sent}
            answer = self._transport.call(method, service, started + seconds, **sending)
            outcome = _outcome(service, sent, answer, read)
        _record(service, sent, answer, outcome, time.monotonic() - started)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    @sensitive_variables()
    def _signed(self, params: Mapping[str, Value]) -> dict[str, str]:
        sent = signature.wire({**params, "apiKey": self._api_key})
        return sent | {"s": signature.sign(sent, self._secret_key, style=self._style)}


def _check(api_key: str, secret_key: str, api_url: str, style: str) -> None:
    if not api_key or not secret_key:
        raise ConfigurationError(
            "Flow's API key or secret key is missing",
            hint="Copy both from Flow's panel, Mis Datos, Integraciones.",
        )
    parts = urlsplit(api_url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query:
        raise ConfigurationError(
            "Flow's API address is no web address",
            hint="https://www.flow.cl/api, or https://sandbox.flow.cl/api for the sandbox.",
        )
    if style not in ("canonical", "legacy"):
        raise ConfigurationError("Flow's signature is neither canonical nor legacy")


def _outcome(
    service: str, sent: Mapping[str, str], answer: Answer | Lost, read: Callable[[object], T]
) -> T | Exception:
    """The result, or the error to raise: returned, so that no cause with an address in it hangs on."""
    found = _judged(service, sent, answer, read)
    if isinstance(found, OutcomeUnknown):
        found.is_outage, found.wait = answer.is_outage, answer.wait
    return found


def _judged(
    service: str, sent: Mapping[str, str], answer: Answer | Lost, read: Callable[[object], T]
) -> T | Exception:
    if isinstance(answer, Lost):
        return errors.unknown(service, f"{service}: {answer.reason}", sent=answer.sent)
    content = _parsed(answer.body)
    if answer.status != 200:
        return _refusal(service, sent, answer.status, content)
    try:
        return read(content)
    except Malformed as error:
        return errors.unknown(service, f"{service}: an answer that cannot be read ({error})", status=200)


def _parsed(body: bytes) -> object:
    """The JSON of a body with exact numbers; None for HTML, nothing, or half of it."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _refusal(service: str, sent: Mapping[str, str], status: int, content: object) -> Exception:
    """From Flow's {code, message}; the message is shown without what it repeats of the payer."""
    if not isinstance(content, dict):
        return errors.unknown(service, f"{service}: HTTP {status} without Flow's JSON", status=status)
    code = "" if content.get("code") is None else str(content["code"]).strip()
    message = str(content.get("message") or "")
    secrets = [sent[name] for name in SECRET if name in sent]
    return errors.meaning(service, sent.keys(), status, redact(code), message, redact(message, secrets))


def _record(
    service: str, sent: Mapping[str, str], answer: Answer | Lost | None, outcome: object, seconds: float
) -> None:
    """One log record a call; every field is also an attribute of the record."""
    word, level = "done", logging.INFO
    for kind, named in OUTCOMES.items():
        if isinstance(outcome, kind):
            word, level = named
    details = {
        "service": service,
        "outcome": word,
        "duration_ms": round(seconds * 1000),
        "http_status": answer.status if isinstance(answer, Answer) else None,
        "code": outcome.code if isinstance(outcome, GatewayError) else "",
        "ids": {name: one_line(sent[name]) for name in LOGGED if name in sent},
    }
    log.log(level, " ".join("%s=%s" for _ in details), *_flat(details), extra=details)


def _flat(details: Mapping[str, object]) -> list[object]:
    return [part for pair in details.items() for part in pair]
