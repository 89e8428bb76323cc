"""Ordering a plan: by the form of our page, and by JSON as the recipe's page does."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import django
import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client, override_settings

from payment_subscriptions.lifecycle import CheckoutStatus, Status
from payment_subscriptions.models import Checkout, Customer, Subscription
from payment_subscriptions.views.nonce import COOKIE
from tests.views.till import EMAIL, Till, come_back, fields, newest, order, result, state_in, till_settings

pytestmark = pytest.mark.django_db(transaction=True)

JSON = {"accept": "*/*"}


def test_from_the_plans_to_the_gateway_and_back(till: Till, browser_client: Client) -> None:
    answer = order(browser_client)
    assert answer.status_code == 303
    leaving = browser_client.get(answer["Location"])
    assert leaving["Refresh"] == f"1; url={newest().url}"
    assert "Te llevamos a Caja" in leaving.content.decode()
    html = come_back(browser_client)
    assert state_in(html) == "ready"
    assert "$10.000 al mes" in html
    assert "Visa •••• 6623" in html
    assert Subscription.objects.get().payer_key.startswith("form:")


def test_the_same_form_twice_is_one_order(till: Till, browser_client: Client) -> None:
    page = browser_client.get("/pagos/").content.decode()
    data = fields(page) | {"email": EMAIL, "price": "pro_monthly_v1"}
    places = {browser_client.post("/pagos/till/create/", data)["Location"] for _ in range(2)}
    assert len(places) == 1
    assert Checkout.objects.count() == 1


def test_the_same_form_four_times_at_once_is_one_order(till: Till, browser_client: Client) -> None:
    if connection.vendor == "sqlite" and django.VERSION < (5, 1):
        pytest.skip("SQLite takes its lock late before Django 5.1")
    page = browser_client.get("/pagos/").content.decode()
    data = fields(page) | {"email": EMAIL, "price": "pro_monthly_v1"}

    def send(_: int) -> str:
        try:
            client = Client(headers={"accept": "text/html"})
            return client.post("/pagos/till/create/", data).get("Location", "")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        places = set(pool.map(send, range(4)))
    assert places == {f"/pagos/continuar/{newest().public_id}/"}
    assert Checkout.objects.count() == 1


def test_two_tabs_are_one_order(till: Till, browser_client: Client) -> None:
    assert order(browser_client)["Location"] == order(browser_client)["Location"]
    assert Subscription.objects.count() == 1


def test_who_has_bought_is_somebody_else_next_time(till: Till, browser_client: Client) -> None:
    order(browser_client)
    come_back(browser_client)
    order(browser_client, email="otra@correo.cl")
    first, second = Subscription.objects.order_by("pk")
    assert first.payer_key != second.payer_key
    assert Customer.objects.count() == 2


def test_a_change_of_mind_expires_the_first_order_of_the_same_payer(
    till: Till, browser_client: Client
) -> None:
    order(browser_client)
    order(browser_client, "basic_monthly_v1")
    order(browser_client, "pro_yearly_v1")
    assert Subscription.objects.pending().count() == 1
    assert len(set(Subscription.objects.values_list("payer_key", flat=True))) == 1


def test_the_page_of_somebody_who_bought_sent_again_leads_to_what_they_have(
    till: Till, browser_client: Client
) -> None:
    page = browser_client.get("/pagos/").content.decode()
    data = fields(page) | {"email": EMAIL, "price": "pro_monthly_v1"}
    browser_client.post("/pagos/till/create/", data)
    come_back(browser_client)
    answer = browser_client.post("/pagos/till/create/", data)
    assert answer.status_code == 409
    assert "Ya tienes una suscripción" in answer.content.decode()
    assert f"/pagos/resultado/{newest().public_id}/" in answer.content.decode()


def test_a_wrong_email_is_kept_and_explained_beside_the_field(till: Till, browser_client: Client) -> None:
    answer = order(browser_client, email="ana@nada")
    html = answer.content.decode()
    assert answer.status_code == 400
    assert 'value="ana@nada"' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="subscribe-email-error subscribe-email-hint"' in html
    assert " open>" in html
    assert not Checkout.objects.exists()


def test_an_old_form_keeps_the_email_and_gives_a_fresh_form(till: Till, browser_client: Client) -> None:
    page = browser_client.get("/pagos/").content.decode()
    data = fields(page) | {"email": EMAIL, "price": "pro_monthly_v1"}
    with override_settings(PAYMENT_SUBSCRIPTIONS=till_settings(FORM_MAX_AGE=-1)):
        answer = browser_client.post("/pagos/till/create/", data)
    html = answer.content.decode()
    assert answer.status_code == 400
    assert "demasiado tiempo" in html
    assert EMAIL in html
    assert not Checkout.objects.exists()
    assert browser_client.post("/pagos/till/create/", data | fields(html)).status_code == 303


@pytest.mark.parametrize("sealed", ["", "x", "a:b:c"])
def test_a_form_that_is_not_ours_orders_nothing(till: Till, browser_client: Client, sealed: str) -> None:
    assert order(browser_client, form=sealed).status_code == 400
    assert not Checkout.objects.exists()


@pytest.mark.parametrize(
    "choice",
    [
        {"price": "nothing"},
        {"price": ""},
        {"price": "", "amount": "10000"},  # two prices have it
        {"price": "", "amount": "123"},
        {"price": "", "amount": "NaN"},
        {"price": "", "amount": "sNaN"},
        {"price": "", "amount": "1e999999"},
        {"price": "", "amount": "diez"},
    ],
)
def test_what_names_no_price_is_a_400(till: Till, browser_client: Client, choice: dict[str, str]) -> None:
    answer = order(browser_client, **choice)
    assert answer.status_code == 400
    assert EMAIL in answer.content.decode()
    assert not Checkout.objects.exists()


def test_an_amount_that_names_one_price_will_do(till: Till, browser_client: Client) -> None:
    assert order(browser_client, price="", amount="5000").status_code == 303
    assert Subscription.objects.get().price_key == "basic_monthly_v1"


def test_a_price_of_another_currency_is_a_400(till: Till, browser_client: Client) -> None:
    answer = order(browser_client, "world_monthly_v1")
    assert answer.status_code == 400
    assert "no se puede pagar ahí" in answer.content.decode()
    assert not Checkout.objects.exists()


def test_an_unknown_gateway_is_a_404(till: Till, browser_client: Client) -> None:
    page = browser_client.get("/pagos/").content.decode()
    assert browser_client.post("/pagos/nobody/create/", fields(page)).status_code == 404


def test_without_csrf_token_nothing_is_ordered(till: Till, browser_client: Client) -> None:
    assert order(browser_client, csrfmiddlewaretoken="").status_code == 403


def test_a_reload_of_the_form_s_address_leads_to_the_plans(till: Till, browser_client: Client) -> None:
    answer = browser_client.get("/pagos/till/create/")
    assert (answer.status_code, answer["Location"]) == (303, "/pagos/")
    assert Client().get("/pagos/till/create/", headers=JSON).status_code == 405


def test_a_refused_email_is_told_beside_the_field(till: Till, browser_client: Client) -> None:
    till.mood("refuse:bad-email")
    answer = order(browser_client)
    assert answer.status_code == 400
    assert "No aceptan ese correo." in answer.content.decode()
    assert 'aria-invalid="true"' in answer.content.decode()
    till.mood("")
    assert order(browser_client, email="ana@otro.cl").status_code == 303
    assert Subscription.objects.pending().count() == 1


def test_any_other_refusal_is_told_in_the_dialog(till: Till, browser_client: Client) -> None:
    till.mood("refuse:who-knows")
    answer = order(browser_client)
    assert answer.status_code == 400
    assert "El pago no fue aceptado" in answer.content.decode()


def test_settings_that_are_wrong_are_told_to_the_operator_alone(
    till: Till, browser_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    till.mood("unset")
    answer = order(browser_client)
    html = answer.content.decode()
    assert answer.status_code == 503
    assert "No se ha cobrado nada" in html
    assert "S3CR3T" not in html
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert any(getattr(record, "support_reference", "-") in html for record in errors)
    till.mood("")
    assert order(browser_client).status_code == 303


def test_a_new_choice_while_the_first_is_in_doubt_waits(till: Till, browser_client: Client) -> None:
    page = browser_client.get("/pagos/").content.decode()
    data = fields(page) | {"email": EMAIL}
    browser_client.post("/pagos/till/create/", data | {"price": "pro_monthly_v1"})
    till.mood("silent")
    assert state_in(come_back(browser_client)) == "doubt"
    answer = browser_client.post("/pagos/till/create/", data | {"price": "basic_monthly_v1"})
    html = answer.content.decode()
    assert answer.status_code == 409
    assert f"/pagos/resultado/{newest().public_id}/" in html
    assert "No se ha cobrado nada" not in html
    assert Subscription.objects.count() == 1


def test_a_user_who_is_logged_in_is_the_payer(till: Till, browser_client: Client) -> None:
    user = get_user_model().objects.create_user("ana", EMAIL, "secret")
    browser_client.force_login(user)
    assert f'value="{EMAIL}"' in browser_client.get("/pagos/").content.decode()
    order(browser_client)
    subscription = Subscription.objects.get()
    assert (subscription.payer_key, subscription.user) == (f"user:{user.pk}", user)
    come_back(browser_client)
    html = browser_client.get("/pagos/").content.decode()
    assert "Tu plan" in html
    assert f"/pagos/resultado/{newest().public_id}/" in html
    assert "Ya tienes otro plan de este tipo." in html


# JSON


def ask(client: Client, **data: str) -> Any:
    return client.post("/pagos/till/create/", {"email": EMAIL} | data, headers=JSON)


def test_json_gives_the_recipe_s_words(till: Till) -> None:
    client = Client()
    answer = ask(client, amount="5000")
    found = answer.json()
    checkout = newest()
    assert answer.status_code == 200
    assert found == {
        "success": True,
        "url": f"/pagos/continuar/{checkout.public_id}/",
        "token": str(checkout.public_id),
        "subscription_id": str(checkout.subscription.public_id),
        "mode": "sandbox",
    }
    leaving = client.get(f"{found['url']}?token={found['token']}", headers={"accept": "text/html"})
    assert leaving["Refresh"] == f"1; url={checkout.url}"
    UUID(found["token"])


def test_json_callers_without_a_form_are_known_by_their_cookie(till: Till) -> None:
    client = Client()
    first, second = ask(client, price="pro_monthly_v1"), ask(client, price="pro_monthly_v1")
    assert first.json() == second.json()
    cookie = client.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert Subscription.objects.count() == 1


def test_json_needs_the_site_s_own_page(till: Till) -> None:
    assert ask(Client(enforce_csrf_checks=True), price="pro_monthly_v1").status_code == 403


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [
        ("*/*", True),
        ("application/json", True),
        ("application/json, text/html", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        ("text/html, application/json", False),
    ],
)
def test_who_reads_json(till: Till, accept: str, is_json: bool) -> None:
    answer = Client().post("/pagos/till/create/", {"email": "x"}, headers={"accept": accept})
    assert answer["Content-Type"].startswith("application/json") == is_json
    assert answer.status_code == 400


def test_json_errors_name_the_field(till: Till) -> None:
    answer = ask(Client(), price="pro_monthly_v1", email="x")
    assert answer.status_code == 400
    assert answer.json()["success"] is False
    assert answer.json()["field"] == "email"
    assert ask(Client(), amount="10000").status_code == 400
    assert "field" not in ask(Client(), amount="10000").json()


def test_json_409_leads_to_what_the_payer_has(till: Till) -> None:
    client = Client()
    page = client.get("/pagos/").content.decode()
    form = fields(page)["form"]
    ask(client, price="pro_monthly_v1", form=form)
    come_back(client)
    answer = ask(client, price="pro_monthly_v1", form=form)
    assert answer.status_code == 409
    assert answer.json()["url"] == f"/pagos/resultado/{newest().public_id}/"


def test_json_503_leaks_nothing(till: Till) -> None:
    till.mood("unset")
    answer = ask(Client(), price="pro_monthly_v1")
    assert answer.status_code == 503
    assert "S3CR3T" not in answer.content.decode()
    assert "No se ha cobrado nada" in answer.json()["error"]


def test_json_unknown_gateway(till: Till) -> None:
    assert Client().post("/pagos/nobody/create/", {}, headers=JSON).status_code == 404


def test_a_silent_gateway_s_order_goes_on_from_the_hand_over(till: Till, browser_client: Client) -> None:
    order(browser_client)
    checkout = newest()
    Checkout.objects.update(status=CheckoutStatus.OPEN, next_step="again", url="")
    assert "Refresh" in browser_client.get(f"/pagos/continuar/{checkout.public_id}/")
    assert state_in(result(browser_client, checkout)) == "left"
    assert Subscription.objects.get().status == Status.PENDING
