"""Links to a payer's own page: whom they let in, and to what."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from payment_subscriptions.billing import billing
from payment_subscriptions.mailboxes import normalised
from payment_subscriptions.models import Subscription
from payment_subscriptions.personal_data import erase, find
from payment_subscriptions.portal_links import portal_link
from payment_subscriptions.views.viewer import COOKIE
from tests.views.till import BASE, EMAIL, Till, come_back, newest, order

pytestmark = pytest.mark.django_db(transaction=True)

MINE = "/pagos/mi-suscripcion/"


def buy(email: str = EMAIL, price: str = "pro_monthly_v1", **changes: str) -> Subscription:
    """In a browser of its own."""
    client = Client(headers={"accept": "text/html"})
    order(client, price, email, **changes)
    come_back(client)
    return newest().subscription


def path_of(link: str) -> str:
    assert link.startswith(BASE)
    return urlsplit(link).path


def opened(link: str) -> Client:
    client = Client(headers={"accept": "text/html"})
    answer = client.get(path_of(link))
    assert answer.status_code == 303, answer.content.decode()
    return client


def page(client: Client) -> str:
    answer = client.get(MINE)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_link_leads_to_the_page_without_its_token(till: Till) -> None:
    link = portal_link(buy())
    answer = Client().get(path_of(link))
    assert (answer.status_code, answer["Location"]) == (
        303,
        f"{MINE}{Subscription.objects.get().public_id}/",
    )
    assert {"no-store", "private"} <= set(answer["Cache-Control"].split(", "))
    cookie = answer.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert EMAIL not in cookie.value + link
    assert "Pro" in page(opened(link))


def test_of_a_user_it_is_the_page_itself(till: Till) -> None:
    user = get_user_model().objects.create_user("ana", EMAIL)
    subscription = billing(user).subscribe("pro_monthly_v1").subscription
    assert portal_link(subscription) == BASE + MINE
    assert "Pro" not in page(Client())
    client = Client()
    client.force_login(user)
    assert "Pro" in page(client)


def test_another_payer_s_link_shows_nothing_of_mine(till: Till) -> None:
    buy(price="pro_monthly_v1")
    other = buy("beto@correo.cl", "twin_monthly_v1")
    html = page(opened(portal_link(other)))
    assert "Mellizo" in html
    assert "Pro" not in html


def test_a_proved_address_shows_nothing_of_a_user_with_it(till: Till) -> None:
    user = get_user_model().objects.create_user("ana", EMAIL)
    come_back(Client(), billing(user).subscribe("twin_monthly_v1"))
    assert Subscription.objects.get().is_active
    html = page(opened(portal_link(buy())))
    assert "Pro" in html
    assert "Mellizo" not in html


def test_a_user_s_own_address_proves_nothing(till: Till) -> None:
    buy()
    client = Client()
    client.force_login(get_user_model().objects.create_user("ana", EMAIL))
    assert "Pro" not in page(client)


def test_who_is_logged_in_and_proves_an_address_sees_both(till: Till) -> None:
    user = get_user_model().objects.create_user("ana", EMAIL)
    billing(user).subscribe("twin_monthly_v1")
    client = opened(portal_link(buy()))
    client.force_login(user)
    html = page(client)
    assert "Pro" in html
    assert "Mellizo" in html


def test_what_was_only_ordered_with_the_address_is_not_shown(till: Till) -> None:
    link = portal_link(buy())
    order(Client(headers={"accept": "text/html"}), "twin_monthly_v1", EMAIL)
    assert Subscription.objects.pending().get().plan == "twin"
    assert "Mellizo" not in page(opened(link))


def another_first(token: str) -> str:
    return ("1" if token[0] == "0" else "0") + token[1:]


@pytest.mark.parametrize("spoil", [lambda t: t[:-1], another_first, lambda t: "x", lambda t: t + "/"])
def test_a_spoilt_link_proves_nothing(till: Till, spoil: Any) -> None:
    start, token = portal_link(buy()).rsplit("/", 2)[:2]
    answer = Client().get(path_of(f"{start}/{spoil(token)}/"))
    assert answer.status_code in (404, 410)
    assert COOKIE not in answer.cookies


def test_a_link_is_good_for_its_time(till: Till, settings: Any) -> None:
    link = portal_link(buy())
    settings.PAYMENT_SUBSCRIPTIONS |= {"PORTAL_LINK_MAX_AGE": -1}
    answer = Client().get(path_of(link))
    assert answer.status_code == 410
    assert COOKIE not in answer.cookies
    assert "Este enlace ya no sirve" in answer.content.decode()


def test_a_browser_is_known_for_its_time(till: Till, settings: Any) -> None:
    client = opened(portal_link(buy()))
    settings.PAYMENT_SUBSCRIPTIONS |= {"PORTAL_MAX_AGE": -1}
    assert "Pro" not in page(client)


def test_it_proves_the_address_that_it_was_made_for(till: Till) -> None:
    """Not one that the subscription got later, nor one that was erased."""
    subscription = buy()
    client, link = opened(portal_link(subscription)), portal_link(subscription)
    Subscription.objects.update(email="nueva@correo.cl")
    assert Client().get(path_of(link)).status_code == 410
    assert "Pro" not in page(client)


def test_it_opens_nothing_of_who_was_erased(till: Till) -> None:
    subscription = buy()
    client, link = opened(portal_link(subscription)), portal_link(subscription)
    subscription.cancel(at_period_end=False)
    erase(find(EMAIL))
    assert Client().get(path_of(link)).status_code == 410
    assert "Pro" not in page(client)
    assert portal_link(Subscription.objects.get()) == BASE + MINE


def test_a_browser_can_be_made_to_forget(till: Till) -> None:
    client = opened(portal_link(buy()))
    assert client.post(f"{MINE}olvidar/").status_code == 303
    assert "Pro" not in page(client)
    assert client.get(f"{MINE}olvidar/").status_code == 405


def test_opening_it_changes_nothing(till: Till) -> None:
    """Whatever scans mails opens every link in them."""
    link = portal_link(buy())
    before = Subscription.objects.values().get()
    calls = len(till_calls())
    page(opened(link))
    assert Subscription.objects.values().get() == before
    assert len(till_calls()) == calls


def till_calls() -> list[str]:
    from payment_subscriptions.gateways.dummy import DummyGateway

    return [name for provider in DummyGateway.providers.values() for name in provider.subscriptions]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("ana@correo.cl", "ANA@Correo.CL", True),
        ("ana@ñandú.cl", "ana@xn--and-6ma2c.cl", True),
        ("ana@Ñandú.cl", "ana@ñandú.cl", True),
        ("ana+x@correo.cl", "ana@correo.cl", False),
        ("mike@correo.cl", "m\u0131ke@correo.cl", False),
        ("mike@correo.cl", "mi\u212ae@correo.cl", False),
        ("sofia@correo.cl", "\u017fofia@correo.cl", False),
        ("inés@correo.cl", "ines@correo.cl", False),
    ],
)
def test_what_is_one_mailbox(till: Till, one: str, other: str, is_same: bool) -> None:
    assert (normalised(one) == normalised(other)) is is_same
    subscription = buy()
    subscription.email = one
    link = portal_link(subscription)
    Subscription.objects.update(email=other)
    assert Subscription.objects.of_mailbox(normalised(one)).exists() is is_same
    assert (Client().get(path_of(link)).status_code == 303) is is_same
