"""Every page as it is met: by a screen reader, on a phone, in the dark, on a bad network."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from payment_subscriptions.gateways import gateways
from payment_subscriptions.lifecycle import Status
from payment_subscriptions.models import Checkout, Subscription
from payment_subscriptions.views.states import State
from tests.views.till import EMAIL, Till, come_back, newest, order, result, state_in
from tests.violations import violations

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response, Route
    from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.django_db(transaction=True)

HTML = {"accept": "text/html"}
HEAVIEST = 50_000  # bytes of a page with all that it loads


def ordered(till: Till, *, mood: str = "", back: bool = True) -> Checkout:
    client = Client(headers=HTML)
    order(client)
    till.mood(mood)
    if back:
        come_back(client)
    return newest()


def bought(till: Till, **columns: Any) -> Checkout:
    checkout = ordered(till)
    Subscription.objects.update(**columns)
    return checkout


def owing(till: Till) -> Checkout:
    checkout = ordered(till)
    till.mood("declined:blocked")
    checkout.subscription.sync()
    return checkout


def demonstrated(till: Till) -> Checkout:
    checkout = ordered(till, mood="wait")
    Checkout.objects.update(mode="demo")
    return checkout


def to_be_paid(till: Till) -> Checkout:
    till.mood("pay:blocked")
    order(Client(headers=HTML))
    return newest()


def unreached(till: Till) -> Checkout:
    till.mood("unset")
    order(Client(headers=HTML))
    return newest()


def changing(face: str, till: Till) -> str:
    """The pages of a change of plan."""
    checkout = ordered(till)
    address = f"/pagos/resultado/{checkout.public_id}/"
    if face == "scheduled":
        preview = checkout.subscription.preview_change("pro_yearly_v1", at_period_end=True)
        checkout.subscription.change_plan(preview)
        return address
    return f"{address}cambiar/" + ("?price=pro_yearly_v1&when=now" if face == "preview" else "")


def given_up(till: Till) -> Checkout:
    checkout = ordered(till, back=False)
    checkout.subscription.cancel()
    return checkout


STATES: dict[State, Callable[[Till], Checkout]] = {
    State.READY: ordered,
    State.CONFIRMING: lambda till: ordered(till, mood="wait"),
    State.UNREACHED: lambda till: unreached(till),
    State.REJECTED: lambda till: ordered(till, mood="retry:blocked"),
    State.LEFT: lambda till: ordered(till, back=False),
    State.PAYING: lambda till: to_be_paid(till),
    State.DOUBT: lambda till: ordered(till, mood="silent"),
    State.OWING: owing,
    State.ENDING: lambda till: bought(till, cancel_at_period_end=True),
    State.ENDED: lambda till: bought(till, status=Status.CANCELLED, ended_at=timezone.now()),
    State.PAUSED: lambda till: bought(till, status=Status.PAUSED),
    State.GIVEN_UP: given_up,
    State.DEMO: demonstrated,
}
OTHERS = (
    "plans",
    "dialog",
    "wrong",
    "hand-over",
    "cancel",
    "unknown",
    "choose",
    "preview",
    "scheduled",
    "coupon",
)


def address_of(face: str, till: Till) -> str:
    """Where that page is, once the rows are such that it is shown."""
    if face in set(State):
        checkout = STATES[State(face)](till)
        assert state_in(result(Client(headers=HTML), checkout)) == face
        return f"/pagos/resultado/{checkout.public_id}/"
    if face == "hand-over":
        return f"/pagos/continuar/{ordered(till, back=False).public_id}/"
    if face == "cancel":
        return f"/pagos/resultado/{ordered(till).public_id}/cancelar/"
    if face == "coupon":
        django_settings.PAYMENT_SUBSCRIPTIONS["GATEWAYS"]["till"]["COUPONS"] = ["VERANO"]
        gateways.forget()
        return "/pagos/?price=pro_monthly_v1"
    if face in ("choose", "preview", "scheduled"):
        return changing(face, till)
    return {
        "plans": "/pagos/",
        "dialog": "/pagos/?price=pro_monthly_v1",
        "wrong": "/pagos/?price=pro_yearly_v1",
        "unknown": "/pagos/success/?token=nobody",
    }[face]


# The plans in every way; of the rest, the narrow light and the wide dark page tell of all four.
# On a phone by day always; the others where there is time.
LOOKS = [
    pytest.param(
        str(face), scheme, width, marks=() if (scheme, width) == ("light", 360) else pytest.mark.slow
    )
    for face, scheme, width in product([*OTHERS, *State], ["light", "dark"], [360, 1280])
    if face in OTHERS[:3] or (scheme, width) in {("light", 360), ("dark", 1280)}
]


def test_every_state_is_looked_at() -> None:
    assert set(STATES) == set(State)


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("face", "scheme", "width"), LOOKS)
def test_a_page_is_readable_for_everybody(
    till: Till, browser: Browser, live_server: LiveServer, face: str, scheme: Any, width: int
) -> None:
    context = browser.new_context(
        locale="es-CL", viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.route("**/pagos/**", stay)
    page.goto(live_server.url + address_of(face, till))
    if face == "wrong":
        page.get_by_label("Correo electrónico").fill("ana@nada")
        page.get_by_role("button", name="Continuar al pago").click()
        page.get_by_text("Eso no es un correo electrónico").wait_for()
    if face == "coupon":
        page.get_by_label("Correo electrónico").fill(EMAIL)
        page.get_by_text("Tengo un cupón").click()
        page.get_by_label("Código del cupón").fill("INVIERNO")
        page.get_by_role("button", name="Continuar al pago").click()
        page.get_by_text("Ese cupón no existe.").wait_for()
        assert page.get_by_label("Código del cupón").input_value() == "INVIERNO"
        page.wait_for_function("document.activeElement.name === 'coupon'")  # its script runs after the text
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == "es"
    context.close()


def stay(route: Route) -> None:
    """The page as it is, but for the header by which it leaves or asks again while it is looked at."""
    answer = route.fetch(max_redirects=0)
    route.fulfill(
        response=answer, headers={name: value for name, value in answer.headers.items() if name != "refresh"}
    )


@pytest.mark.slow
@pytest.mark.parametrize("face", ["plans", "dialog", "hand-over", State.READY, State.OWING, "unknown"])
def test_a_page_is_light(till: Till, page: Page, live_server: LiveServer, face: str) -> None:
    address = address_of(face, till)
    answers: list[Response] = []
    page.route("**/success/?checkout=**", lambda route: route.abort())
    page.on("response", lambda answer: answers.append(answer))
    page.goto(live_server.url + address, wait_until="networkidle" if face != "hand-over" else "load")
    assert len(answers) <= 4
    assert sum(len(answer.body()) for answer in answers) < HEAVIEST
    assert {answer.url.split("/")[2] for answer in answers} == {live_server.url.split("/")[2]}


@pytest.mark.slow
def test_nothing_is_inline(till: Till) -> None:
    """So that every Content-Security-Policy without "unsafe-inline" will do."""
    client = Client(headers=HTML)
    for face in (*OTHERS, *State):
        html = client.get(address_of(face, till)).content.decode()
        till.mood("")
        assert "<style" not in html
        assert " style=" not in html
        assert not re.search(r"<[^>]+\son\w+=", html)
        assert "<script>" not in html
        assert "javascript:" not in html
