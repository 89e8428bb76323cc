"""In which language Stripe shows its page: its own list, which other tags are refused by.

https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-locale
"""

from __future__ import annotations

AUTO = "auto"
LOCALES = frozenset(
    """bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro
    ru sk sl sv th tr vi zh zh-HK zh-TW""".split()  # noqa: SIM905
)
_BY_TAG = {locale.lower(): locale for locale in LOCALES} | {"zh-hant": "zh-TW"}


def locale_for(language: str) -> str:
    """Stripe's locale for a language as Django names it: "en-us" is en, "pt-br" pt-BR; what Stripe does not
    speak is left to the browser."""
    tag = language.lower()
    return _BY_TAG.get(tag) or _BY_TAG.get(tag.partition("-")[0], AUTO)
