"""Another plan: chosen, seen to the peso, confirmed; and a cancellation taken back."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from payment_subscriptions.models import Checkout, Subscription
from payment_subscriptions.views import previews
from tests.views.till import EMAIL, Till, come_back, fields, newest, order, result, state_in

pytestmark = pytest.mark.django_db(transaction=True)

YEARLY = {"price": "pro_yearly_v1"}


@pytest.fixture
def bought(till: Till, browser_client: Client) -> Checkout:
    order(browser_client)
    come_back(browser_client)
    return newest()


def address(checkout: Checkout, action: str = "cambiar") -> str:
    return f"/pagos/resultado/{checkout.public_id}/{action}/"


def preview(client: Client, checkout: Checkout, when: str = "now", price: str = "pro_yearly_v1") -> str:
    answer = client.get(address(checkout), {"price": price, "when": when})
    assert answer.status_code == 200
    return str(answer.content.decode())


def confirm(client: Client, checkout: Checkout, html: str, **changes: str) -> Any:
    return client.post(address(checkout), fields(html) | changes)


def press(client: Client, checkout: Checkout, action: str) -> Any:
    token = client.cookies["csrftoken"].value
    return client.post(address(checkout, action), {"csrfmiddlewaretoken": token})


def test_choose_see_confirm(till: Till, bought: Checkout, browser_client: Client) -> None:
    assert f'href="{address(bought)}"' in result(browser_client, bought)
    chosen = browser_client.get(address(bought)).content.decode()
    assert 'value="pro_yearly_v1"' in chosen
    assert 'value="pro_monthly_v1"' not in chosen
    assert 'value="basic_once_v1"' not in chosen
    assert "$100.000 al año" in chosen
    html = preview(browser_client, bought)
    assert "¿Cambiar a Pro?" in html
    assert "Cambiar y pagar $90.000" in html
    assert "Visa •••• 6623" in html
    assert Subscription.objects.get().price_key == "pro_monthly_v1"
    answer = confirm(browser_client, bought, html)
    assert (answer.status_code, answer["Location"]) == (303, f"/pagos/resultado/{bought.public_id}/")
    assert Subscription.objects.get().price_key == "pro_yearly_v1"
    html = result(browser_client, bought)
    assert state_in(html) == "ready"
    assert "$100.000 al año" in html


def test_what_is_cheaper_is_credited(till: Till, bought: Checkout, browser_client: Client) -> None:
    html = preview(browser_client, bought, price="basic_monthly_v1")
    assert "A tu favor" in html
    assert "$5.000, que se descuentan de tus próximos cobros" in html
    assert "Confirmar el cambio" in html


def test_at_the_end_of_the_period_and_undone(till: Till, bought: Checkout, browser_client: Client) -> None:
    html = preview(browser_client, bought, "period_end")
    assert "Hasta ese día puedes deshacer el cambio." in html
    confirm(browser_client, bought, html)
    html = result(browser_client, bought)
    assert re.search(r"Cambia a Pro \(\$100\.000 al año\) el \d+ de \w+ de \d{4}\.", html)
    assert "Cambiar de plan" not in html
    assert browser_client.get(address(bought)).status_code == 303
    assert "El cambio a Pro que estaba programado ya no se hace." in (
        browser_client.get(address(bought, "cancelar")).content.decode()
    )
    assert press(browser_client, bought, "cambiar/deshacer").status_code == 303
    assert Subscription.objects.get().next_price_key == ""
    assert "Cambio programado" not in result(browser_client, bought)
    assert press(browser_client, bought, "cambiar/deshacer").status_code == 303


def test_sent_twice_is_one_change(till: Till, bought: Checkout, browser_client: Client) -> None:
    html = preview(browser_client, bought)
    assert {confirm(browser_client, bought, html).status_code for _ in range(2)} == {303}
    assert Checkout.objects.filter(purpose="change").count() == 1


def test_what_costs_more_than_was_seen_is_shown_again(
    till: Till, bought: Checkout, browser_client: Client
) -> None:
    html = preview(browser_client, bought)
    till.mood("dearer")
    answer = confirm(browser_client, bought, html)
    fresh = answer.content.decode()
    assert answer.status_code == 409
    assert "El costo del cambio ya no es el que viste" in fresh
    assert "Cambiar y pagar $91.000" in fresh
    assert not Checkout.objects.filter(purpose="change").exists()
    assert confirm(browser_client, bought, fresh).status_code == 303
    assert Subscription.objects.get().price_key == "pro_yearly_v1"


def test_a_preview_of_a_while_ago_is_shown_again(
    till: Till, bought: Checkout, browser_client: Client
) -> None:
    html = preview(browser_client, bought)
    with mock.patch.object(previews, "MAX_AGE", -1):
        answer = confirm(browser_client, bought, html)
    assert answer.status_code == 409
    assert "abierta demasiado tiempo" in answer.content.decode()
    assert not Checkout.objects.filter(purpose="change").exists()
    assert confirm(browser_client, bought, answer.content.decode()).status_code == 303


def test_a_preview_that_was_tampered_with_changes_nothing(
    till: Till, bought: Checkout, browser_client: Client
) -> None:
    html = preview(browser_client, bought)
    sealed = fields(html)["preview"]
    other = signing.dumps({"subscription": "x"}, salt="another")
    for wrong in ("", "x", sealed[:-1] + ("a" if sealed[-1] != "a" else "b"), "e" + sealed, other):
        answer = confirm(browser_client, bought, html, preview=wrong)
        assert answer.status_code == 400
        assert "No se cambió ni se cobró nada." in answer.content.decode()
    assert not Checkout.objects.filter(purpose="change").exists()


def test_a_preview_is_good_for_its_own_subscription_only(
    till: Till, bought: Checkout, browser_client: Client
) -> None:
    html = preview(browser_client, bought)
    stranger = Client(enforce_csrf_checks=True, headers={"accept": "text/html"})
    order(stranger, email="otra@correo.cl")
    come_back(stranger)
    theirs = newest()
    own = fields(preview(stranger, theirs)) | {"preview": fields(html)["preview"]}
    assert stranger.post(address(theirs), own).status_code == 400
    assert not Checkout.objects.filter(purpose="change").exists()


def test_a_change_without_an_answer_is_told_and_then_the_truth(
    till: Till, bought: Checkout, browser_client: Client
) -> None:
    html = preview(browser_client, bought)
    till.mood("silent")
    assert confirm(browser_client, bought, html).status_code == 303
    page = browser_client.get(f"/pagos/resultado/{bought.public_id}/")
    assert state_in(page.content.decode()) == "doubt"
    assert "Todavía no sabemos si tu plan cambió" in page.content.decode()
    assert "Refresh" in page
    assert browser_client.get(address(bought)).status_code == 303
    till.mood("")
    Checkout.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    html = result(browser_client, bought)
    assert state_in(html) == "ready"
    assert "$100.000 al año" in html


def test_a_change_that_never_happened_says_so(till: Till, bought: Checkout, browser_client: Client) -> None:
    html = preview(browser_client, bought)
    till.mood("silent:lost")
    confirm(browser_client, bought, html)
    Checkout.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    html = result(browser_client, bought)
    assert state_in(html) == "ready"
    assert "Tu plan no cambió, y no se cobró nada por el cambio." in html
    assert "$10.000 al mes" in html
    Checkout.objects.filter(purpose="change").update(updated_at=timezone.now() - timedelta(days=2))
    assert "Tu plan no cambió" not in result(browser_client, bought)


def test_the_address_of_a_change_is_the_order_s_page(
    till: Till, bought: Checkout, browser_client: Client
) -> None:
    confirm(browser_client, bought, preview(browser_client, bought))
    assert newest().purpose == "change"
    assert state_in(result(browser_client, newest())) == "ready"


def test_a_silent_or_refusing_provider_changes_nothing(
    till: Till, bought: Checkout, browser_client: Client
) -> None:
    till.mood("quiet")
    assert browser_client.get(address(bought), YEARLY).status_code == 503
    till.mood("refuse")
    answer = browser_client.get(address(bought), YEARLY)
    assert answer.status_code == 409
    assert "No se cambió ni se cobró nada." in answer.content.decode()
    assert not Checkout.objects.filter(purpose="change").exists()


@pytest.mark.parametrize("price", ["nothing", "basic_once_v1", "world_monthly_v1", "pro_monthly_v1"])
def test_a_price_that_it_cannot_change_to_is_a_400(
    till: Till, bought: Checkout, browser_client: Client, price: str
) -> None:
    assert browser_client.get(address(bought), {"price": price}).status_code == 400


def test_what_is_not_active_cannot_be_changed(till: Till, browser_client: Client) -> None:
    order(browser_client)
    assert browser_client.get(address(newest())).status_code == 303
    assert not Checkout.objects.filter(purpose="change").exists()


def test_a_cancellation_is_taken_back(till: Till, bought: Checkout, browser_client: Client) -> None:
    assert press(browser_client, bought, "seguir").status_code == 303  # nothing to take back
    press(browser_client, bought, "cancelar")
    html = result(browser_client, bought)
    assert state_in(html) == "ending"
    assert "Seguir con mi plan" in html
    assert browser_client.get(address(bought, "seguir")).status_code == 303
    assert Subscription.objects.get().cancel_at_period_end
    assert press(browser_client, bought, "seguir").status_code == 303
    html = result(browser_client, bought)
    assert state_in(html) == "ready"
    assert "El próximo cobro es de $10.000, el" in html


def test_a_resumption_without_an_answer_is_told(till: Till, bought: Checkout, browser_client: Client) -> None:
    press(browser_client, bought, "cancelar")
    result(browser_client, bought)
    till.mood("silent")
    press(browser_client, bought, "seguir")
    html = result(browser_client, bought)
    assert state_in(html) == "doubt"
    assert "Todavía no sabemos si tu suscripción sigue" in html
    till.mood("silent:lost")
    Checkout.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    html = result(browser_client, bought)
    assert state_in(html) == "ending"
    assert "no se pudo retomar" in html


def test_forms_are_protected_and_addresses_unguessable(
    till: Till, bought: Checkout, browser_client: Client
) -> None:
    nobody = Checkout(public_id="00000000-0000-4000-8000-000000000007")
    for action in ("cambiar", "cambiar/deshacer", "seguir"):
        assert browser_client.post(address(bought, action)).status_code == 403
        assert browser_client.get(address(nobody, action)).status_code == 404
    for action in ("cambiar/deshacer", "seguir"):
        assert browser_client.put(address(bought, action)).status_code in (403, 405)
    assert not Checkout.objects.exclude(purpose="open").exists()


def test_english(till: Till) -> None:
    client = Client(headers={"accept": "text/html", "accept-language": "en"})
    order(client, email=EMAIL)
    come_back(client)
    html = preview(client, newest(), "period_end")
    assert "Until that day you can undo the change." in html
    assert "CLP 100,000 a year" in html
