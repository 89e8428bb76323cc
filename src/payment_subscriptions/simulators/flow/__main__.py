"""``python -m payment_subscriptions.simulators.flow``: serve until interrupted."""

from __future__ import annotations

import argparse
import logging
import signal
import threading

from .options import ZONES, Options
from .simulator import FlowSimulator


def main(arguments: list[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    options = Options(
        api_key=given.api_key,
        secret_key=given.secret_key,
        country=given.country,
        card_contract=not given.no_card_contract,
        accept_legacy_signature=given.accept_legacy_signature,
        remote_control=given.remote_control,
    )
    flow = FlowSimulator(
        host=given.host, port=given.port, seed=given.seed, now=given.now,
        public_url=given.public_url, options=options,
    )  # fmt: skip
    _serve(flow)


def _serve(flow: FlowSimulator) -> None:
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    with flow:
        print(f"Flow simulator at {flow.url}/ (API {flow.api_url}); apiKey {flow.api_key}", flush=True)
        done.wait()


def _parser() -> argparse.ArgumentParser:
    defaults = Options()
    parser = argparse.ArgumentParser(
        prog="python -m payment_subscriptions.simulators.flow", description=__doc__
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--seed", type=int, help="the same seed gives the same ids")
    parser.add_argument("--now", help='start the clock at this wall time ("2026-01-31 10:00")')
    parser.add_argument("--public-url", help="the address that browsers use, if it is another one")
    parser.add_argument("--api-key", default=defaults.api_key)
    parser.add_argument("--secret-key", default=defaults.secret_key)
    parser.add_argument("--country", choices=sorted(ZONES), default=defaults.country)
    parser.add_argument("--no-card-contract", action="store_true", help="answer 7001 to customer/register")
    parser.add_argument("--accept-legacy-signature", action="store_true")
    parser.add_argument("--remote-control", action="store_true", help="let other machines use /control")
    return parser


if __name__ == "__main__":
    main()
