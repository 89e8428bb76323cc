# ruff: noqa: F811 - fixtures are named as what they give
"""What the pages say of real bills: Flow's links and e-mailed orders, in pesos and in UF; changes of plan."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import translation

from payment_subscriptions.exceptions import NotPossible
from payment_subscriptions.lifecycle import Status
from payment_subscriptions.models import Checkout, Subscription
from payment_subscriptions.portal_links import portal_link
from payment_subscriptions.verbs import sync
from tests.flow.conftest import flow, running_flow, shop  # noqa: F401
from tests.shop import Shop, charged, token_in
from tests.views.till import fields, result, state_in

pytestmark = pytest.mark.django_db(transaction=True)

HTML = {"accept": "text/html"}


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=True, headers=HTML)


def opening() -> Checkout:
    return Checkout.objects.filter(purpose="open").latest("pk")


def press(client: Client, checkout: Checkout, action: str, **data: str) -> Any:
    if "csrftoken" not in client.cookies:
        client.get(f"/pagos/resultado/{checkout.public_id}/cancelar/")
    token = client.cookies["csrftoken"].value
    path = f"/pagos/resultado/{checkout.public_id}/{action}/"
    return client.post(path, {"csrfmiddlewaretoken": token} | data)


def paid_order(shop: Shop, price: str = "pro_monthly_v1") -> Checkout:
    shop.configure(STRATEGIES=("order",))
    checkout = shop.begin(price)
    shop.flow.pay(token_in(checkout.url))
    shop.come_back(checkout)
    return checkout


def test_an_order_that_is_renewed_by_e_mail(shop: Shop, client: Client) -> None:
    checkout = paid_order(shop)
    html = result(client, checkout)
    assert state_in(html) == "ready"
    assert "El próximo pago es de $10.000, el 13 de febrero de 2026." in html
    assert "te llega por correo 5 días antes" in html
    shop.move(days=27)
    shop.sweep()
    html = result(client, checkout)
    assert state_in(html) == "ready"
    assert "Ya está la cuenta de tu próximo período, $10.000" in html
    assert "Pagar $10.000 en Flow" in html
    bill = Checkout.objects.filter(purpose="renew").get()
    assert (
        "puedes ignorarla" in client.get(f"/pagos/resultado/{checkout.public_id}/cancelar/").content.decode()
    )
    shop.flow.pay(bill.data["tokens"][-1])
    back = client.get("/pagos/success/", {"checkout": str(bill.public_id)})
    html = client.get(back["Location"]).content.decode()
    assert state_in(html) == "ready"
    assert "13 de marzo de 2026" in html
    assert charged(shop.flow) == 20000


def test_an_unpaid_bill_of_one_who_leaves_can_be_ignored(shop: Shop, client: Client) -> None:
    checkout = paid_order(shop)
    shop.move(days=27)
    shop.sweep()
    press(client, checkout, "cancelar")
    html = result(client, checkout)
    assert state_in(html) == "ending"
    assert "puedes ignorarla" in html
    press(client, checkout, "seguir")
    html = result(client, checkout)
    assert state_in(html) == "ready"
    assert "Pagar $10.000 en Flow" in html


@pytest.mark.parametrize(("price", "words"), [("book_once_v1", "Para siempre"), ("pass_once_v1", "Hasta el")])
def test_a_one_time_plan(shop: Shop, client: Client, price: str, words: str) -> None:
    html = result(client, paid_order(shop, price))
    assert state_in(html) == "ready"
    assert words in html
    assert "9999" not in html
    assert "Próximo" not in html
    assert Subscription.objects.get().status == Status.PAID


def test_uf(shop: Shop, client: Client) -> None:
    shop.subscribe("uf_monthly_v1")
    html = result(client, opening())
    assert "UF 1,5 al mes" in html
    assert "$61.512" in html
    assert "$41.008,10" in html


def test_another_plan_at_flow(shop: Shop, client: Client) -> None:
    shop.subscribe("basic_monthly_v1")
    checkout = opening()
    address = f"/pagos/resultado/{checkout.public_id}/cambiar/"
    html = client.get(address, {"price": "pro_monthly_v1", "when": "now"}).content.decode()
    assert "Cambiar y pagar $5.000" in html
    assert client.post(address, fields(html)).status_code == 303
    assert "$10.000 al mes" in result(client, checkout)
    assert charged(shop.flow) == 10000


def test_another_plan_that_costs_more_on_the_next_day_is_not_charged_unseen(
    shop: Shop, client: Client
) -> None:
    shop.subscribe("basic_monthly_v1")
    address = f"/pagos/resultado/{opening().public_id}/cambiar/"
    html = client.get(address, {"price": "pro_monthly_v1", "when": "now"}).content.decode()
    shop.move(days=3)
    answer = client.post(address, fields(html))
    assert answer.status_code == 409
    assert charged(shop.flow) == 5000


def test_at_the_period_s_end_and_undone_at_flow(shop: Shop, client: Client) -> None:
    shop.subscribe("basic_monthly_v1")
    checkout = opening()
    address = f"/pagos/resultado/{checkout.public_id}/cambiar/"
    html = client.get(address, {"price": "pro_monthly_v1"}).content.decode()
    client.post(address, fields(html))
    shown = result(client, checkout)
    assert "Cambia a Pro ($10.000 al mes) el 12 de febrero de 2026." in shown
    assert "por el cambio de plan" not in shown  # one day's $161 are less than Flow takes
    assert press(client, checkout, "cambiar/deshacer").status_code == 303
    assert "Cambia a Pro" not in result(client, checkout)
    assert sync(Subscription.objects.get()).next_price_key == ""


def test_the_next_charge_is_told_less_the_credit(shop: Shop, client: Client) -> None:
    shop.subscribe()
    checkout = opening()
    shop.move(days=10)
    address = f"/pagos/resultado/{checkout.public_id}/cambiar/"
    html = client.get(address, {"price": "basic_monthly_v1", "when": "now"}).content.decode()
    client.post(address, fields(html))
    credit = Subscription.objects.get().credit
    assert 0 < credit < 5000
    next_charge = f"${5000 - int(credit):,}".replace(",", ".")
    assert f"El próximo cobro es de {next_charge}, el 13 de febrero de 2026." in result(client, checkout)
    shop.move(months=1)
    assert charged(shop.flow) == 10000 + 5000 - int(credit)


def test_a_change_of_an_order_is_scheduled(shop: Shop, client: Client) -> None:
    checkout = paid_order(shop, "basic_monthly_v1")
    address = f"/pagos/resultado/{checkout.public_id}/cambiar/"
    assert "¿Desde cuándo?" not in client.get(address).content.decode()
    html = client.get(address, {"price": "pro_monthly_v1", "when": "now"}).content.decode()
    client.post(address, fields(html))
    html = result(client, checkout)
    assert "Cambia a Pro ($10.000 al mes) el 13 de febrero de 2026." in html
    assert "El próximo pago es de $10.000, el 13 de febrero de 2026." in html


def test_cancelled_and_taken_up_again_at_flow(shop: Shop, client: Client) -> None:
    shop.subscribe()
    checkout = opening()
    press(client, checkout, "cancelar")
    assert state_in(result(client, checkout)) == "ending"
    press(client, checkout, "seguir")
    html = result(client, checkout)
    assert state_in(html) == "ready"
    assert "El próximo cobro es de $10.000, el 13 de febrero de 2026." in html
    assert charged(shop.flow) == 10000


def test_taken_up_again_the_page_says_from_when_the_plan_can_be_changed(shop: Shop, client: Client) -> None:
    subscription = shop.subscribe()
    page = client.get(urlsplit(portal_link(subscription)).path, follow=True).redirect_chain[-1][0]
    press(client, opening(), "cancelar")
    assert "cambiar de plan" not in client.get(page).content.decode().lower()
    press(client, opening(), "seguir")
    assert "Puedes cambiar de plan desde el 13 de febrero de 2026." in client.get(page).content.decode()
    subscription.refresh_from_db()
    with pytest.raises(NotPossible, match="once its next period has begun"), translation.override("en"):
        subscription.preview_change("basic_monthly_v1")
    shop.move(months=1)
    shop.sweep()
    html = client.get(page).content.decode()
    assert "Puedes cambiar de plan desde" not in html
    assert ">Cambiar de plan</a>" in html


def test_a_coupon_of_flow(shop: Shop, client: Client) -> None:
    shop.configure(COUPONS={"VERANO": 1})
    html = client.get("/pagos/", {"price": "pro_monthly_v1"}).content.decode()
    assert "Tengo un cupón" in html
    data = fields(html) | {"email": "ana@correo.cl", "coupon": "INVIERNO"}
    answer = client.post("/pagos/flow/create/", data)
    assert answer.status_code == 400
    assert "Ese cupón no sirve para este plan." in answer.content.decode()


def test_what_was_given_back_gives_no_access_and_the_page_says_so(shop: Shop, client: Client) -> None:
    subscription = shop.subscribe()
    checkout = opening()
    assert "Por ahora no tienes acceso" not in result(client, checkout)
    subscription.payments.get().refund()
    html = result(client, checkout)
    assert "Por ahora no tienes acceso" in html
    assert "Te devolvimos $10.000 el 13 de enero de 2026." in html


def test_a_change_that_is_paid_by_link_leaves_a_bill_and_blames_nobody(shop: Shop, client: Client) -> None:
    shop.configure(STRATEGIES=("link",))
    checkout = shop.begin("basic_monthly_v1")
    shop.flow.pay(token_in(checkout.url))
    shop.go_on(checkout)
    address = f"/pagos/resultado/{checkout.public_id}/cambiar/"
    html = client.get(address, {"price": "pro_monthly_v1", "when": "now"}).content.decode()
    assert "Por pagar hoy" in html
    client.post(address, fields(html))
    html = result(client, checkout)
    assert state_in(html) == "ready"
    assert "Pagar $5.000 en Flow" in html
    assert "no fue aceptado" not in html
