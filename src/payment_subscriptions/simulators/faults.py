"""What is to go wrong, said beforehand: at which service, how, how often.

A simulator names its kinds in a table (name: area, options, what happens) and asks ``take``
at the points where things can go wrong. Nothing goes wrong unasked.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import count


@dataclass(frozen=True)
class Kind:
    """One way to fail. ``area`` is where the simulator looks for it."""

    area: str
    says: str
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass
class Fault:
    id: int
    service: str
    kind: str
    area: str
    times: int | None
    skip: int
    probability: float
    where: dict[str, str]
    options: dict[str, object]
    hits: int = 0

    def fits(self, service: str, fields: Mapping[str, str]) -> bool:
        return _covers(self.service, service) and all(fields.get(k) == v for k, v in self.where.items())

    def text(self, name: str) -> str:
        return str(self.options[name])

    def number(self, name: str) -> float:
        return float(str(self.options[name]))

    def whole(self, name: str) -> int:
        return int(str(self.options[name]))


#: Faults of the connection and of HTTP: the same at every provider.
TRANSPORT: dict[str, Kind] = {
    "reset_before_commit": Kind("before", "the connection is reset; nothing was done"),
    "reset_after_commit": Kind("after", "done, then the connection is reset"),
    "timeout_before_commit": Kind("before", "no answer ever; nothing was done", {"seconds": 60}),
    "timeout_after_commit": Kind("after", "done, but no answer ever", {"seconds": 60}),
    "late_commit": Kind(
        "before", "the connection is reset; done after so many seconds of the clock", {"seconds": 60}
    ),
    "slow": Kind("after", "done at once, answered after so many real seconds", {"seconds": 2}),
    "http_error": Kind(
        "before", "an HTML error page; nothing was done (503, 502, 504, 429 ...)",
        {"status": 503, "retry_after": ""},
    ),
    "http_error_after_commit": Kind("after", "done, then an HTML error page", {"status": 502}),
    "html_200": Kind("after", "done, answered 200 with an HTML page"),
    "truncated_json": Kind("after", "done, answered with half of the JSON"),
    "wrong_content_type": Kind("after", "done, the JSON is said to be plain text"),
    "empty_body": Kind("after", "done, answered 200 with nothing"),
}  # fmt: skip

#: Faults of what the provider sends to the merchant.
CALLBACK: dict[str, Kind] = {
    "lost": Kind("callback", "never sent"),
    "late": Kind("callback", "sent so many seconds of the clock later", {"seconds": 3600}),
    "duplicated": Kind("callback", "sent so many times, one after another", {"copies": 2}),
    "concurrent": Kind("callback", "sent so many times at once", {"copies": 2}),
    "repeated": Kind("callback", "sent again later though answered 200", {"copies": 2, "seconds": 60}),
    "as_get": Kind("callback", "sent as GET"),
}

#: Of callbacks that carry a token.
TOKENS: dict[str, Kind] = {
    "forged_fields": Kind("callback", "carries fields nobody should trust", {"fields": {"status": "2"}}),
    "unknown_token": Kind("callback", "carries a token of nobody"),
    "garbage_token": Kind("callback", "carries rubbish as token", {"token": "../%00<script>"}),
    "no_token": Kind("callback", "carries nothing"),
}

#: Of callbacks that are signed.
SIGNATURES: dict[str, Kind] = {
    "unsigned": Kind("callback", "carries no signature"),
    "wrongly_signed": Kind("callback", "is signed by a secret of nobody"),
    "old_timestamp": Kind("callback", "was signed so many seconds ago", {"seconds": 3600}),
}


class FaultScript:
    """The faults to come, oldest first."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self.kinds = kinds
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._faults: list[Fault] = []
        self._random = random.Random(0)  # noqa: S311 - to be repeatable

    def add(
        self,
        service: str,
        kind: str,
        *,
        times: int | None = 1,
        skip: int = 0,
        probability: float = 1.0,
        where: Mapping[str, str] | None = None,
        **options: object,
    ) -> Fault:
        """Let ``service`` ("payment/create", "payment", "*") fail in this way.

        ``times`` None is for ever; ``skip`` lets the first ones pass; ``where`` wants these
        parameters in the request. Options not of the kind are refused, so that no typo is silent.
        """
        known = self.kinds.get(kind)
        if known is None:
            raise ValueError(f"no such kind of fault: {kind}; there are {', '.join(sorted(self.kinds))}")
        strange = sorted(set(options) - set(known.options))
        if strange:
            raise ValueError(f"{kind} takes no {', '.join(strange)}")
        with self._lock:
            fault = Fault(
                next(self._numbers), service, kind, known.area, times, skip, probability,
                dict(where or {}), {**known.options, **options},
            )  # fmt: skip
            self._faults.append(fault)
        return fault

    def take(
        self, service: str, areas: Collection[str], fields: Mapping[str, str] | None = None
    ) -> Fault | None:
        """The first fault that applies here and now, used up by one."""
        with self._lock:
            for fault in self._faults:
                if fault.area in areas and fault.fits(service, fields or {}) and self._strikes(fault):
                    return fault
        return None

    def _strikes(self, fault: Fault) -> bool:
        if fault.skip > 0:
            fault.skip -= 1
            return False
        if fault.times == 0 or self._random.random() >= fault.probability:
            return False
        fault.times = None if fault.times is None else fault.times - 1
        fault.hits += 1
        return True

    def pending(self) -> list[Fault]:
        with self._lock:
            return [fault for fault in self._faults if fault.times != 0]

    def clear(self, fault_id: int | None = None) -> None:
        """Forget one fault, or all of them."""
        with self._lock:
            self._faults = [f for f in self._faults if fault_id is not None and f.id != fault_id]

    def reset(self, seed: int | None) -> None:
        self.clear()
        self._random = random.Random(seed)  # noqa: S311 - to be repeatable


def _covers(pattern: str, service: str) -> bool:
    """ "payment" covers all of payment/..., "*" everything."""
    return fnmatchcase(service, pattern) or service.startswith(pattern + "/")
