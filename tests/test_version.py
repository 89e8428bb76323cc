from __future__ import annotations

from importlib.metadata import version

import payment_subscriptions


def test_the_installed_version_is_the_one_in_the_code() -> None:
    assert version("payment-subscriptions") == payment_subscriptions.__version__
