"""Look at a set-up from end to end, and say what is wrong, what it means and what to do about it.

``examine()`` looks at the project and at each account: settings, keys, plans, the way back of callbacks (over
HTTP), what the gateways have that we have not, and whether the machinery is at work. Nothing is repaired, and
nothing is left behind: no charge, no row but the sign of life of the workers, no customer. What follows from
something else is not told: that was not looked at, and why.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..gateways import gateways
from ..transactions import refuse_inside_one
from .account import AccountExam, said_of
from .findings import AREA_OF, SEVERITY_OF, Area, Because, Code, Examined, Finding, Report, Severity
from .project import ProjectExam

__all__ = [
    "AREA_OF",
    "SEVERITY_OF",
    "Area",
    "Because",
    "Code",
    "Examined",
    "Finding",
    "Report",
    "Severity",
    "examine",
]


def examine(providers: Iterable[str] = ()) -> Report:
    """The project, and each of those accounts, all by default. A gateway that gives no answer is a finding,
    and the rest is looked at all the same.

    Raises ConfigurationError for a provider that is not in GATEWAYS; RuntimeError inside a transaction.
    """
    refuse_inside_one()
    project = ProjectExam()
    project.database()
    if not project.can_work():
        return Report([project.examined])
    chosen = list(providers) or list(gateways)
    for alias in chosen:
        if alias not in gateways:
            gateways[alias]  # says which there are
    accounts = [AccountExam(alias, no_rows=project.no_rows).go() for alias in chosen]
    others = [alias for alias in gateways if alias not in chosen]
    project.rest({text for account in accounts for text in account.told} | said_of(others))
    return Report([project.examined, *(account.examined for account in accounts)])
