"""The language of Stripe's page: it refuses a tag that is not on its list, "en-us" among them."""

from __future__ import annotations

import pytest
from django.conf import global_settings

from payment_subscriptions.gateways.stripe.locales import LOCALES, locale_for


@pytest.mark.parametrize(
    ("language", "locale"),
    [
        ("es", "es"),
        ("en-us", "en"),
        ("en-gb", "en-GB"),
        ("es-cl", "es"),
        ("pt-br", "pt-BR"),
        ("zh-hant", "zh-TW"),
        ("qu", "auto"),
        ("", "auto"),
    ],
)
def test_a_language_of_djangos_is_one_that_stripe_speaks(language: str, locale: str) -> None:
    assert locale_for(language) == locale


def test_whatever_django_knows_is_told_in_stripes_words() -> None:
    assert {locale_for(code) for code, _name in global_settings.LANGUAGES} <= LOCALES | {"auto"}
