"""What a stranger gets of the public pages: nothing to guess, nowhere to be sent, nothing of others."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views.debug import ExceptionReporter

from payment_subscriptions.exceptions import ConfigurationError
from payment_subscriptions.gateways import gateways
from payment_subscriptions.gateways.flow.client import FlowClient
from payment_subscriptions.models import Checkout, Customer, Refund, Subscription
from payment_subscriptions.urls import urlpatterns
from tests.shop import EMAIL, Shop

PAGES = [pattern.name for pattern in urlpatterns if "<uuid:checkout>" in str(pattern.pattern)]


@pytest.mark.parametrize("name", PAGES)
def test_no_page_can_be_enumerated(shop: Shop, name: str) -> None:
    """A number of a row leads nowhere; an id that nobody has is as one of another noun."""
    checkout = Checkout.objects.get(subscription=shop.subscribe())
    address = reverse(f"payments:{name}", kwargs={"checkout": checkout.public_id})
    for guess in (uuid.uuid4(), checkout.subscription.public_id):
        assert Client().get(address.replace(str(checkout.public_id), str(guess))).status_code == 404
    assert Client().get(address.replace(str(checkout.public_id), str(checkout.pk))).status_code == 404


def test_public_ids_are_random() -> None:
    for noun in (Checkout, Subscription, Refund):
        assert noun._meta.get_field("public_id").default is uuid.uuid4
    assert len(Customer._meta.get_field("external_id").default()) == 32


def test_no_page_may_be_framed_even_without_the_middleware(shop: Shop, settings: Any) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "clickjacking" not in name]
    checkout = Checkout.objects.get(subscription=shop.subscribe())
    for address in (reverse("payments:plans"), reverse("payments:result", args=[checkout.public_id])):
        assert Client().get(address)["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("name", ["next", "url", "return_url", "redirect", "continue", "r"])
def test_no_address_of_the_caller_s_is_gone_to(shop: Shop, name: str) -> None:
    checkout = Checkout.objects.get(subscription=shop.subscribe())
    evil = {name: "https://evil.example/", "checkout": str(checkout.public_id)}
    for answer in (
        Client().get(reverse("payments:success"), evil),
        Client().post(reverse("payments:success"), evil),
        Client().get(reverse("payments:result", args=[checkout.public_id]), evil),
        Client().get(reverse("payments:continue", args=[checkout.public_id]), evil),
    ):
        told = answer.headers.get("Location", "") + answer.headers.get("Refresh", "")
        assert "evil" not in told
        assert not told or told.startswith(("/", "5;", "1;", "3;")) or "//" not in told


def test_the_e_mail_of_somebody_else_opens_nothing_of_theirs(shop: Shop) -> None:
    """Ana has a card and a subscription. Somebody types her e-mail on the form of a page of their own."""
    hers = shop.subscribe(email=EMAIL)
    his = shop.begin(nonce="a page of his own", email=EMAIL)
    assert his.subscription_id != hers.pk
    assert his.customer_id != hers.customer_id
    assert his.customer.card_last4 == ""
    assert his.status == "waiting", "he is asked for a card of his own"
    html = Client().get(reverse("payments:result", args=[his.public_id])).content.decode()
    assert hers.customer.card_last4
    for secret in (hers.customer.card_last4, hers.reference or "", str(hers.public_id)):
        # As a word: four digits within the name of his own order are chance.
        assert not re.search(rf"(?<![\w-]){re.escape(secret)}(?![\w-])", html)
    hers.refresh_from_db()
    assert hers.payments.count() == 1


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "gopher://127.0.0.1/", "ftp://x/", "//169.254.169.254/", "http://?x"]
)
def test_a_configured_address_is_of_the_web_or_refused(shop: Shop, address: str) -> None:
    shop.configure(API_URL=address)
    with pytest.raises(ConfigurationError):
        gateways["flow"].client  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize(
    ("backend", "options"),
    [
        ("flow.FlowGateway", {"API_KEY": "k", "SECRET_KEY": "s", "API_URL": "http://www.flow.cl/api"}),
        ("stripe.StripeGateway", {"API_KEY": "sk_live_x", "API_URL": "http://api.stripe.com"}),
    ],
)
def test_real_keys_never_go_without_tls(settings: Any, backend: str, options: dict[str, str]) -> None:
    account = {"BACKEND": f"payment_subscriptions.gateways.{backend}", "MODE": "real", **options}
    settings.PAYMENT_SUBSCRIPTIONS = {"BASE_URL": "https://x.cl", "GATEWAYS": {"one": account}}
    with pytest.raises(ConfigurationError, match="API_URL"):
        gateways["one"].client  # type: ignore[attr-defined]  # noqa: B018


def test_an_error_page_of_django_shows_no_key_and_no_token(settings: Any) -> None:
    """DEBUG's page prints the variables of each frame: those of the client are withheld."""
    settings.DEBUG = False
    client = FlowClient("the-api-key-1234", "the-secret-5678", "http://127.0.0.1:9/api", timeout=0.2)
    request = RequestFactory().post("/", {"token": "x"})
    try:
        client.call("POST", "payment/getStatus", {"token": "ABCDEF0123456789"}, lambda _: 1 / 0)
    except Exception as error:
        beneath = error.__traceback__ and error.__traceback__.tb_next  # this test names the key itself
        reporter = ExceptionReporter(request, type(error), error, beneath)
        text = reporter.get_traceback_text() + reporter.get_traceback_html()
    for secret in ("the-api-key-1234", "the-secret-5678", "ABCDEF0123456789"):
        assert secret not in text
