"""Whether a gateway's call would get through to us: made as it would make it, over HTTP.

A POST without a login that follows no redirect, answered only by our own view (probing.py). One bounded time
each; nothing is stored by it.
"""

from __future__ import annotations

import ipaddress
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _

from .. import probing, views
from ..checks.callbacks import Callback, callbacks_of, look_at
from ..gateways.base import Gateway
from ..gateways.transport import Answer, Lost, Transport
from .findings import Area, Because, Code, Examined, Severity
from .project import tell_messages

#: Flow gives a callback fifteen.
SECONDS = 10.0
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Trouble:
    """Why a call does not get through, and what was seen."""

    code: Code
    url: str
    details: tuple[str, ...] = ()
    severity: Severity | None = None


def examine_callbacks(gateway: Gateway, examined: Examined, *, is_near: bool) -> None:
    """Each address that the gateway is given; that of refunds, and the payers', is not told where that of all
    notices is wrong already. Raises ConfigurationError."""
    examined.see(Area.CALLBACK)
    found = list(callbacks_of(gateway))
    if not found:  # no BASE_URL: the settings' own check says so
        examined.leave(Because.SETTINGS, Area.CALLBACK)
    for callback in found:
        if examined.is_wrong(Area.CALLBACK):
            break
        if callback.view is not views.notice:
            _return(callback, examined)
        elif not callback.url.scheme.startswith("http") or not callback.url.netloc:
            tell_messages(examined, look_at(callback))
            examined.leave(Because.SETTINGS, Area.CALLBACK)
            break
        elif trouble := trouble_with(callback.url, gateway, is_near=is_near):
            examined.find(trouble.code, trouble.details, severity=trouble.severity, url=trouble.url)


def has_address(examined: Examined) -> bool:
    """Whether it is known where notices should go: an address that is wrong is none to compare with."""
    wrong = [found for found in examined.findings if found.area == Area.CALLBACK]
    is_left = any(each.area == Area.CALLBACK for each in examined.unseen)
    return not is_left and all(found.code in (Code.CALLBACK_INSECURE, Code.RETURN_ADDRESS) for found in wrong)


def _return(callback: Callback, examined: Examined) -> None:
    """A browser follows redirects and has a session: what the URLs tell is enough."""
    said = [message for message in look_at(callback) if not message.is_silenced()]
    if said:
        examined.find(Code.RETURN_ADDRESS, [f"{each.msg} {each.hint}" for each in said])


def trouble_with(url: SplitResult, gateway: Gateway, *, is_near: bool) -> Trouble | None:
    """None where it gets through to the notices of that gateway. ``is_near``: the provider is a simulator
    beside us, which reaches what nobody else does."""
    shown = _shown(url)
    if not is_near and is_private(url.hostname or ""):
        return Trouble(Code.CALLBACK_PRIVATE, shown, (shown,))
    if not is_near and url.scheme != "https":
        severity = Severity.ERROR if gateway.mode == "real" else Severity.WARNING
        return round_trip(url, gateway) or Trouble(Code.CALLBACK_INSECURE, shown, (shown,), severity)
    return round_trip(url, gateway)


def round_trip(url: SplitResult, gateway: Gateway) -> Trouble | None:
    """Call it once."""
    question = probing.question()
    transport = Transport(f"{url.scheme}://{url.netloc}")
    path = url.path.removeprefix("/") + (f"?{url.query}" if url.query else "")
    sent: dict[str, Any] = {"body": "", "headers": {**FORM, probing.HEADER: question}}
    answer = transport.call("POST", path, time.monotonic() + SECONDS, **sent)
    transport.session.close()
    return _judged(answer, question, url, gateway)


def _judged(answer: Answer | Lost, question: str, url: SplitResult, gateway: Gateway) -> Trouble | None:
    shown = _shown(url)
    if isinstance(answer, Lost):
        return Trouble(Code.CALLBACK_UNREACHABLE, shown, (f"{shown}: {answer.reason}",))
    if answer.status == 200 and probing.is_answered(question, gateway.alias, _proof_in(answer)):
        return None
    if 300 <= answer.status < 400:
        to = _shown(urlsplit(answer.headers.get("Location", "")))
        return Trouble(Code.CALLBACK_REDIRECTS, shown, (f"{shown}: HTTP {answer.status} → {to or '?'}",))
    code = Code.CALLBACK_NOT_FOUND if answer.status == 404 else Code.CALLBACK_ELSEWHERE
    details = [f"{shown}: HTTP {answer.status}"]
    if "received" in _parsed(answer):
        details.append(_("it speaks as this package does, with another SECRET_KEY or as an older version"))
    return Trouble(code, shown, tuple(details))


def _proof_in(answer: Answer) -> str:
    return str(_parsed(answer).get("probe", ""))


def _parsed(answer: Answer) -> dict[str, Any]:
    try:
        read = json.loads(answer.body)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _shown(url: SplitResult) -> str:
    """Without what may be a secret: a user and a password, a query."""
    host = url.netloc.rpartition("@")[2]
    return url._replace(netloc=host, query="", fragment="").geturl()


def is_private(host: str) -> bool:
    """Whether that name leads nowhere from outside, as far as the name itself tells. "": no network at all.

    Nobody is asked: inside a network the name of a public site may well lead to a private address.
    """
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        last = host.rstrip(".").rpartition(".")
        return not last[0] or last[2] in ("localhost", "local", "internal", "lan", "home", "test")
