"""The mails of a life at Flow: one that is charged by card, one that is billed, one that leaves."""

from __future__ import annotations

import pytest
from django.utils import translation

from payment_subscriptions.lifecycle import Status
from payment_subscriptions.models import Subscription
from payment_subscriptions.portal_links import portal_link
from tests.flow.buyers import again, pass_days
from tests.shop import EMAIL, Shop, token_in

from .postbox import box, html_of, kinds, subjects, taken, told, undone

pytestmark = pytest.mark.slow


def test_subscribed_and_the_receipt_of_each_charge(shop: Shop) -> None:
    shop.subscribe()
    assert sorted(taken()) == [
        "[prueba] Comprobante de $10.000, 13 de enero de 2026: Pro",
        "[prueba] Pro: tu suscripción está activa desde el 13 de enero de 2026, $10.000 al mes",
    ]
    pass_days(shop, 33)
    assert taken() == ["[prueba] Comprobante de $10.000, 13 de febrero de 2026: Pro"]
    assert undone() == 0


def test_a_mail_says_who_sends_it_whom_to_ask_and_leads_to_the_payers_page(shop: Shop) -> None:
    row = shop.subscribe()
    (receipt, subscribed) = box()
    page = portal_link(row)
    for message in (receipt, subscribed):
        assert message.to == [EMAIL]
        assert message.from_email == "Bosque <hola@bosque.cl>"
        assert message.reply_to == ["ayuda@bosque.cl"]
        assert message.extra_headers["Auto-Submitted"] == "auto-generated"
        for body in (message.body, html_of(message)):
            assert page.rpartition(":")[0].rpartition(":")[0] in body, "but for the moment of its signature"
            assert "ayuda@bosque.cl" in body
            assert "Modo de prueba" in body
    for fact in ("Visa •••• 6623", "13 de enero de 2026 a 12 de febrero de 2026", "$10.000 el 13 de febrero"):
        assert fact in receipt.body
        assert fact in html_of(receipt)


def test_in_english_where_they_subscribed_in_english(shop: Shop) -> None:
    with translation.override("en"):
        shop.subscribe()
    assert sorted(subjects()) == [
        "[test] Pro: your subscription runs since January 13, 2026, CLP 10,000 a month",
        "[test] Receipt of CLP 10,000, January 13, 2026: Pro",
    ]
    assert "Need help?" in box()[0].body
    assert '<html lang="en">' in html_of(box()[0])


def test_a_declined_charge_says_why_and_when_it_is_tried_again(shop: Shop) -> None:
    row = shop.subscribe()
    taken()
    shop.flow.decline_next(-8, times=1)
    pass_days(shop, 31)
    (failed,) = box()
    attempt = again(row).owed[0].next_attempt_at
    assert attempt is not None
    assert failed.subject == "[prueba] No pudimos cobrar $10.000 el 13 de febrero de 2026: Pro"
    assert "Tu tarjeta está vencida" in failed.body
    assert "Se volverá a intentar el " in failed.body
    assert "Pagar o cambiar la tarjeta" in failed.body
    taken()
    pass_days(shop, 2)
    assert taken() == ["[prueba] Comprobante de $10.000, 14 de febrero de 2026: Pro"], "it was tried again"
    assert again(row).status == Status.ACTIVE


def test_a_first_charge_that_is_declined_and_then_paid_is_told_in_that_order(shop: Shop) -> None:
    shop.flow.decline_next()
    row = shop.subscribe()
    assert row.status == Status.PAST_DUE
    assert kinds() == ["charge_failed"]
    taken()
    shop.flow.pay_invoice(next(iter(shop.flow.invoices)))
    assert sorted(kinds()) == ["receipt", "subscribed"]


def test_a_bill_is_not_mailed_again_by_us(shop: Shop) -> None:
    """Flow has sent it, and the payer stands before its page when the bank says no."""
    shop.configure(STRATEGIES=("order",))
    checkout = shop.begin()
    shop.flow.pay(token_in(checkout.url))
    shop.come_back(checkout)
    assert sorted(kinds()) == ["receipt", "subscribed"]
    assert any("Por cada período recibes una cuenta por correo" in message.body for message in box())
    assert all("Visa" not in message.body for message in box())
    taken()
    pass_days(shop, 27)
    assert told("subscription.renewal_ordered") == 1
    assert len(shop.flow.outbox.of("payment")) == 1
    assert taken() == []


def test_leaving_says_until_when_it_works_and_then_that_it_ended(shop: Shop) -> None:
    row = shop.subscribe()
    taken()
    row.cancel()
    (scheduled,) = box()
    assert scheduled.subject == (
        "[prueba] Pro, cancelada: funciona hasta el 13 de febrero de 2026 y no se vuelven a cobrar $10.000"
    ) or scheduled.subject == (
        "[prueba] Pro, cancelada: funciona hasta el 12 de febrero de 2026 y no se vuelven a cobrar $10.000"
    )
    assert "puedes retomarla hasta entonces" in scheduled.body
    taken()
    pass_days(shop, 32)
    (ended,) = taken()
    assert ended.startswith("[prueba] Pro terminó el 1")
    assert Subscription.objects.get().status == Status.CANCELLED


def test_cancelled_at_once_is_one_mail_and_leads_to_the_plans(shop: Shop) -> None:
    row = shop.subscribe()
    taken()
    row.cancel(at_period_end=False)
    assert kinds() == ["cancelled"]
    assert "/pagos/\n" in box()[0].body
    assert "No se te cobrará nada más" in box()[0].body


def test_what_was_never_paid_is_not_called_cancelled(shop: Shop) -> None:
    shop.configure(STRATEGIES=("link",))
    checkout = shop.begin()
    checkout.subscription.cancel(at_period_end=False)
    pass_days(shop, 3)
    assert subjects() == []


def test_bought_once_has_a_receipt_that_says_for_how_long(shop: Shop) -> None:
    for price, words in (
        ("book_once_v1", "Acceso hasta el: para siempre"),
        ("pass_once_v1", "Acceso hasta el: "),
    ):
        checkout = shop.begin(price, nonce=price)
        shop.flow.pay(token_in(checkout.url))
        shop.come_back(checkout)
        assert kinds() == ["receipt"]
        assert words in box()[0].body
        taken()


def test_a_receipt_in_uf_says_the_pesos_that_were_paid(shop: Shop) -> None:
    shop.subscribe("uf_monthly_v1")
    receipt = next(message for message in box() if "Comprobante" in str(message.subject))
    payment = Subscription.objects.get().payments.get()
    assert payment.paid_money.currency.code == "CLP"
    assert "UF 1,5, a $" in receipt.body
    assert "Comprobante de $" in str(receipt.subject)
