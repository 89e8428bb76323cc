"""Paid otherwise than by a card that is charged: a link, a one-time plan, UF; coupons, money given back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from payment_subscriptions.lifecycle import FOR_GOOD, PaymentStatus, RefundStatus, Status
from payment_subscriptions.models import Checkout, Payment, Refund, Subscription
from tests.views.till import Till, come_back, newest, order, result, state_in, till_settings

pytestmark = pytest.mark.django_db(transaction=True)

COUPONS = till_settings(
    GATEWAYS={
        "till": {"BACKEND": "tests.views.till.TillGateway", "COUPONS": ["VERANO"]},
        "world": {"BACKEND": "tests.views.till.WorldGateway"},
    }
)


def test_a_link_is_waited_for(till: Till, browser_client: Client) -> None:
    till.mood("pay")
    answer = browser_client.get(order(browser_client)["Location"])
    assert (answer.status_code, answer["Location"]) == (303, f"/pagos/resultado/{newest().public_id}/")
    page = browser_client.get(answer["Location"])
    html = page.content.decode()
    assert state_in(html) == "paying"
    assert page["Refresh"] == "3"
    assert "Paga en la otra pestaña; aquí te avisamos." in html
    assert f'href="{newest().url}" target="_blank" rel="noopener noreferrer"' in html
    assert "también te envió el enlace por correo. Se puede pagar hasta el" in html
    assert "no se cobró nada" not in html
    Checkout.objects.update(created_at=newest().created_at - timedelta(minutes=10))
    assert browser_client.get(answer["Location"])["Refresh"] == "30"
    till.mood("paid")
    assert state_in(result(browser_client, newest())) == "paying"  # asked a moment ago: not at every turn
    Checkout.objects.update(updated_at=newest().updated_at - timedelta(seconds=20))
    assert state_in(result(browser_client, newest())) == "ready"


def test_a_try_at_the_link_that_was_refused_is_told(till: Till, browser_client: Client) -> None:
    till.mood("pay:blocked")
    order(browser_client)
    html = result(browser_client, newest())
    assert state_in(html) == "paying"
    assert "Tu tarjeta está bloqueada. En ese intento no se cobró nada" in html
    assert "Intentar otra vez en Caja" in html


def test_a_bill_that_is_owed_from_the_start_is_to_be_paid(till: Till, browser_client: Client) -> None:
    till.mood("pay")
    order(browser_client)
    Subscription.objects.update(status=Status.PAST_DUE)
    assert state_in(result(browser_client, newest())) == "paying"


def paid_once(client: Client) -> Checkout:
    order(client, "basic_once_v1")
    come_back(client)
    Subscription.objects.update(status=Status.PAID, next_charge_at=None)
    return newest()


def test_a_one_time_plan(till: Till, browser_client: Client) -> None:
    checkout = paid_once(browser_client)
    Subscription.objects.update(access_until=timezone.now() + timedelta(days=30))
    html = result(browser_client, checkout)
    assert state_in(html) == "ready"
    assert "Recibimos $60.000 el" in html
    assert "Hasta el" in html
    assert "Próximo cobro" not in html
    Subscription.objects.update(access_until=FOR_GOOD, paid_through=FOR_GOOD)
    html = result(browser_client, checkout)
    assert "Para siempre" in html
    assert "9999" not in html
    assert "9998" not in html
    Subscription.objects.update(access_until=timezone.now() - timedelta(days=1))
    assert "Terminó el" in result(browser_client, checkout)


def test_plans_say_what_kind_they_are(till: Till, browser_client: Client) -> None:
    html = browser_client.get("/pagos/", {"price": "basic_once_v1"}).content.decode()
    assert "pago único" in html
    assert "Acceso: 30 días" in html
    assert "7 días gratis, después $20.000 al mes" in html
    assert "Tengo un cupón" not in html


def test_money_in_pesos_for_a_bill_in_uf(till: Till, browser_client: Client) -> None:
    order(browser_client)
    come_back(browser_client)
    Subscription.objects.update(amount="1.5", currency="CLF")
    Payment.objects.update(
        amount="1.5", currency="CLF", settled_amount=61512, settled_currency="CLP", rate="41008.10"
    )
    html = result(browser_client, newest())
    assert "UF 1,5" in html
    assert "$61.512 (UF a $41.008,10)" in html
    assert "Pagado con $61.512, con la UF a $41.008,10." in html


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (RefundStatus.REQUESTED, "Te estamos devolviendo $4.000."),
        (RefundStatus.IN_DOUBT, "Pedimos devolverte $4.000; estamos averiguando si se hizo."),
        (RefundStatus.OFFERED, "Te devolvemos $4.000: acéptalo en el correo que te llegó."),
        (RefundStatus.ACCEPTED, "Aceptaste la devolución de $4.000: va en camino."),
        (RefundStatus.REFUNDED, "Te devolvimos $4.000 el"),
        (RefundStatus.REJECTED, "No aceptaste la devolución de $4.000."),
        (RefundStatus.CANCELLED, ""),
        (RefundStatus.REFUSED, ""),
    ],
)
def test_money_on_its_way_back(till: Till, browser_client: Client, status: str, words: str) -> None:
    order(browser_client)
    come_back(browser_client)
    payment = Payment.objects.get()
    Refund.objects.create(
        payment=payment, provider="till", mode="sandbox", amount=4000, currency="CLP", status=status
    )
    html = result(browser_client, newest())
    assert words in html
    assert ("$4.000" in html) == bool(words)
    Payment.objects.update(status=PaymentStatus.PARTIALLY_REFUNDED)
    assert "Devuelto en parte" in result(browser_client, newest())


def test_a_coupon_is_asked_for_where_there_are_some(till: Till, browser_client: Client) -> None:
    with override_settings(PAYMENT_SUBSCRIPTIONS=COUPONS):
        assert "Tengo un cupón" in browser_client.get("/pagos/", {"price": "pro_monthly_v1"}).content.decode()
        answer = order(browser_client, coupon="INVIERNO")
        html = answer.content.decode()
        assert answer.status_code == 400
        assert 'value="INVIERNO"' in html
        assert "Ese cupón no existe." in html
        assert 'aria-describedby="subscribe-coupon-error subscribe-coupon-hint"' in html
        assert "<details" in html
        assert not Checkout.objects.exists()
        assert order(browser_client, coupon="VERANO").status_code == 303
        assert Subscription.objects.get().coupon == "VERANO"
        come_back(browser_client)
        html = result(browser_client, newest())
    assert "Ese monto es sin el descuento de tu cupón." in html


def test_a_coupon_where_there_are_none_is_told(till: Till, browser_client: Client) -> None:
    answer = order(browser_client, coupon="VERANO")
    assert answer.status_code == 400
    assert "Ese cupón no existe." in answer.content.decode()


def test_an_order_by_link_that_is_given_up_is_ended_at_once(till: Till, browser_client: Client) -> None:
    till.mood("pay")
    order(browser_client)
    html = browser_client.get(f"/pagos/resultado/{newest().public_id}/cancelar/").content.decode()
    assert "¿Dejar este pedido?" in html
    token: Any = browser_client.cookies["csrftoken"].value
    browser_client.post(f"/pagos/resultado/{newest().public_id}/cancelar/", {"csrfmiddlewaretoken": token})
    assert state_in(result(browser_client, newest())) == "given_up"
