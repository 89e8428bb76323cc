"""The fixture ``stripe_simulator``: a Stripe over real HTTP, fresh for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from payment_subscriptions.simulators.stripe import Options, StripeSimulator


@pytest.fixture(scope="session")
def stripe_server() -> Iterator[StripeSimulator]:
    """One server for the whole run; take ``stripe_simulator``, which cleans it."""
    with StripeSimulator(seed=1) as stripe:
        yield stripe


@pytest.fixture
def stripe_simulator(stripe_server: StripeSimulator) -> StripeSimulator:
    """Empty, on real time, ids from seed 1, options as by default (change ``.options`` freely)."""
    vars(stripe_server.options).update(vars(Options()))
    stripe_server.observers.clear()
    stripe_server.start()
    stripe_server.reset(seed=1)
    return stripe_server
