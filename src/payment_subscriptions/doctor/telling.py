"""A report in words, for a terminal of 80 columns; and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from textwrap import wrap
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .findings import Area, Because, Examined, Finding, Report, Severity
from .texts import AREAS, REASONS, SEVERITIES, TEXTS

WIDTH = 80
#: What a label stands in, before what it is about.
LABEL = 12
#: So many facts are told of one finding; --json has them all.
MOST_DETAILS = 10
#: Gives a text its colour: a name ("error", "warning", "fine", "head") and the text.
Paint = Callable[[str, str], str]


def plain(_name: str, text: str) -> str:
    return text


def lines(report: Report, paint: Paint = plain) -> Iterator[str]:
    """The whole report, for people."""
    for examined in report.examined:
        yield from _section(examined, paint)
        yield ""
    yield paint("fine" if report.is_healthy else "error", conclusion(report))


def _section(examined: Examined, paint: Paint) -> Iterator[str]:
    yield paint("head", title(examined))
    fine = ", ".join(str(AREAS[area]) for area in examined.fine)
    if fine:
        yield from _labelled(_("fine"), fine, lambda text: paint("fine", text))
    for found in sorted(examined.findings, key=lambda each: each.severity != Severity.ERROR):
        yield from _finding(found, paint)
    for because, areas in _left(examined).items():
        left = f"{', '.join(str(AREAS[area]) for area in areas)} ({REASONS[because]})"
        yield from _labelled(_("not seen"), left)


def title(examined: Examined) -> str:
    return f"{examined.provider} ({examined.mode})" if examined.provider else _("The project")


def _finding(found: Finding, paint: Paint) -> Iterator[str]:
    label = str(SEVERITIES[found.severity])
    yield from _labelled(label, found.code.value, lambda text: paint(found.severity.value, text))
    yield from _indented(means(found))
    for detail in found.details[:MOST_DETAILS]:
        yield from _indented(detail, "· ", "  ")
    left = len(found.details) - MOST_DETAILS
    if left > 0:
        yield from _indented(ngettext("and %(n)s more", "and %(n)s more", left) % {"n": left}, "· ")
    yield from _indented(_("What to do: %(remedy)s") % {"remedy": remedy(found)})
    yield " " * LABEL + "$ " + command(found)  # whole, to be copied


def _labelled(label: str, text: str, paint: Callable[[str], str] = str) -> Iterator[str]:
    """The label is painted once its place is measured."""
    first, *rest = wrap(text, WIDTH - LABEL, break_on_hyphens=False)
    yield f"  {paint(label)}{' ' * max(1, LABEL - 2 - len(label))}{first}"
    yield from (" " * LABEL + line for line in rest)


def _indented(text: str, first: str = "", then: str = "") -> Iterator[str]:
    """A word that is longer than the line, an address, stays whole."""
    yield from wrap(
        text,
        WIDTH,
        initial_indent=" " * LABEL + first,
        subsequent_indent=" " * LABEL + then,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _left(examined: Examined) -> dict[Because, list[Area]]:
    found: dict[Because, list[Area]] = {}
    for each in examined.unseen:
        areas = found.setdefault(each.because, [])
        if each.area not in areas:
            areas.append(each.area)
    return found


def means(found: Finding) -> str:
    return str(TEXTS[found.code].means)


def remedy(found: Finding) -> str:
    """What the gateway's own words say, where it has any for that."""
    return found.remedy or str(TEXTS[found.code].remedy)


def command(found: Finding) -> str:
    return (
        TEXTS[found.code].command.format(provider=found.provider, url=found.url).removesuffix(" --provider ")
    )


def conclusion(report: Report) -> str:
    parts = []
    if report.errors:
        parts.append(ngettext("%(n)s error", "%(n)s errors", report.errors) % {"n": report.errors})
    if report.warnings:
        parts.append(ngettext("%(n)s warning", "%(n)s warnings", report.warnings) % {"n": report.warnings})
    told = ", ".join(parts) if parts else _("Healthy")
    if report.unseen:
        left = ngettext("%(n)s thing not looked at", "%(n)s things not looked at", report.unseen)
        told = f"{told}; {left % {'n': report.unseen}}"
    return f"{told}."


def as_json(report: Report) -> dict[str, Any]:
    """The shape of docs/doctor.md."""
    return {
        "healthy": report.is_healthy,
        "errors": report.errors,
        "warnings": report.warnings,
        "examined": [_as_json(each) for each in report.examined],
    }


def _as_json(examined: Examined) -> dict[str, Any]:
    return {
        "provider": examined.provider,
        "mode": examined.mode,
        "fine": _names(examined.fine),
        "findings": [
            {
                "code": found.code.value,
                "severity": found.severity.value,
                "area": found.area.value,
                "details": list(found.details),
                "means": means(found),
                "remedy": remedy(found),
                "command": command(found),
            }
            for found in examined.findings
        ],
        "not_looked_at": [
            {
                "area": each.area.value,
                "because": {"code": each.because.value, "text": str(REASONS[each.because])},
            }
            for each in examined.unseen
        ],
    }


def _names(areas: Iterable[Area]) -> list[str]:
    return [area.value for area in areas]
