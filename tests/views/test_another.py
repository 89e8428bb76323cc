"""One page for two gateways: where to pay is chosen, remembered, and never changed without a click."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.test import Client

from payment_subscriptions.lifecycle import CheckoutStatus, Status
from payment_subscriptions.models import Checkout, Subscription
from payment_subscriptions.plans import Plan
from payment_subscriptions.views.ways import COOKIE
from tests.views.till import EMAIL, Till, come_back, newest, result, state_in
from tests.views.two import chosen, dialog, moods, order, others, two_settings

pytestmark = pytest.mark.django_db(transaction=True)

JSON = {"accept": "application/json"}
NOTHING = "No se ha cobrado nada"


@pytest.fixture(autouse=True)
def two(settings: Any) -> Iterator[None]:
    settings.PAYMENT_SUBSCRIPTIONS = two_settings()
    with Till():
        moods(here="", abroad="")
        yield
        moods(here="", abroad="")


def plans(client: Client, **query: str) -> str:
    return client.get("/pagos/", query).content.decode()


# Choosing


def test_the_first_that_may_is_preselected_and_the_others_are_a_choice(browser_client: Client) -> None:
    html = plans(browser_client)
    assert chosen(html) == ["Pago en Chile (CLP, UF)"]
    assert "Pago internacional <span>(CLP, USD, EUR)</span>" in html
    assert "$10.000" in html
    assert "UF 1,5" in html
    assert "US$" not in html
    assert "Zine" not in html


def test_a_gateway_s_currencies_are_a_choice_too(browser_client: Client) -> None:
    html = plans(browser_client, provider="abroad")
    assert chosen(html) == ["Pago internacional (CLP, USD, EUR)", "CLP"]
    html = plans(browser_client, provider="abroad", currency="USD")
    assert chosen(html)[1] == "USD"
    assert "US$12,00" in html
    assert "US$11,00" not in html  # an earlier version of the price
    assert "$10.000" not in html
    assert "Zine" in html


@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ({"currency": "EUR"}, "EUR"),
        ({"currency": "CLF"}, "Pago en Chile (CLP, UF)"),
        ({"provider": "nobody", "currency": "XXX"}, "Pago en Chile (CLP, UF)"),
    ],
)
def test_what_the_address_names_and_is_not_sold_counts_for_nothing(
    browser_client: Client, query: dict[str, str], marked: str
) -> None:
    assert chosen(plans(browser_client, **query))[-1] == marked


def test_the_choice_is_remembered_and_the_address_goes_before_it(browser_client: Client) -> None:
    plans(browser_client)
    assert COOKIE not in browser_client.cookies  # nothing was chosen
    plans(browser_client, provider="abroad", currency="EUR")
    cookie = browser_client.cookies[COOKIE]
    assert cookie.value == "abroad:EUR"
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 365 * 24 * 3600)
    assert chosen(plans(browser_client))[-1] == "EUR"
    assert chosen(plans(browser_client, currency="USD"))[-1] == "USD"
    assert chosen(plans(browser_client, provider="here")) == ["Pago en Chile (CLP, UF)"]


@pytest.mark.parametrize("cookie", ["abroad:XXX", "nobody:CLP", "nonsense", ":", "a:b:c", '""'])
def test_a_remembered_choice_that_is_no_longer_sold(browser_client: Client, cookie: str) -> None:
    browser_client.cookies[COOKIE] = cookie
    assert "Pro" in plans(browser_client)


def test_an_order_is_remembered(browser_client: Client) -> None:
    order(browser_client, "abroad", "pro_usd_v2")
    browser_client.cookies.pop(COOKIE, None)
    order(browser_client, "abroad", "pro_usd_v2")
    assert browser_client.cookies[COOKIE].value == "abroad:USD"


def abroad_first(plan: Plan, currency: str, request: HttpRequest | None) -> Any:
    if currency == "CLF":
        return "here"
    far = request is not None and request.headers.get("X-Country") == "AR"
    if currency == "CLP":
        return ["abroad", "here"] if far else "here"
    return "abroad"


def test_a_rule_may_look_at_the_visitor(browser_client: Client, settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = two_settings(GATEWAY_FOR=abroad_first)
    assert chosen(plans(browser_client)) == ["Pago en Chile (CLP, UF)"]
    assert "Pago internacional <span>(USD, EUR)</span>" in plans(browser_client)
    assert order(browser_client, "abroad").status_code == 400
    far = Client(headers={"accept": "text/html", "x-country": "AR"})
    assert chosen(plans(far))[0] == "Pago internacional (CLP, USD, EUR)"
    assert order(far, "abroad").status_code == 303


def test_a_price_in_the_address_opens_its_dialog_where_it_is_wanted(browser_client: Client) -> None:
    assert dialog(plans(browser_client, price="pro_monthly_v1")) == ("here", "pro_monthly_v1")
    html = plans(browser_client, price="pro_monthly_v1", provider="abroad")
    assert dialog(html) == ("abroad", "pro_monthly_v1")
    assert "Pagas en la página segura de Mundo." in html
    assert dialog(plans(browser_client, price="pro_monthly_v1")) == ("abroad", "pro_monthly_v1")
    assert dialog(plans(browser_client, price="pro_eur_v1")) == ("abroad", "pro_eur_v1")


def test_two_gateways_of_one_kind_are_told_apart_by_name(browser_client: Client, settings: Any) -> None:
    twins = {alias: {"BACKEND": "tests.views.two.HereGateway"} for alias in ("here", "there")}
    settings.PAYMENT_SUBSCRIPTIONS = two_settings(GATEWAYS=twins)
    assert chosen(plans(browser_client)) == ["Pago en Chile · Caja (CLP, UF)"]


def test_a_gateway_without_keys_does_not_close_the_page(browser_client: Client) -> None:
    moods(here="unkeyed")
    html = plans(browser_client)
    assert "Pago en Chile" not in html
    assert "$10.000" in html
    moods(abroad="unkeyed")
    assert browser_client.get("/pagos/").status_code == 503


def test_an_amount_of_the_recipe_names_one_price_at_the_gateway_that_was_asked(
    browser_client: Client,
) -> None:
    assert order(browser_client, "abroad", price="", amount="12").status_code == 303
    assert newest().provider == "abroad"
    assert order(browser_client, "here", price="", amount="12").status_code == 400


def test_the_language_is_kept_with_the_order() -> None:
    order(Client(headers={"accept": "text/html", "accept-language": "en"}))
    assert Subscription.objects.get().language == "en"


def test_the_present_plan_is_marked_at_every_gateway(browser_client: Client) -> None:
    browser_client.force_login(get_user_model().objects.create_user("ana", EMAIL))
    order(browser_client, "abroad", "pro_usd_v2")
    come_back(browser_client)
    for query in ({}, {"provider": "here"}, {"provider": "abroad", "currency": "EUR"}):
        assert "Tu plan" in plans(browser_client, **query)


def test_the_number_of_queries_does_not_grow(browser_client: Client, django_assert_num_queries: Any) -> None:
    plans(browser_client)
    with django_assert_num_queries(1):  # whether the browser's nonce is spent
        plans(browser_client, provider="abroad", currency="USD")


# The gateway of choice cannot take the payment


@pytest.mark.parametrize("mood", ["down", "unset", "unkeyed", "refuse:who-knows"])
def test_the_truth_and_the_other_gateway_by_a_click(browser_client: Client, mood: str) -> None:
    moods(here=mood)
    answer = order(browser_client)
    html = answer.content.decode()
    assert answer.status_code == (400 if mood.startswith("refuse") else 503)
    assert others(html) == ["abroad: pro_monthly_v1", "abroad: pro_usd_v2", "abroad: pro_eur_v1"]
    assert dialog(html) == ("here", "pro_monthly_v1")  # nobody is moved
    assert "Pagar US$12,00 al mes con Mundo" in html
    assert f'value="{EMAIL}"' in html
    if answer.status_code == 503:
        assert f"Caja no puede recibir tu pago en este momento. {NOTHING}" in html
    assert not Checkout.objects.filter(provider="abroad").exists()


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("mood", "status"), [("down", 503), ("unset", 503), ("refuse:who-knows", 400)])
@pytest.mark.parametrize(("failing", "other"), [("here", "abroad"), ("abroad", "here")])
def test_the_click_opens_the_dialog_with_the_email_and_orders_nothing_yet(
    browser_client: Client, failing: str, other: str, mood: str, status: int
) -> None:
    moods(**{failing: mood})
    refused = order(browser_client, failing)
    assert refused.status_code == status
    html = refused.content.decode()
    assert f"{other}: pro_monthly_v1" in others(html)
    form = {"email": EMAIL, "another": "pro_monthly_v1", "csrfmiddlewaretoken": _token(html)}
    shown = browser_client.post(f"/pagos/{other}/create/", form)
    html = shown.content.decode()
    assert shown.status_code == 200
    assert dialog(html) == (other, "pro_monthly_v1")
    assert f'value="{EMAIL}"' in html
    assert not Checkout.objects.filter(provider=other).exists()
    assert order(browser_client, other).status_code == 303
    assert state_in(come_back(browser_client)) == "ready"
    assert Subscription.objects.open().count() == 1


def _token(html: str) -> str:
    return html.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]


def test_where_nobody_else_sells_it_nothing_is_offered(browser_client: Client) -> None:
    moods(abroad="down")
    html = order(browser_client, "abroad", "zine_once_v1").content.decode()
    assert f"{NOTHING}. Intenta otra vez en unos minutos." in html
    assert others(html) == []


def test_an_email_that_is_refused_is_mended_not_taken_elsewhere(browser_client: Client) -> None:
    moods(here="refuse:bad-email")
    assert others(order(browser_client).content.decode()) == []


def test_both_down_and_up_again(browser_client: Client) -> None:
    moods(here="down", abroad="down")
    assert order(browser_client).status_code == 503
    assert order(browser_client, "abroad").status_code == 503
    moods(here="", abroad="")
    assert order(browser_client).status_code == 303
    assert Subscription.objects.pending().count() == 1


def test_json_callers_get_the_alternatives() -> None:
    moods(here="down")
    client = Client(headers=JSON)
    answer = client.post("/pagos/here/create/", {"email": EMAIL, "price": "pro_monthly_v1"})
    assert answer.status_code == 503
    assert NOTHING in answer.json()["error"]
    found = answer.json()["alternatives"]
    assert [one["provider"] for one in found] == ["abroad"] * 3
    assert found[1] == {
        "provider": "abroad",
        "price": "pro_usd_v2",
        "amount": "12",
        "currency": "USD",
        "url": "/pagos/?price=pro_usd_v2&provider=abroad#subscribe",
    }
    assert dialog(client.get(found[1]["url"]).content.decode()) == ("abroad", "pro_usd_v2")


def test_who_may_have_paid_is_told_so_and_offered_nothing(browser_client: Client) -> None:
    """They were on the gateway's page; then its key broke."""
    assert order(browser_client).status_code == 303
    moods(here="unset")
    answer = order(browser_client)
    html = answer.content.decode()
    assert answer.status_code == 503
    assert "Si ya pagaste, no pagues de nuevo" in html
    assert NOTHING not in html
    assert others(html) == []
    assert f"/pagos/resultado/{newest().public_id}/" in html


def test_an_earlier_order_that_cannot_be_given_up_keeps_its_payer(browser_client: Client) -> None:
    order(browser_client)
    moods(here="mute")
    answer = order(browser_client, "abroad")
    html = answer.content.decode()
    assert answer.status_code == 503
    assert "no pagues de nuevo" in html
    assert others(html) == []
    assert not Checkout.objects.filter(provider="abroad").exists()
    moods(here="")
    assert order(browser_client, "abroad").status_code == 303


def test_an_earlier_order_that_came_to_nothing_and_cannot_be_given_up(browser_client: Client) -> None:
    moods(here="unset")
    order(browser_client)
    moods(here="mute")
    html = order(browser_client, "abroad").content.decode()
    assert "Tu pedido anterior aún no se pudo dejar sin efecto" in html
    assert NOTHING in html
    assert others(html) == []


def test_an_earlier_order_that_stands_is_not_said_to_be_in_the_way(browser_client: Client) -> None:
    """The other gateway failed before anything was given up."""
    order(browser_client)
    moods(abroad="unkeyed")
    html = order(browser_client, "abroad").content.decode()
    assert "Mundo no responde en este momento. Si ya pagaste, no pagues de nuevo" in html
    assert "pedido anterior" not in html
    assert state_in(come_back(browser_client)) == "ready"


def test_somebody_else_s_order_in_this_browser_is_judged_and_not_shown(browser_client: Client) -> None:
    order(browser_client)
    moods(here="mute")
    html = order(browser_client, "abroad", email="eva@correo.cl").content.decode()
    assert NOTHING not in html
    assert str(newest().public_id) not in html


# The result page


@pytest.mark.parametrize("mood", ["refuse:who-knows", "retry:blocked"])
def test_turned_down_it_is_offered_elsewhere(browser_client: Client, mood: str) -> None:
    order(browser_client)
    first = newest()
    moods(here=mood)
    html = come_back(browser_client)
    assert state_in(html) == "rejected"
    assert others(html) == ["abroad: pro_monthly_v1", "abroad: pro_usd_v2", "abroad: pro_eur_v1"]
    assert order(browser_client, "abroad", "pro_usd_v2").status_code == 303
    assert Checkout.objects.get(pk=first.pk).status in {CheckoutStatus.REFUSED, CheckoutStatus.EXPIRED}
    assert state_in(come_back(browser_client)) == "ready"
    assert Subscription.objects.open().get().provider == "abroad"


def test_a_first_charge_that_was_declined_is_paid_where_it_began(browser_client: Client) -> None:
    """The subscription exists there: another would be a second one."""
    order(browser_client)
    moods(here="declined:blocked")
    html = come_back(browser_client)
    assert state_in(html) == "rejected"
    assert others(html) == []


def test_given_up_it_is_offered_elsewhere(browser_client: Client) -> None:
    order(browser_client)
    newest().subscription.cancel()
    html = result(browser_client, newest())
    assert state_in(html) == "given_up"
    assert "abroad: pro_usd_v2" in others(html)


@pytest.mark.parametrize("mood", ["down", "unset"])
def test_not_reached_the_page_says_so_and_goes_on(browser_client: Client, mood: str) -> None:
    moods(here=mood)
    order(browser_client)
    html = result(browser_client, newest())
    assert state_in(html) == "unreached"
    assert "Caja no puede recibir tu pago en este momento" in html
    assert f"{NOTHING}." in html
    assert "abroad: pro_usd_v2" in others(html)
    moods(here="")
    answer = browser_client.get(f"/pagos/resultado/{newest().public_id}/")
    assert answer["Location"] == f"/pagos/continuar/{newest().public_id}/"


def test_in_doubt_before_any_payment_the_other_gateway_is_offered(browser_client: Client) -> None:
    moods(here="lost")
    answer = order(browser_client)
    assert answer.status_code == 303
    doubt = newest()
    html = result(browser_client, doubt)
    assert state_in(html) == "doubt"
    assert f"{NOTHING}: aún no llegabas al pago" in html
    assert "no pagues de nuevo" not in html
    assert "abroad: pro_usd_v2" in others(html)
    waiting = order(browser_client, "abroad", "pro_usd_v2")
    assert waiting.status_code == 409
    assert "se está dejando sin efecto" in waiting.content.decode()
    assert others(waiting.content.decode()) == []
    assert Subscription.objects.count() == 1
    moods(here="lost:once")
    assert order(browser_client, "abroad", "pro_usd_v2").status_code == 303
    assert Checkout.objects.get(pk=doubt.pk).status == CheckoutStatus.EXPIRED
    assert state_in(come_back(browser_client)) == "ready"
    assert state_in(result(browser_client, doubt)) == "given_up"


def test_in_doubt_about_a_payment_nothing_else_is_offered(browser_client: Client) -> None:
    order(browser_client)
    moods(here="silent")
    html = come_back(browser_client)
    assert state_in(html) == "doubt"
    assert "no pagues de nuevo" in html
    assert NOTHING not in html
    assert others(html) == []
    answer = order(browser_client, "abroad", "pro_usd_v2")
    assert answer.status_code == 409
    assert NOTHING not in answer.content.decode()
    assert Subscription.objects.get().status == Status.PENDING


def test_the_order_s_link_keeps_the_email_in_the_browser_that_made_it(browser_client: Client) -> None:
    order(browser_client)
    newest().subscription.cancel()
    address = f"/pagos/?price=pro_usd_v2&provider=abroad&order={newest().public_id}"
    assert f'value="{EMAIL}"' in browser_client.get(address).content.decode()
    assert EMAIL not in Client(headers={"accept": "text/html"}).get(address).content.decode()
    assert EMAIL not in browser_client.get("/pagos/?order=x").content.decode()
