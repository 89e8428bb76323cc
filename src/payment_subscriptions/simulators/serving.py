"""What each simulator's command has in common: its arguments, and serving until interrupted."""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from collections.abc import Callable

from .simulator import Simulator


def common_arguments(parser: argparse.ArgumentParser, *, port: int) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=port)
    parser.add_argument("--seed", type=int, help="the same seed gives the same ids")
    parser.add_argument("--now", help='start the clock at this wall time ("2026-01-31 10:00")')
    parser.add_argument("--public-url", help="the address that browsers use, if it is another one")
    parser.add_argument("--remote-control", action="store_true", help="let other machines use /control")


def serve(simulator: Simulator, welcome: Callable[[], str]) -> None:
    """Until SIGINT or SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    with simulator:
        print(welcome(), flush=True)
        done.wait()
