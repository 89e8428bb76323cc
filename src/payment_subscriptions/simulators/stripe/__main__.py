"""``python -m payment_subscriptions.simulators.stripe``: serve until interrupted."""

from __future__ import annotations

import argparse

from ..serving import common_arguments, serve
from .options import Options
from .simulator import StripeSimulator


def main(arguments: list[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    options = Options(
        api_key=given.api_key,
        after_retries=given.after_retries,
        finalize_seconds=given.finalize_seconds,
        remote_control=given.remote_control,
    )
    stripe = StripeSimulator(
        host=given.host, port=given.port, seed=given.seed, now=given.now,
        public_url=given.public_url, options=options,
    )  # fmt: skip
    serve(stripe, lambda: f"Stripe simulator at {stripe.url}/; API key {stripe.api_key}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m payment_subscriptions.simulators.stripe", description=__doc__
    )
    common_arguments(parser, port=8002)
    parser.add_argument("--api-key", default=Options().api_key)
    parser.add_argument(
        "--after-retries", choices=("cancel", "unpaid", "past_due"), default=Options().after_retries,
        help="what becomes of a subscription whose last retry failed",
    )  # fmt: skip
    parser.add_argument(
        "--finalize-seconds", type=int, default=Options().finalize_seconds,
        help="for how long a renewal's bill is a draft: an hour at Stripe",
    )  # fmt: skip
    return parser


if __name__ == "__main__":
    main()
