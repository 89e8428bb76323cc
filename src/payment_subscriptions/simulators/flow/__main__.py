"""``python -m payment_subscriptions.simulators.flow``: serve until interrupted."""

from __future__ import annotations

import argparse

from ..serving import common_arguments, serve
from .options import ZONES, Options
from .simulator import FlowSimulator


def main(arguments: list[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
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
    serve(
        flow,
        lambda: f"Flow simulator at {flow.url}/ (API {flow.api_url}); apiKey {flow.api_key}",
    )


def _parser() -> argparse.ArgumentParser:
    defaults = Options()
    parser = argparse.ArgumentParser(
        prog="python -m payment_subscriptions.simulators.flow", description=__doc__
    )
    common_arguments(parser, port=8001)
    parser.add_argument("--api-key", default=defaults.api_key)
    parser.add_argument("--secret-key", default=defaults.secret_key)
    parser.add_argument("--country", choices=sorted(ZONES), default=defaults.country)
    parser.add_argument("--no-card-contract", action="store_true", help="answer 7001 to customer/register")
    parser.add_argument("--accept-legacy-signature", action="store_true")
    return parser


if __name__ == "__main__":
    main()
