"""Coming back, and what the pages then say and do."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import django
import pytest
from django.test import Client, override_settings

from payment_subscriptions import verbs, views
from payment_subscriptions.lifecycle import Status
from payment_subscriptions.models import Checkout, Subscription
from tests.views.till import Till, come_back, newest, order, result, state_in, till_settings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bought(till: Till, browser_client: Client) -> Checkout:
    order(browser_client)
    come_back(browser_client)
    return newest()


def post(client: Client, checkout: Checkout, action: str) -> Any:
    """Press a button of the result page."""
    page = client.get(f"/pagos/resultado/{checkout.public_id}/")
    token = client.cookies["csrftoken"].value if "csrftoken" in client.cookies else ""
    assert page.status_code == 200
    return client.post(f"/pagos/resultado/{checkout.public_id}/{action}/", {"csrfmiddlewaretoken": token})


def test_a_cross_site_post_without_cookies_comes_back(till: Till, browser_client: Client) -> None:
    order(browser_client)
    checkout = newest()
    stranger = Client(enforce_csrf_checks=True, headers={"accept": "text/html"})
    answer = stranger.post("/pagos/success/", {"token": checkout.order})
    assert (answer.status_code, answer["Location"]) == (303, f"/pagos/resultado/{checkout.public_id}/")
    assert state_in(result(stranger, checkout)) == "ready"


def test_by_get_with_the_token(till: Till, browser_client: Client) -> None:
    order(browser_client)
    answer = browser_client.get("/pagos/success/", {"token": newest().order})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "query", ["", "token=", "token=nobody", "checkout=x", "token=%00%ff", f"checkout={uuid.UUID(int=7)}"]
)
def test_nobody_s_token_gets_a_friendly_page(till: Till, browser_client: Client, query: str) -> None:
    answer = browser_client.get(f"/pagos/success/?{query}")
    html = answer.content.decode()
    assert answer.status_code == 404
    assert "no pagues de nuevo" in html
    assert "ayuda@tienda.cl" in html
    assert "Este paso no cobró nada" in html


def test_who_comes_back_is_believed_in_nothing_else(till: Till, browser_client: Client) -> None:
    order(browser_client)
    till.mood("wait")
    browser_client.post(f"/pagos/success/?checkout={newest().public_id}", {"status": "2", "paid": "yes"})
    assert Subscription.objects.get().status == Status.PENDING
    assert state_in(result(browser_client, newest())) == "confirming"


def test_trouble_on_return_is_told_by_the_page_that_follows(till: Till, browser_client: Client) -> None:
    order(browser_client)
    for mood in ("silent", "unset"):
        till.mood(mood)
        assert state_in(come_back(browser_client)) in {"doubt", "confirming"}


def test_waiting_pages_ask_again_by_themselves(till: Till, browser_client: Client) -> None:
    order(browser_client)
    till.mood("wait")
    come_back(browser_client)
    page = browser_client.get(f"/pagos/resultado/{newest().public_id}/")
    assert page["Refresh"] == "3"
    Checkout.objects.update(returned_at=newest().created_at - timedelta(hours=1))
    assert browser_client.get(f"/pagos/resultado/{newest().public_id}/")["Refresh"] == "30"
    till.mood("")
    page = browser_client.get(f"/pagos/resultado/{newest().public_id}/")
    assert state_in(page.content.decode()) == "ready"
    assert "Refresh" not in page


def test_a_finished_order_that_was_not_read_yet_is_asked_about(
    till: Till, bought: Checkout, browser_client: Client
) -> None:
    Subscription.objects.update(
        status=Status.PENDING, payment_date=None, paid_through=None, next_sync_at=bought.created_at
    )
    assert state_in(result(browser_client, bought)) == "ready"


def test_personal_pages_are_kept_nowhere(till: Till, bought: Checkout, browser_client: Client) -> None:
    for address in (
        f"resultado/{bought.public_id}/",
        f"resultado/{bought.public_id}/cancelar/",
        "",
        "success/?token=x",
    ):
        page = browser_client.get(f"/pagos/{address}")
        assert "no-store" in page["Cache-Control"]
        assert page["Referrer-Policy"] == "same-origin"
        assert "noindex" in page["X-Robots-Tag"]


@pytest.mark.skipif(django.VERSION < (5, 1), reason="LoginRequiredMiddleware came with Django 5.1")
def test_the_pages_need_no_login(till: Till, settings: Any, browser_client: Client) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
    order(browser_client)
    assert state_in(come_back(browser_client)) == "ready"
    assert browser_client.get(f"/pagos/resultado/{newest().public_id}/cancelar/").status_code == 200


def test_no_page_runs_in_a_transaction() -> None:
    """Not even under ATOMIC_REQUESTS: the gateway is asked while nothing is locked."""
    for name in views.__all__:
        assert getattr(views, name)._non_atomic_requests == {"default"}


def test_turned_down_and_tried_again_on_the_same_subscription(till: Till, browser_client: Client) -> None:
    order(browser_client)
    till.mood("retry:blocked")
    html = come_back(browser_client)
    assert state_in(html) == "rejected"
    assert "Tu tarjeta está bloqueada." in html
    assert "No se ha cobrado nada." in html
    till.mood("")
    answer = post(browser_client, newest(), "intentar")
    assert (answer.status_code, answer["Location"]) == (303, f"/pagos/continuar/{newest().public_id}/")
    assert "Refresh" in browser_client.get(answer["Location"])
    assert state_in(come_back(browser_client)) == "ready"
    assert Subscription.objects.count() == 1


def test_an_earlier_attempt_s_address_shows_the_newest(till: Till, browser_client: Client) -> None:
    till.mood("refuse:who-knows")
    order(browser_client)
    first = newest()
    till.mood("")
    assert state_in(result(browser_client, first)) == "rejected"
    post(browser_client, first, "intentar")
    assert newest().pk != first.pk
    come_back(browser_client)
    assert state_in(result(browser_client, first)) == "ready"


def test_a_first_charge_that_was_declined_is_paid_with_another_card(
    till: Till, browser_client: Client
) -> None:
    order(browser_client)
    till.mood("declined:blocked")
    html = come_back(browser_client)
    assert state_in(html) == "rejected"
    assert "Tu tarjeta está bloqueada." in html
    assert "No se ha cobrado nada." in html
    assert "Pagar con otra tarjeta" in html
    opened = newest()
    answer = post(browser_client, opened, "tarjeta")
    assert answer.status_code == 303
    assert newest().purpose == "card"
    assert newest().subscription == opened.subscription
    till.mood("")
    assert state_in(come_back(browser_client)) == "ready"
    assert state_in(result(browser_client, opened)) == "ready"


def test_what_is_owed_is_said(till: Till, bought: Checkout, browser_client: Client) -> None:
    till.mood("declined:blocked")
    verbs.sync(bought.subscription)
    html = result(browser_client, bought)
    assert state_in(html) == "owing"
    assert "$10.000, desde el" in html
    assert "No se ha cobrado nada" not in html


def test_cancelled_it_works_until_what_is_paid_runs_out(
    till: Till, bought: Checkout, browser_client: Client
) -> None:
    page = browser_client.get(f"/pagos/resultado/{bought.public_id}/cancelar/").content.decode()
    assert "Sigue funcionando hasta el" in page
    assert Subscription.objects.get().status == Status.ACTIVE
    assert not Subscription.objects.get().cancel_at_period_end
    assert post(browser_client, bought, "cancelar").status_code == 303
    html = result(browser_client, bought)
    assert state_in(html) == "ending"
    assert "Cancelar la suscripción" not in html
    assert browser_client.get(f"/pagos/resultado/{bought.public_id}/cancelar/").status_code == 303


def test_who_owes_leaves_at_once(till: Till, browser_client: Client) -> None:
    order(browser_client)
    till.mood("declined:blocked")
    come_back(browser_client)
    page = browser_client.get(f"/pagos/resultado/{newest().public_id}/cancelar/").content.decode()
    assert "Termina de inmediato" in page
    till.mood("")
    post(browser_client, newest(), "cancelar")
    assert Subscription.objects.get().status == Status.CANCELLED


def test_an_order_can_be_given_up(till: Till, browser_client: Client) -> None:
    order(browser_client)
    checkout = newest()
    assert "Dejar este pedido" in result(browser_client, checkout)
    assert post(browser_client, checkout, "cancelar").status_code == 303
    html = result(browser_client, checkout)
    assert state_in(html) == "given_up"
    assert "No se cobró nada" in html


def test_what_cannot_be_done_is_explained(till: Till, bought: Checkout, browser_client: Client) -> None:
    Subscription.objects.update(status=Status.PAUSED)
    answer = post(browser_client, bought, "tarjeta")
    assert answer.status_code == 409
    assert "no se puede cambiar" in answer.content.decode()
    assert f'href="/pagos/resultado/{bought.public_id}/"' in answer.content.decode()


def test_forms_of_the_result_page_are_protected(till: Till, bought: Checkout, browser_client: Client) -> None:
    for action in ("intentar", "tarjeta", "cancelar"):
        answer = browser_client.post(f"/pagos/resultado/{bought.public_id}/{action}/")
        assert answer.status_code == 403


def test_an_unknown_order_is_a_404(till: Till, browser_client: Client) -> None:
    for address in ("resultado/{}/", "continuar/{}/", "resultado/{}/cancelar/"):
        assert browser_client.get("/pagos/" + address.format(uuid.uuid4())).status_code == 404


def test_the_hand_over_of_what_is_done_is_the_result(
    till: Till, bought: Checkout, browser_client: Client
) -> None:
    answer = browser_client.get(f"/pagos/continuar/{bought.public_id}/")
    assert (answer.status_code, answer["Location"]) == (303, f"/pagos/resultado/{bought.public_id}/")


def test_demonstrations_say_so(till: Till, browser_client: Client) -> None:
    order(browser_client)
    with override_settings(PAYMENT_SUBSCRIPTIONS=till_settings()):
        Checkout.objects.update(mode="demo", next_step="wait")
        Subscription.objects.update(mode="demo")
        page = browser_client.get(f"/pagos/resultado/{newest().public_id}/")
    html = page.content.decode()
    assert state_in(html) == "demo"
    assert "aquí no se cobra nada" in html
    assert "Refresh" not in page


def test_a_plan_that_the_catalogue_has_lost_is_still_shown(
    till: Till, bought: Checkout, browser_client: Client
) -> None:
    with override_settings(PAYMENT_SUBSCRIPTIONS=till_settings(PLANS=())):
        assert "$10.000" in result(browser_client, bought)


def test_english(till: Till) -> None:
    client = Client(headers={"accept": "text/html", "accept-language": "en"})
    page = client.get("/pagos/", {"price": "pro_yearly_v1"}).content.decode()
    assert '<html lang="en">' in page
    assert "You save CLP 20,000 a year" in page
    order(client)
    html = come_back(client)
    assert "Pro is active" in html
    assert "CLP 10,000 a month" in html
    assert "está" not in html


def test_plans_without_gateways_or_plans(till: Till, browser_client: Client) -> None:
    with override_settings(PAYMENT_SUBSCRIPTIONS=till_settings(PLANS=())):
        assert "no hay planes" in browser_client.get("/pagos/").content.decode()
    broken = {"till": {"BACKEND": "tests.views.nowhere.Gateway"}}
    with override_settings(PAYMENT_SUBSCRIPTIONS=till_settings(GATEWAYS=broken)):
        assert browser_client.get("/pagos/").status_code == 503


def test_the_other_gateway_s_plans(till: Till, browser_client: Client) -> None:
    assert "World" not in browser_client.get("/pagos/").content.decode()
    html = browser_client.get("/pagos/?provider=world").content.decode()
    assert "World" in html
    assert "Básico" not in html
