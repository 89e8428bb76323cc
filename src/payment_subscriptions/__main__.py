"""``payment-subscriptions``, also as ``python -m``: ``new`` makes a project, ``demo`` runs one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from . import __version__
from .demo import running, telling
from .generator import cli as new


def main(arguments: Sequence[str] | None = None) -> int:
    """The process's exit code."""
    parser = argparse.ArgumentParser(
        prog="payment-subscriptions", description="Recurring payments for Django."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    new.add_arguments(commands)
    _add_demo(commands)
    given = parser.parse_args(arguments)
    return int(given.run(given))


def _add_demo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    demo = commands.add_parser(
        "demo", help="run the project of this folder with simulated gateways: no account, no network"
    )
    demo.add_argument("verb", nargs="?", choices=telling.VERBS, help="what happens next in the running demo")
    demo.add_argument("--port", type=int, default=8000, help="of the site (8000)")
    demo.add_argument(
        "--keep-database", action="store_true", help="the project's own database, instead of an empty SQLite"
    )
    demo.set_defaults(run=_demo)


def _demo(given: argparse.Namespace) -> int:
    if given.verb:
        return telling.tell(Path.cwd(), given.verb)
    return running.run(Path.cwd(), given.port, keep_database=given.keep_database)


if __name__ == "__main__":
    sys.exit(main())
