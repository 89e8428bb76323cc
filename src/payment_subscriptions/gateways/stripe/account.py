"""The settings of one Stripe account: which there are, and which contradict each other."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from django.conf import settings

from ..base import Gateway
from ..contradictions import Contradiction

API_URL = "https://api.stripe.com"
OPTIONS = frozenset(
    {
        "API_KEY",
        "API_URL",
        "WEBHOOK_SECRETS",
        "WEBHOOK_TOLERANCE",
        "PRICE_IDS",
        "PROMOTION_CODES",
        "PORTAL_CONFIGURATION",
        "RETURN_URL",
        "NOTICE_URL",
        "TIMEOUT",
    }
)
# Stripe's own prefixes: secret and restricted keys of each kind of account.
REAL_KEYS, TEST_KEYS = ("sk_live_", "rk_live_"), ("sk_test_", "rk_test_")
# Stripe's libraries take a notice for genuine up to five minutes after it was signed.
TOLERANCE = 300


def key(gateway: Gateway) -> str:
    return str(gateway.options.get("API_KEY") or "")


def webhook_secrets(gateway: Gateway) -> tuple[str, ...]:
    """All that may have signed a notice: two while a secret is being rolled."""
    written = gateway.options.get("WEBHOOK_SECRETS") or ()
    found = (written,) if isinstance(written, str) else written
    return tuple(secret.strip() for secret in found if isinstance(secret, str) and secret.strip())


def _is_stripes_own(gateway: Gateway) -> bool:
    """Its address, and never without TLS: the key goes with each question."""
    given = urlsplit(str(gateway.options.get("API_URL") or API_URL))
    return (given.scheme, given.hostname) == ("https", "api.stripe.com")


def _are_secrets(written: object) -> bool:
    found = (written,) if isinstance(written, str) else written
    return isinstance(found, (tuple, list)) and all(isinstance(secret, str) for secret in found)


CONTRADICTIONS: tuple[Contradiction, ...] = (
    Contradiction(
        "E121",
        lambda gateway: not key(gateway),
        "API_KEY is missing.",
        "Copy the secret key from Stripe's dashboard, Developers, API keys; test keys begin with sk_test_.",
        "keys_missing",
    ),
    Contradiction(
        "E122",
        lambda gateway: gateway.mode == "real" and settings.DEBUG,
        "real money with DEBUG.",
        "Set DEBUG = False, or MODE to 'sandbox'.",
    ),
    Contradiction(
        "E123",
        lambda gateway: gateway.mode == "real" and key(gateway).startswith(TEST_KEYS),
        "MODE is 'real', but the key is a test key.",
        "Give the live key, or set MODE to 'sandbox'.",
        "key_environment",
    ),
    Contradiction(
        "E124",
        lambda gateway: gateway.mode != "real" and key(gateway).startswith(REAL_KEYS),
        "the key is a live key, but MODE is not 'real'.",
        "Give a test key, or set MODE to 'real'.",
        "key_environment",
    ),
    Contradiction(
        "E125",
        lambda gateway: gateway.mode == "real" and not _is_stripes_own(gateway),
        "MODE is 'real', but API_URL is not Stripe's.",
        "Take API_URL out, or set MODE to 'sandbox'.",
    ),
    Contradiction(
        "E126",
        lambda gateway: gateway.mode == "demo",
        "MODE 'demo' is no account.",
        "Set MODE to 'sandbox' and give a test key.",
    ),
    Contradiction(
        "E127",
        lambda gateway: not set(gateway.options) <= OPTIONS,
        "it has an option that does not exist.",
        f"There are: BACKEND, MODE, {', '.join(sorted(OPTIONS))}.",
    ),
    Contradiction(
        "E128",
        lambda gateway: not isinstance(gateway.options.get("PRICE_IDS", {}), Mapping),
        "PRICE_IDS is no dictionary.",
        "Map our price keys to the ids of prices that exist at Stripe: {'pro_monthly_v1': 'price_...'}.",
    ),
    Contradiction(
        "E129",
        lambda gateway: not _are_secrets(gateway.options.get("WEBHOOK_SECRETS") or ()),
        "WEBHOOK_SECRETS is no secret and no list of secrets.",
        "Write what the webhook endpoint shows (whsec_...), two of them while one is being rolled.",
    ),
)
# What keeps notices from being judged: the rest works without it, as the sweep asks, and so must the command
# that makes the endpoint.
NO_SECRET = Contradiction(
    "W130",
    lambda gateway: not webhook_secrets(gateway),
    "WEBHOOK_SECRETS is empty: no notice can be told from a forged one, and none is accepted.",
    "Make the endpoint with: manage.py payments_webhook push; it shows the secret (whsec_...) once.",
)
