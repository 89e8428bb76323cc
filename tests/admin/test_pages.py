"""The pages as they are shown: all of them, to whom, how dear, and without secrets."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse

from payment_subscriptions.admin.masking import mask, masked
from payment_subscriptions.admin.words import EVENT_WORDS
from payment_subscriptions.events import EVENTS
from payment_subscriptions.models import Discrepancy, Notice, Payment, Refund, Subscription

from .conftest import Login
from .gateways import able
from .ledger import EMAIL, SECRET, begin, burden, rows, subscribe
from .ledger import settings as ledger_settings

pytestmark = pytest.mark.django_db

NOUNS = ["customer", "discrepancy", "event", "notice", "payment", "refund", "subscription"]


def lists(noun: str) -> str:
    return reverse(f"admin:payment_subscriptions_{noun}_changelist")


def page(row: Any, name: str = "change") -> str:
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_{name}", args=[row.pk])


def loaded() -> Subscription:
    subscription = subscribe()
    burden(subscription)
    return Subscription.objects.get(pk=subscription.pk)


def verb_pages(subscription: Subscription) -> list[str]:
    return [
        page(row, verb.name.replace("-", "_"))
        for row in rows(subscription)
        for verb in getattr(admin.site._registry[type(row)], "verbs", ())
        if verb.possible(row)
    ]


def every_page(subscription: Subscription) -> list[str]:
    pages = [page(row, name) for row in rows(subscription) for name in ("change", "history")]
    return ["/admin/", *map(lists, NOUNS), *pages, *verb_pages(subscription)]


def test_every_page_renders_without_secrets_or_whole_emails(login: Login, settings: Any) -> None:
    subscription, client = loaded(), login("*")
    client.post(page(subscription, "sync"))
    client.post(page(subscription.notices.get(), "replay"))
    settings.PAYMENT_SUBSCRIPTIONS = ledger_settings(GATEWAYS=able())
    assert len(verb_pages(subscription)) == 10
    for address in every_page(subscription):
        answer = client.get(address)
        shown = answer.content.decode()
        assert answer.status_code == 200, address
        assert SECRET not in shown, address
        assert EMAIL not in unquote(shown), address
        assert str(subscription.checkouts.get().public_id) not in shown, address


def test_a_notice_tells_since_when_its_gateway_is_in_trouble(login: Login) -> None:
    notice, client = loaded().notices.get(), login("*")
    assert "Gateway in trouble since" not in client.get(page(notice)).content.decode()
    Notice.objects.filter(pk=notice.pk).update(unanswered_since=notice.received_at)
    assert "Gateway in trouble since" in client.get(page(notice)).content.decode()


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_detail_page_tells_it_in_words(login: Login, language: str) -> None:
    subscription, client = loaded(), login("*")
    shown = client.get(page(subscription), headers={"accept-language": language}).content.decode()
    money = {"es": "$10.000", "en": "CLP 10,000"}[language]
    assert money in shown
    assert "a•••@correo.cl" in shown
    assert "Visa •••• 6623" in shown
    assert "-8" in shown
    assert "shop.open_door" not in shown  # a handler belongs to its event


def test_the_time_line_has_everything_newest_first(login: Login) -> None:
    subscription = loaded()
    entries = [entry for _address, entry in login("*").get(page(subscription)).context["entries"]]
    assert {entry.kind for entry in entries} == {"charge", "owed", "attempt", "notice", "event", "trouble"}
    assert [entry.at for entry in entries] == sorted((entry.at for entry in entries), reverse=True)
    assert [entry.money for entry in entries if entry.money] == ["CLP 10,000", "CLP 10,000"]


def test_every_noun_has_a_constant_number_of_queries(login: Login) -> None:
    client = login("*")

    def queries() -> dict[str, int]:
        found = {}
        for noun in NOUNS:
            with CaptureQueriesContext(
                connection,
            ) as captured:
                assert client.get(lists(noun)).status_code == 200
            found[noun] = len(captured)
        for row in shown:
            with CaptureQueriesContext(connection) as captured:
                client.get(page(row))
            found[f"a {row}"] = len(captured)
        return found

    first = loaded()
    shown = [*rows(first), first.payments.paid().get()]
    queries()  # content types and such, once
    few = queries()
    for number in range(5):
        burden(subscribe(f"n{number}", f"p{number}@correo.cl"))
    for number in range(5):
        Notice.objects.create(provider="dummy", key=f"k{number}", body="", arrival="a", subscription=first)
        Payment.objects.create(
            subscription=first,
            provider="dummy",
            mode="sandbox",
            reference=f"r{number}",
            status="paid",
            amount=1,
            currency="CLP",
        )
        Refund.objects.create(
            payment=first.payments.paid()[0],
            provider="dummy",
            mode="sandbox",
            order=f"r{number}",
            status="rejected",
            amount=1,
            currency="CLP",
        )
    assert queries() == few
    assert max(few.values()) < 15


def test_nothing_can_be_added_changed_or_deleted(login: Login) -> None:
    subscription, client = loaded(), login("*")
    before = {type(row): type(row).objects.values().get(pk=row.pk) for row in rows(subscription)}
    for row in rows(subscription):
        assert client.get(page(row, "delete")).status_code == 403
        assert client.post(page(row, "delete"), {"post": "yes"}).status_code == 403
        assert client.post(page(row), {"status": "paid", "_save": "1"}).status_code == 405
        assert client.get(lists(row._meta.model_name) + "add/").status_code == 403
        assert client.post(lists(row._meta.model_name) + "add/", {"status": "paid"}).status_code == 403
        client.post(
            lists(row._meta.model_name), {"action": "delete_selected", "_selected_action": str(row.pk)}
        )
    assert {type(row): type(row).objects.values().get(pk=row.pk) for row in rows(subscription)} == before


def test_who_may_look_sees_that_noun_only(login: Login) -> None:
    subscription = loaded()
    for row in rows(subscription):
        noun = row._meta.model_name
        client = login(f"view_{noun}")
        for other in rows(subscription):
            expected = 200 if other == row else 403
            assert client.get(page(other)).status_code == expected
            assert client.get(lists(other._meta.model_name)).status_code == expected


def test_staff_without_permissions_and_strangers_see_nothing(login: Login) -> None:
    subscription = loaded()
    nobody = login()
    for address in every_page(subscription)[1:]:
        assert nobody.get(address).status_code == 403, address
    nobody.logout()
    for address in every_page(subscription):
        assert nobody.get(address).status_code == 302, address


def test_an_unknown_row_is_not_found(login: Login) -> None:
    client = login("*")
    for noun in NOUNS:
        assert client.get(f"{lists(noun)}9999/change/").status_code == 404
    assert client.get(f"{lists('subscription')}9999/cancel-now/").status_code == 404


# Search


def found(client: Any, noun: str, term: str) -> list[int]:
    answer = client.post(f"{lists(noun)}find/", {"q": term})
    assert "@" not in unquote(answer["Location"])
    answer = client.get(answer["Location"])
    return sorted(answer.context["cl"].result_list.values_list("pk", flat=True))


def test_a_subscription_is_found_by_what_people_have_in_hand(login: Login) -> None:
    client = login("*")
    wanted, other = loaded(), subscribe("other", "other@correo.cl")
    for term in (
        EMAIL,
        EMAIL.upper(),
        wanted.reference,
        wanted.checkouts.get().order,
        f"order-{wanted.pk}",
        str(wanted.public_id),
    ):
        assert found(client, "subscription", term or "") == [wanted.pk], term
    assert found(client, "subscription", "") == sorted([wanted.pk, other.pk])
    for term in ("nobody@correo.cl", "ana.perez@", "nothing"):
        assert found(client, "subscription", term) == []


def test_a_customer_is_found_by_email(login: Login) -> None:
    wanted = loaded().customer
    subscribe("other", "other@correo.cl")
    assert found(login("*"), "customer", EMAIL) == [wanted.pk]


def test_a_search_keeps_the_filters(login: Login) -> None:
    client = login("*")
    loaded()
    answer = client.post(f"{lists('subscription')}find/?status__exact=active&p=2", {"q": "x-1"})
    assert answer["Location"].endswith("/?status__exact=active&q=x-1")


def test_the_page_of_a_list_searches_emails_by_post_only(login: Login) -> None:
    loaded()
    shown = login("*").get(lists("subscription")).content.decode()
    assert 'method="post" action="find/?"' in shown
    assert "csrfmiddlewaretoken" in shown


@pytest.mark.parametrize(
    ("noun", "lookup"),
    [
        ("notice", "body__startswith=t"),
        ("payment", "pay_url__contains=t"),
        ("refund", "token__startswith=Z"),
        ("subscription", "email__startswith=a"),
        ("subscription", "checkouts__token_hash__startswith=a"),
        ("customer", "payer_key__contains=ana"),
    ],
)
def test_no_column_that_is_not_shown_can_be_asked(login: Login, noun: str, lookup: str) -> None:
    assert login("*").get(f"{lists(noun)}?{lookup}").status_code == 400


@pytest.mark.sampled(5)
@pytest.mark.parametrize(
    ("noun", "query", "number"),
    [
        ("subscription", "status__exact=active", 1),
        ("subscription", "status__exact=paused", 0),
        ("subscription", "provider=dummy&plan=pro&mode__exact=sandbox", 1),
        ("subscription", "plan=basic", 0),
        ("payment", "status__exact=failed", 1),
        ("payment", "provider=other", 0),
        ("notice", "state__exact=dead", 1),
        ("refund", "status__exact=in_doubt", 1),
        ("refund", "status__exact=refunded&provider=dummy", 0),
        ("discrepancy", "settled=no", 1),
        ("discrepancy", "settled=yes", 0),
        ("event", "delivery=given_up", 1),
        ("event", "delivery=owed", 0),
        ("event", "name=payment.paid", 2),
    ],
)
def test_filters(login: Login, noun: str, query: str, number: int) -> None:
    loaded()
    answer = login("*").get(f"{lists(noun)}?{query}")
    assert answer.status_code == 200
    assert answer.context["cl"].result_count == number


def test_payments_go_by_date(login: Login) -> None:
    subscription, client = loaded(), login("*")
    day = subscription.payments.paid().get().paid_at
    assert day is not None
    answer = client.get(f"{lists('payment')}?paid_at__year={day.year}&paid_at__month={day.month}")
    assert answer.context["cl"].result_count == 1


# Words


def test_a_pending_one_says_that_no_payment_is_known(login: Login) -> None:
    subscription = begin().subscription
    shown = login("*").get(page(subscription)).context
    assert "no payment is known" in shown["sentence"]
    assert [verb.name for _address, verb in shown["verbs"]] == ["cancel-now"]


def test_a_doubt_and_a_wish_are_said_beside_the_state(login: Login) -> None:
    subscription = loaded()
    subscription.checkouts.update(status="in_doubt", in_doubt_since=subscription.created_at)
    Subscription.objects.filter(pk=subscription.pk).update(cancel_requested="now")
    warnings = login("*").get(page(subscription)).context["warnings"]
    assert len(warnings) == 5


@pytest.mark.sampled(5)
@pytest.mark.parametrize("status", ["pending", "trialing", "active", "past_due", "paused", "paid", "failed"])
@pytest.mark.parametrize("cancelling", [False, True])
def test_every_state_has_its_sentence(login: Login, status: str, cancelling: bool) -> None:
    subscription = subscribe()
    Subscription.objects.filter(pk=subscription.pk).update(status=status, cancel_at_period_end=cancelling)
    sentence = login("*").get(page(subscription)).context["sentence"]
    assert sentence
    assert "%" not in sentence


def test_a_row_of_a_gateway_that_the_settings_have_lost_can_still_be_read(
    login: Login, settings: Any
) -> None:
    subscription = loaded()
    settings.PAYMENT_SUBSCRIPTIONS = {"BASE_URL": "https://example.cl"}
    client = login("*")
    assert client.get(page(subscription)).status_code == 200
    assert client.get(lists("subscription")).status_code == 200


def test_every_event_has_words() -> None:
    assert set(EVENT_WORDS) == set(EVENTS)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ana.perez@correo.cl", "a•••@correo.cl"),
        ("a@x.cl and b+c@y.cl", "a•••@x.cl and b•••@y.cl"),
        ("email:ana@correo.cl", "email:a•••@correo.cl"),
        ("ñandú@correo.cl", "ñ•••@correo.cl"),
        ("form:0123abc", "form:•••"),
        ("user:12", "user:12"),
        ("see https://flow.cl/pay?token=1&x=2 now", "see https://flow.cl/pay?••• now"),
    ],
)
def test_masks(text: str, shown: str) -> None:
    assert mask(text) == shown


def test_masks_go_all_the_way_down() -> None:
    assert masked({"a": [{"token": "t", "b": ("x@y.cl",)}], "n": 1, "url": ""}) == {
        "a": [{"token": "•••", "b": ["x•••@y.cl"]}],
        "n": 1,
        "url": "",
    }


def test_there_is_no_page_that_these_tests_do_not_know() -> None:
    names = {
        str(name)
        for name in get_resolver().namespace_dict["admin"][1].reverse_dict
        if str(name).startswith("payment_subscriptions_")
    }
    known = {"add", "change", "changelist", "delete", "history", "find", "settle", "retry", "replay", "sync"}
    known |= {"cancel_at_period_end", "cancel_now", "resume", "change_plan", "undo_change"}
    known |= {"refund", "go_on", "call_off", "pause", "unpause"}
    assert {name.split("_", 3)[3] for name in names} == known


def test_a_settled_discrepancy_no_longer_warns(login: Login) -> None:
    subscription = loaded()
    Discrepancy.objects.update(resolved_at=subscription.created_at, detail={"settled": {"by": "x@y.cl"}})
    shown = login("*").get(page(subscription))
    assert shown.context["warnings"] == [
        "CLP 10,000 is owed.",
        "Nobody knows yet whether CLP 4,000 was given back: a person may have to say.",
    ]
    assert "x@y.cl" not in shown.content.decode()
