"""Views and templates of a project that a plan opens."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import AsyncClient, Client
from django.urls import include, path
from django.views.generic import View

from payment_subscriptions.access import RequiresPlanMixin, requires_feature, requires_plan
from payment_subscriptions.billing import billing
from payment_subscriptions.exceptions import BadRequest, ConfigurationError
from payment_subscriptions.lifecycle import FOR_GOOD, PaymentStatus
from payment_subscriptions.models import Subscription
from payment_subscriptions.plans import Feature
from tests.foreign import (
    DESK,
    EXTRA,
    MONTHLY,
    TEAM,
    ForeignProvider,
    clock,
    come_back,
    foreign_settings,
)

EXPORT = Feature("export", "Export to Excel")
PLANS = [replace(TEAM, features=("Ten seats", EXPORT)), DESK, replace(EXTRA, features=(EXPORT,))]
PAGE = {"accept": "text/html,*/*;q=0.8"}
OPEN_TO_TEAM = ["/team/", "/export/", "/async/", "/class/", "/async-class/"]


def inside(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"inside {request.access.why}")  # type: ignore[attr-defined]


async def inside_later(request: HttpRequest) -> HttpResponse:
    return inside(request)


class Inside(RequiresPlanMixin, View):
    plans = ("desk",)
    features = ("export",)

    def get(self, request: HttpRequest) -> HttpResponse:
        return inside(request)


class InsideLater(RequiresPlanMixin, View):
    plans = ("team",)

    async def get(self, request: HttpRequest) -> HttpResponse:
        return inside(request)


urlpatterns = [
    path("pagos/", include("payment_subscriptions.urls")),
    path("team/", requires_plan("team", "desk")(inside)),
    path("desk/", requires_plan("desk")(inside)),
    path("export/", requires_feature("export")(inside)),
    path("async/", requires_plan("team")(inside_later)),
    path("class/", Inside.as_view()),
    path("async-class/", InsideLater.as_view()),
    path("typing-error/", requires_plan("taem")(inside)),
    path("feature-unknown/", requires_feature("exprot")(inside)),
    path("nothing/", requires_plan()(inside)),
]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture(autouse=True)
def shop(foreign: ForeignProvider, settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(PLANS=PLANS)
    settings.LOGIN_URL = "/entrar/"


@pytest.fixture
def user(django_user_model: Any) -> Any:
    return django_user_model.objects.create_user("ana", "ana@mail.example")


@pytest.fixture
def client_of(user: Any) -> Client:
    client = Client(headers=PAGE)
    client.force_login(user)
    return client


def subscribed(user: Any, price: str = MONTHLY) -> Subscription:
    return come_back(billing(user).subscribe(price)).subscription


@pytest.mark.parametrize("address", OPEN_TO_TEAM)
def test_who_has_paid_comes_in(client_of: Client, user: Any, address: str) -> None:
    subscribed(user)
    answer = client_of.get(address)
    assert (answer.status_code, answer.content) == (200, b"inside paid")


@pytest.mark.parametrize("address", OPEN_TO_TEAM)
def test_who_has_not_is_taken_to_the_plans(client_of: Client, address: str) -> None:
    answer = client_of.get(address)
    assert (answer.status_code, answer["Location"]) == (303, "/pagos/")


@pytest.mark.parametrize("address", OPEN_TO_TEAM)
def test_who_is_not_logged_in_is_asked_who_they_are(address: str) -> None:
    answer = Client(headers=PAGE).get(f"{address}?page=2")
    assert (answer.status_code, answer["Location"]) == (302, f"/entrar/?next={address}%3Fpage%3D2")


def test_another_plan_does_not_open_it(client_of: Client, user: Any) -> None:
    subscribed(user)
    assert client_of.get("/desk/")["Location"] == "/pagos/"


def test_a_feature_is_opened_by_each_plan_that_offers_it(client_of: Client, user: Any) -> None:
    subscribed(user, "extra_monthly_v1")
    assert client_of.get("/export/").status_code == client_of.get("/class/").status_code == 200
    assert client_of.get("/team/").status_code == 303


def test_who_owes_and_is_out_of_grace_is_taken_to_where_it_is_paid(
    foreign: ForeignProvider, client_of: Client, user: Any
) -> None:
    row = subscribed(user)
    clock.move(days=30)
    foreign.renew(str(row.reference), PaymentStatus.FAILED)
    row.sync()
    assert client_of.get("/team/").content == b"inside grace"
    clock.move(days=3)
    opened = row.checkouts.get()
    left = row.checkouts.get()  # another card, begun and left: its page is not the subscription's
    left.pk, left.public_id, left.order, left.purpose = None, uuid4(), "left", "card"
    left.save()
    answer = client_of.get("/team/")
    assert (answer.status_code, answer["Location"]) == (
        303,
        f"/pagos/resultado/{opened.public_id}/",
    )


def test_who_has_cancelled_comes_in_until_what_is_paid_runs_out(client_of: Client, user: Any) -> None:
    subscribed(user).cancel()
    assert client_of.get("/team/").content == b"inside leaving"
    clock.move(days=30)
    assert client_of.get("/team/").status_code == 303


def test_whoever_reads_json_is_told_why(client_of: Client) -> None:
    told = client_of.get("/team/", headers={"accept": "application/json", "accept-language": "es"})
    assert told.status_code == 402
    assert json.loads(told.content) == {"error": "Sin suscripción", "code": "none", "url": "/pagos/"}
    told = Client().get("/team/", headers={"accept": "*/*", "accept-language": "es"})
    assert told.status_code == 401
    assert json.loads(told.content) == {
        "error": "Inicia sesión primero.",
        "code": "anonymous",
        "url": "/entrar/",
    }


@pytest.mark.parametrize("address", ["/typing-error/", "/feature-unknown/", "/nothing/"])
def test_a_door_that_no_plan_opens_is_a_mistake_that_is_told(client_of: Client, address: str) -> None:
    with pytest.raises(ConfigurationError):
        client_of.get(address)


@pytest.mark.parametrize("address", OPEN_TO_TEAM)
def test_under_asgi(user: Any, address: str) -> None:
    client = AsyncClient()
    client.force_login(user)
    assert async_to_sync(client.get)(address, headers=PAGE).status_code == 303
    subscribed(user)
    assert async_to_sync(client.get)(address, headers=PAGE).content == b"inside paid"


def test_an_answer_costs_one_query(user: Any, django_assert_num_queries: Any) -> None:
    subscribed(user)
    with django_assert_num_queries(1):
        assert billing(user).access("team", "desk", "extra")
    with django_assert_num_queries(1):
        assert billing(user).has_feature("export")


def test_of_several_the_longest_counts(user: Any, settings: Any) -> None:
    subscribed(user)
    other = subscribed(user, "extra_monthly_v1")
    Subscription.objects.filter(pk=other.pk).update(access_until=clock.moment.replace(year=2027))
    assert billing(user).has_feature("export").until == clock.moment.replace(year=2027)
    Subscription.objects.filter(pk=other.pk).update(access_until=FOR_GOOD)
    assert billing(user).has_feature("export").until is None


def test_a_feature_of_no_plan_is_a_mistake_not_a_no(user: Any) -> None:
    with pytest.raises(BadRequest):
        billing(user).has_feature("exprot")


TEMPLATE = (
    "{% load payments %}{% access_to 'team' 'desk' as team %}{% has_feature 'export' as export %}"
    "{% if team %}in{% else %}out{% endif %} {{ team.why }} {{ export.why }}"
)


def test_in_templates(user: Any, rf: Any) -> None:
    request = rf.get("/")
    request.user = user
    assert Template(TEMPLATE).render(Context({"request": request})) == "out none none"
    subscribed(user)
    assert Template(TEMPLATE).render(Context({"request": request})) == "in paid paid"
    assert Template(TEMPLATE).render(Context({"user": user})) == "in paid paid"
    assert Template(TEMPLATE).render(Context({})) == "out none none"


def test_a_feature_is_shown_as_its_text() -> None:
    assert [str(feature) for feature in PLANS[0].features] == ["Ten seats", "Export to Excel"]
