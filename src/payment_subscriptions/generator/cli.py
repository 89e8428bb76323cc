"""``payment-subscriptions new``: its options, its questions, what it says at the end."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import django
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from . import existing, project
from .answers import (
    FEATURES,
    PROVIDERS,
    Answers,
    chosen_features,
    frequencies_in,
    package_of,
    plans_in,
    providers_in,
)
from .exceptions import NotUnderstood, WillNotWrite

LOCALE = Path(__file__).resolve().parent.parent / "locale"
T = TypeVar("T")


def add_arguments(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    new = commands.add_parser(
        "new", help="make a project that sells subscriptions, or add them to one that exists (--into)"
    )
    new.add_argument("name", nargs="?", help="the new project's folder, and its name")
    new.add_argument("--provider", help="flow, stripe, or flow,stripe")
    new.add_argument(
        "--plans", help="amounts, or a sentence: 10000,20000 or '10k, 20k CLP mensuales' or Pro=20000"
    )
    new.add_argument("--currency", default="", help="CLP, CLF (UF), USD, EUR ... (CLP where Flow sells)")
    new.add_argument("--frequency", default="", help="monthly, yearly, one-time, or several (monthly)")
    new.add_argument("--features", help=f"all that are wanted, of {','.join(FEATURES)}")
    new.add_argument(
        "--with", dest="more", action="append", default=[], metavar="FEATURES", help="these, too"
    )
    new.add_argument(
        "--without", dest="less", action="append", default=[], metavar="FEATURES", help="not these"
    )
    new.add_argument(
        "--language", choices=("es", "en"), help="of texts and questions (the locale's; else es)"
    )
    new.add_argument("--path", default="pagos/", help="where the pages stand (pagos/)")
    new.add_argument(
        "--into", metavar="FOLDER", help="add to the Django project there, instead of making one"
    )
    new.add_argument("--yes", action="store_true", help="with --into: write without asking")
    new.add_argument("--dry-run", action="store_true", help="with --into: show the changes and write nothing")
    new.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """The process's exit code: 2 where something was not understood, 1 where nothing was written."""
    language = given.language or language_of(os.environ)
    _speak(language)
    with translation.override(language):
        try:
            return _run(given, language)
        except NotUnderstood as error:
            print(f"payment-subscriptions new: {error}", file=sys.stderr)
            return 2
        except WillNotWrite as error:
            print(f"payment-subscriptions new: {error}", file=sys.stderr)
            return 1
        except (EOFError, KeyboardInterrupt):
            print("\n" + _("Nothing was written."), file=sys.stderr)
            return 1


def language_of(environment: Any) -> str:
    """The locale's, where it is one of ours; Spanish when unsure."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return "en" if value.lower().startswith("en") else "es"
    return "es"


def _speak(language: str) -> None:
    if not settings.configured:
        settings.configure(USE_I18N=True, LANGUAGE_CODE=language, LOCALE_PATHS=[LOCALE])
        django.setup()


def _run(given: argparse.Namespace, language: str) -> int:
    if bool(given.name) == bool(given.into):
        raise NotUnderstood(
            _("Give either a name for a new project, or --into with the folder of one that exists.")
        )
    if given.name:
        package_of(Path(given.name).resolve().name)
    answers = _answers(given, language)
    if given.into:
        return existing.add(Path(given.into), answers, _may_write(given))
    folder = Path(given.name)
    files = project.make(folder, answers)
    print(_summary(answers))
    print(_("%(folder)s: %(count)s files.") % {"folder": folder, "count": len(files)})
    print(_next_steps(answers, folder))
    return 0


def _may_write(given: argparse.Namespace) -> Callable[[], bool]:
    def asked() -> bool:
        if given.dry_run:
            return False
        if given.yes:
            return True
        if not sys.stdin.isatty():
            return False
        return input(_("Write this? [y/N] ")).strip().lower() in ("y", "yes", "s", "si", "sí")

    return asked


def _answers(given: argparse.Namespace, language: str) -> Answers:
    providers = _answer(
        given.provider, _("Who charges? flow, stripe, or flow,stripe:"), "--provider", providers_in
    )
    frequencies = frequencies_in(given.frequency) if given.frequency else ()
    plans = _answer(
        given.plans,
        _("Which plans? For example: 10k, 20k, 50k CLP monthly"),
        "--plans",
        lambda text: plans_in(text, given.currency, frequencies, providers, spanish=language == "es"),
    )
    for provider in providers:
        if not any(project.sold_by(provider, price) for plan in plans for price in plan.prices):
            raise NotUnderstood(
                _("%(provider)s would have nothing to sell: it charges none of the plans' currencies.")
                % {"provider": PROVIDERS[provider]}
            )
    features = chosen_features(_features(given), given.more, given.less)
    return Answers(providers, plans, features, language, f"{given.path.strip('/')}/")


def _features(given: argparse.Namespace) -> str | None:
    if given.features is not None or given.more or given.less or not sys.stdin.isatty():
        return given.features  # type: ignore[no-any-return]
    usual = ",".join(name for name, is_usual in FEATURES.items() if is_usual)
    print(_("Which features? There are: %(known)s.") % {"known": ", ".join(FEATURES)})
    return input(f"[{usual}] ").strip() or None


def _answer(told: str | None, question: str, option: str, understood: Callable[[str], T]) -> T:
    """What the option says; else asked at the terminal, again until it is understood."""
    if told is not None:
        return understood(told)
    if not sys.stdin.isatty():
        raise NotUnderstood(
            _("%(option)s is missing, and there is no terminal to ask at.") % {"option": option}
        )
    while True:
        try:
            return understood(input(f"{question} "))
        except NotUnderstood as error:
            print(error)


def _summary(answers: Answers) -> str:
    lines = [_("Plans:")]
    for plan in answers.plans:
        lines.append(f"  {plan.name}: {', '.join(price.said for price in plan.prices)}")
    lines.append(
        _("Providers: %(names)s") % {"names": ", ".join(PROVIDERS[each] for each in answers.providers)}
    )
    wanted = [name for name in FEATURES if name in answers.features]
    lines.append(_("Features: %(names)s") % {"names": ", ".join(wanted) or "–"})
    return "\n".join(lines)


def _next_steps(answers: Answers, folder: Path) -> str:
    lines = [
        "",
        f"  cd {folder}",
        "  make test    " + _("somebody subscribes at simulators of the gateways"),
        "  make demo    " + _("the site, with simulated gateways: no account, no network"),
        "",
        _("What only you know, for .env or the server's environment (see .env.example):"),
        *(f"  {line}" for line in project.only_the_owner_knows(answers)),
        _("Then: manage.py check --deploy, and manage.py payments_doctor says what is still missing."),
    ]
    return "\n".join(lines)


__all__ = ["add_arguments", "language_of", "run"]
