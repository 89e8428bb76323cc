"""What can be wrong, and what was found: plain data. The words are in texts.py."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """``error``: money, notices or payers are held up. ``warning``: worth a look."""

    ERROR = "error"
    WARNING = "warning"


class Area(StrEnum):
    """What is looked at, of the project or of one account."""

    DATABASE = "database"
    SETTINGS = "settings"
    TIME_ZONE = "time_zone"
    SWEEP = "sweep"
    WORKERS = "workers"
    BACKLOG = "backlog"
    GIVEN_UP = "given_up"
    DOUBT = "doubt"
    KEYS = "keys"
    CLOCK = "clock"
    CALLBACK = "callback"
    PLANS = "plans"
    PLAN_CALLBACKS = "plan_callbacks"
    ENDPOINT = "endpoint"
    STRATEGIES = "strategies"
    CUSTOMERS = "customers"


class Code(StrEnum):
    """What can be wrong. Never renamed: people and scripts go by it."""

    DATABASE_UNREACHABLE = "database_unreachable"
    MIGRATIONS_MISSING = "migrations_missing"
    SETTINGS = "settings"
    NOTHING_SOLD = "nothing_sold"
    NAIVE_TIMES = "naive_times"
    TIME_ZONE = "time_zone"
    SWEEP_NOT_RUNNING = "sweep_not_running"
    QUEUE_DOWN = "queue_down"
    WORKERS_SILENT = "workers_silent"
    BACKLOG = "backlog"
    NOTICES_DEAD = "notices_dead"
    HANDLERS_DEAD = "handlers_dead"
    IN_DOUBT = "in_doubt"
    KEYS_MISSING = "keys_missing"
    KEY_ENVIRONMENT = "key_environment"
    SIGNATURE = "signature"
    GATEWAY_UNANSWERED = "gateway_unanswered"
    CLOCK_SKEW = "clock_skew"
    CLOCK_REPLACED = "clock_replaced"
    CALLBACK_PRIVATE = "callback_private"
    CALLBACK_INSECURE = "callback_insecure"
    CALLBACK_REDIRECTS = "callback_redirects"
    CALLBACK_NOT_FOUND = "callback_not_found"
    CALLBACK_ELSEWHERE = "callback_elsewhere"
    CALLBACK_UNREACHABLE = "callback_unreachable"
    RETURN_ADDRESS = "return_address"
    PLAN_MISSING = "plan_missing"
    PLAN_INACTIVE = "plan_inactive"
    PLAN_DIFFERS = "plan_differs"
    PLAN_CALLBACK = "plan_callback"
    ENDPOINT_MISSING = "endpoint_missing"
    ENDPOINT_DIFFERS = "endpoint_differs"
    ENDPOINT_VERSION = "endpoint_version"
    STRATEGY_REFUSED = "strategy_refused"
    CUSTOMER_ORPHAN = "customer_orphan"
    CUSTOMER_DUPLICATE = "customer_duplicate"


AREA_OF: dict[Code, Area] = {
    Code.DATABASE_UNREACHABLE: Area.DATABASE,
    Code.MIGRATIONS_MISSING: Area.DATABASE,
    Code.SETTINGS: Area.SETTINGS,
    Code.NOTHING_SOLD: Area.SETTINGS,
    Code.NAIVE_TIMES: Area.TIME_ZONE,
    Code.TIME_ZONE: Area.TIME_ZONE,
    Code.SWEEP_NOT_RUNNING: Area.SWEEP,
    Code.QUEUE_DOWN: Area.WORKERS,
    Code.WORKERS_SILENT: Area.WORKERS,
    Code.BACKLOG: Area.BACKLOG,
    Code.NOTICES_DEAD: Area.GIVEN_UP,
    Code.HANDLERS_DEAD: Area.GIVEN_UP,
    Code.IN_DOUBT: Area.DOUBT,
    Code.KEYS_MISSING: Area.KEYS,
    Code.KEY_ENVIRONMENT: Area.KEYS,
    Code.SIGNATURE: Area.KEYS,
    Code.GATEWAY_UNANSWERED: Area.KEYS,
    Code.CLOCK_SKEW: Area.CLOCK,
    Code.CLOCK_REPLACED: Area.CLOCK,
    Code.CALLBACK_PRIVATE: Area.CALLBACK,
    Code.CALLBACK_INSECURE: Area.CALLBACK,
    Code.CALLBACK_REDIRECTS: Area.CALLBACK,
    Code.CALLBACK_NOT_FOUND: Area.CALLBACK,
    Code.CALLBACK_ELSEWHERE: Area.CALLBACK,
    Code.CALLBACK_UNREACHABLE: Area.CALLBACK,
    Code.RETURN_ADDRESS: Area.CALLBACK,
    Code.PLAN_MISSING: Area.PLANS,
    Code.PLAN_INACTIVE: Area.PLANS,
    Code.PLAN_DIFFERS: Area.PLANS,
    Code.PLAN_CALLBACK: Area.PLAN_CALLBACKS,
    Code.ENDPOINT_MISSING: Area.ENDPOINT,
    Code.ENDPOINT_DIFFERS: Area.ENDPOINT,
    Code.ENDPOINT_VERSION: Area.ENDPOINT,
    Code.STRATEGY_REFUSED: Area.STRATEGIES,
    Code.CUSTOMER_ORPHAN: Area.CUSTOMERS,
    Code.CUSTOMER_DUPLICATE: Area.CUSTOMERS,
}

#: What is no error unless it is found to be one.
_WARNINGS = frozenset(
    {
        Code.NOTHING_SOLD,
        Code.TIME_ZONE,
        Code.BACKLOG,
        Code.IN_DOUBT,
        Code.CLOCK_SKEW,
        Code.RETURN_ADDRESS,
        Code.PLAN_CALLBACK,
        Code.ENDPOINT_VERSION,
        Code.CUSTOMER_ORPHAN,
        Code.CUSTOMER_DUPLICATE,
    }
)
SEVERITY_OF: dict[Code, Severity] = {
    code: Severity.WARNING if code in _WARNINGS else Severity.ERROR for code in Code
}


class Because(StrEnum):
    """Why something was not looked at."""

    SETTINGS = "settings"
    KEYS = "keys"
    UNANSWERED = "unanswered"
    ADDRESS = "address"
    DATABASE = "database"
    SWEEP = "sweep"
    WORKERS = "workers"
    NOBODY_TRIED = "nobody_tried"
    TOO_MANY = "too_many"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. ``details``: the facts, with no secret among them; ``remedy``: what to do,
    where that depends on the gateway; ``url``: the address that it is about."""

    code: Code
    severity: Severity
    provider: str = ""
    details: tuple[str, ...] = ()
    remedy: str = ""
    url: str = ""

    @property
    def area(self) -> Area:
        return AREA_OF[self.code]


@dataclass(frozen=True)
class Unseen:
    """What was not looked at, or not to its end."""

    area: Area
    because: Because


@dataclass
class Examined:
    """The project ("") or one account: what is fine, what is wrong, and what was not looked at."""

    provider: str = ""
    mode: str = ""
    findings: list[Finding] = field(default_factory=list)
    unseen: list[Unseen] = field(default_factory=list)
    seen: list[Area] = field(default_factory=list)

    def see(self, area: Area) -> None:
        """It was looked at to its end."""
        if area not in self.seen:
            self.seen.append(area)

    def find(
        self,
        code: Code,
        details: Iterable[str] = (),
        *,
        severity: Severity | None = None,
        remedy: str = "",
        url: str = "",
    ) -> None:
        level = severity or SEVERITY_OF[code]
        self.findings.append(Finding(code, level, self.provider, tuple(details), remedy, url))

    def leave(self, because: Because, *areas: Area) -> None:
        self.unseen += [Unseen(area, because) for area in areas]

    @property
    def fine(self) -> list[Area]:
        """Looked at, and nothing found."""
        wrong = {found.area for found in self.findings} | {each.area for each in self.unseen}
        return [area for area in self.seen if area not in wrong]

    def is_wrong(self, area: Area) -> bool:
        return any(found.area == area for found in self.findings)


@dataclass(frozen=True)
class Report:
    """The project first, then account by account."""

    examined: list[Examined]

    @property
    def findings(self) -> list[Finding]:
        return list(self._of(Severity.ERROR)) + list(self._of(Severity.WARNING))

    def _of(self, severity: Severity) -> Iterator[Finding]:
        return (f for each in self.examined for f in each.findings if f.severity == severity)

    @property
    def errors(self) -> int:
        return len(list(self._of(Severity.ERROR)))

    @property
    def warnings(self) -> int:
        return len(list(self._of(Severity.WARNING)))

    @property
    def is_healthy(self) -> bool:
        """Whether there is no error among them."""
        return not self.errors

    @property
    def unseen(self) -> int:
        return sum(len(each.unseen) for each in self.examined)
