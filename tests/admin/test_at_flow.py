"""What moves money at Flow, by the operator's hand: what the page says first, what is true afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core import signing
from django.test import Client

from payment_subscriptions.clock import now
from payment_subscriptions.lifecycle import RefundStatus
from payment_subscriptions.models import Checkout, Discrepancy, Event, Notice, Payment, Refund, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.verbs.previews import SALT
from tests.shop import EMAIL, Shop, charged, token_in

from .conftest import Login
from .test_pages import page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

OFFER = "Flow offers it to the payer by e-mail"
REVERSAL = "Flow reverses the charge on the card at once"


@pytest.fixture
def client(login: Login) -> Client:
    return login("*")


def lines(client: Client, address: str) -> str:
    """What the page says would happen."""
    answer = client.get(address)
    assert answer.status_code == 200
    return "\n".join(answer.context["consequences"])


def say_yes(client: Client, address: str, **data: Any) -> str:
    """Ask, look where there is something to look at, do it; what is said then."""
    asked = client.get(address)
    assert asked.status_code == 200, asked.headers
    answer = client.post(address, {"stamp": asked.context["stamp"], **data})
    if answer.status_code == 200 and answer.context["preview"]:
        sealed = {"sealed": answer.context["preview"].sealed}
        answer = client.post(address, {"stamp": answer.context["stamp"], **sealed, **data})
    assert answer.status_code == 302, answer.context["form"].errors
    return said(answer)


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def first_payment(subscription: Subscription) -> Payment:
    return subscription.payments.order_by("pk")[0]


def give_back(client: Client, payment: Payment, amount: str = "10000") -> str:
    return say_yes(client, page(payment, "refund"), amount=amount, reason="asked by phone")


def column(client: Client, subscription: Subscription) -> list[str]:
    entries = [entry for _address, entry in client.get(page(subscription)).context["entries"]]
    return [entry.money for entry in entries if entry.money]


def in_words(client: Client, subscription: Subscription, label: str) -> list[str]:
    entries = [entry for _address, entry in client.get(page(subscription)).context["entries"]]
    return [entry.text for entry in entries if entry.label == label]


def unhurt(client: Client, *rows: Any) -> None:
    for row in rows:
        shown = client.get(page(row)).content.decode()
        assert EMAIL not in shown
        assert all(not refund.token or refund.token not in shown for refund in Refund.objects.all())


# Giving back


def test_a_charge_of_today_is_reversed_at_once(shop: Shop, client: Client) -> None:
    subscription = shop.subscribe()
    payment = first_payment(subscription)
    told = lines(client, page(payment, "refund"))
    assert f"All of it: {REVERSAL}" in told
    assert f"Should that be refused: {OFFER}" in told
    assert f"A part of it: {OFFER}" in told
    assert "a•••@correo.cl" in told
    assert "cancel it too" in told
    assert give_back(client, payment) == "CLP 10,000 was given back."
    refund = Refund.objects.get()
    assert (refund.status, refund.method, refund.reason) == ("refunded", "reversal", "asked by phone")
    assert refund.requested_by.startswith("staff")
    assert charged(shop.flow) == 0
    assert column(client, subscription) == ["\N{MINUS SIGN}CLP 10,000", "CLP 10,000"]
    assert "given back CLP 10,000" in client.get(page(subscription)).context["sums"]
    assert client.get(page(payment, "refund")).status_code == 302
    unhurt(client, subscription, payment, refund)


def test_a_part_goes_by_offer_and_is_told_until_it_is_there(shop: Shop, client: Client) -> None:
    subscription = shop.subscribe()
    payment = first_payment(subscription)
    assert give_back(client, payment, "4.000").startswith("Offered to a•••@correo.cl: CLP 4,000")
    refund = Refund.objects.get()
    assert column(client, subscription) == ["CLP 10,000"]
    assert any("CLP 4,000" in text and "Waiting" in text for text in in_words(client, subscription, "Refund"))
    assert "A refund of CLP 4,000 is under way" in client.get(page(subscription)).context["warnings"][0]
    assert client.get(page(payment, "refund")).status_code == 302  # one at a time
    assert "second time" in lines(client, page(refund, "go_on"))
    assert say_yes(client, page(refund, "go_on")).startswith("Offered to")
    shop.flow.decide_refund(refund.token, accepted=True)
    assert (
        say_yes(client, page(refund, "go_on"))
        == "The payer accepted it: the provider will pay out CLP 4,000."
    )
    shop.move(days=2)
    assert say_yes(client, page(refund, "go_on")) == "CLP 4,000 was given back."
    assert column(client, subscription) == ["\N{MINUS SIGN}CLP 4,000", "CLP 10,000"]
    told = client.get(page(payment)).content.decode()
    assert "CLP 4,000" in told
    assert page(refund) in told
    assert f"At most {'CLP 6,000'} can be given back." in client.get(page(payment, "refund")).content.decode()


def test_after_its_day_a_charge_goes_by_offer_only(shop: Shop, client: Client) -> None:
    payment = first_payment(shop.subscribe())
    shop.move(days=2)
    told = lines(client, page(payment, "refund"))
    assert OFFER in told
    assert REVERSAL not in told
    assert "A part" not in told


@pytest.mark.parametrize("amount", ["0", "-5", "10001", "1,5", "1.5", "ten", "", "10.00"])
def test_amounts_that_cannot_be_given_back(shop: Shop, client: Client, amount: str) -> None:
    address = page(first_payment(shop.subscribe()), "refund")
    stamp = client.get(address).context["stamp"]
    answer = client.post(address, {"stamp": stamp, "amount": amount, "reason": "r"})
    assert answer.status_code == (302 if amount == "10.00" else 200)  # ten pesos, said at length
    assert Refund.objects.count() == (amount == "10.00")


def test_called_off_while_the_payer_has_not_accepted(shop: Shop, client: Client) -> None:
    payment = first_payment(shop.subscribe())
    give_back(client, payment, "4000")
    refund = Refund.objects.get()
    assert say_yes(client, page(refund, "call_off")) == "It was called off: nothing was given back."
    refund.refresh_from_db()
    assert refund.status == RefundStatus.CANCELLED
    assert client.get(page(refund, "call_off")).status_code == 302
    assert give_back(client, payment, "4000").startswith("Offered")


def test_accepted_before_it_was_called_off(shop: Shop, client: Client) -> None:
    give_back(client, first_payment(shop.subscribe()), "4000")
    refund = Refund.objects.get()
    shop.flow.lose_next_callbacks()
    shop.flow.decide_refund(refund.token, accepted=True)
    assert say_yes(client, page(refund, "call_off")).startswith("The provider refused; nothing was done.")
    assert "accepted it" in say_yes(client, page(refund, "go_on"))


def test_calling_off_without_an_answer_is_in_doubt(shop: Shop, client: Client) -> None:
    give_back(client, first_payment(shop.subscribe()), "4000")
    refund = Refund.objects.get()
    shop.flow.faults.add("refund/cancel", "reset_after_commit")
    assert "whether it was called off" in say_yes(client, page(refund, "call_off"))
    assert say_yes(client, page(refund, "go_on")) == "It was called off: nothing was given back."


@pytest.mark.parametrize("happened", ["yes", "no"])
def test_a_doubt_waits_for_a_person(shop: Shop, client: Client, happened: str) -> None:
    subscription = shop.subscribe()
    payment = first_payment(subscription)
    shop.flow.faults.add(
        "refund/create", "reset_after_commit" if happened == "yes" else "reset_before_commit"
    )
    told = give_back(client, payment, "4000")
    assert told.startswith(
        "In doubt: nobody knows yet whether CLP 4,000 was given back. Nothing is tried again"
    )
    refund = Refund.objects.get()
    assert say_yes(client, page(refund, "go_on")).startswith("In doubt")
    assert len([call for call in shop.flow.calls if call.service == "refund/create"]) == 1
    assert any(
        "it waits for the provider's callback" in text for text in in_words(client, subscription, "Refund")
    )
    assert refund.order in lines(client, page(refund, "settle"))
    said_so = say_yes(client, page(refund, "settle"), happened=happened, note="seen in Flow's panel")
    assert said_so == f"Settled: it was {'' if happened == 'yes' else 'not '}given back."
    payment.refresh_from_db()
    assert payment.refunded == Money(4000 if happened == "yes" else 0, "CLP")
    assert any("seen in Flow's panel" in text for text in in_words(client, subscription, "Recorded"))
    assert client.get(page(refund, "settle")).status_code == 302


def test_settling_wants_an_answer_and_a_note(shop: Shop, client: Client) -> None:
    shop.flow.faults.add("refund/create", "reset_after_commit")
    give_back(client, first_payment(shop.subscribe()), "4000")
    refund = Refund.objects.get()
    stamp = client.get(page(refund, "settle")).context["stamp"]
    for data in ({"happened": "yes"}, {"note": "n"}, {"happened": "perhaps", "note": "n"}):
        assert client.post(page(refund, "settle"), {"stamp": stamp, **data}).status_code == 200
    refund.refresh_from_db()
    assert refund.is_in_doubt


def test_a_refusal_is_told_with_its_code(shop: Shop, client: Client) -> None:
    shop.flow.faults.add("refund/create", "error", code=1620, status=400)
    payment = first_payment(shop.subscribe())
    assert give_back(client, payment, "4000") == "It was refused (1620): nothing was given back."
    assert Refund.objects.get().status == RefundStatus.REFUSED


def test_settings_in_the_way_leave_it_asked_for(shop: Shop, client: Client) -> None:
    shop.flow.faults.add("refund/create", "invalid_signature")
    told = give_back(client, first_payment(shop.subscribe()), "4000")
    assert told.startswith("The settings stand in the way, so nothing was given back. It stays asked for")
    refund = Refund.objects.get()
    assert "has not been made yet: it is made now" in lines(client, page(refund, "go_on"))
    assert say_yes(client, page(refund, "go_on")).startswith("Offered")


def test_two_operators_give_back_once(shop: Shop, client: Client) -> None:
    payment = first_payment(shop.subscribe())
    address = page(payment, "refund")
    stamp = client.get(address).context["stamp"]
    give_back(client, payment, "4000")
    Refund.objects.update(status="rejected")
    answer = client.post(address, {"stamp": stamp, "amount": "4000", "reason": "r"})
    assert answer["Location"] == address
    assert Refund.objects.count() == 1


def test_the_way_back_stands_beside_the_charge_for_who_may(shop: Shop, login: Login) -> None:
    subscription = shop.subscribe()
    address = page(first_payment(subscription), "refund")
    shown = login("*").get(page(subscription))
    assert [found for found, _verb in shown.context["elsewhere"]] == [address]
    assert shown.content.decode().count(f'href="{address}"') == 2  # the button, and beside its charge
    for permissions in (
        ("view_subscription", "view_payment"),
        ("view_subscription", "refund_payment"),
    ):
        assert address not in login(*permissions).get(page(subscription)).content.decode()


def test_a_lost_answer_is_found_by_the_callback_and_by_its_replay(shop: Shop, client: Client) -> None:
    subscription = shop.subscribe()
    shop.flow.faults.add("refund/create", "reset_after_commit")
    give_back(client, first_payment(subscription), "4000")
    refund = Refund.objects.get()
    (token,) = shop.flow.account.refunds
    shop.flow.decide_refund(token, accepted=True)
    refund.refresh_from_db()
    assert refund.status == RefundStatus.ACCEPTED
    notice = Notice.objects.get()
    assert page(refund) in client.get(page(notice)).content.decode()
    assert any("about a refund" in text for text in in_words(client, subscription, "Notice"))
    assert "what became of the refund" in lines(client, page(notice, "replay"))
    assert say_yes(client, page(notice, "replay")) == "Done: the refund is as the provider reports it."
    unhurt(client, notice, subscription)


@pytest.mark.parametrize("kind", ["double", "late", "duplicate"])
def test_money_that_should_not_be_proposes_its_refund(shop: Shop, client: Client, kind: str) -> None:
    subscription = shop.subscribe()
    payment = first_payment(subscription)
    found = Discrepancy.objects.create(
        kind=kind,
        key=kind,
        provider="flow",
        mode="sandbox",
        subscription=subscription,
        amount=10000,
        currency="CLP",
        detail={} if kind == "duplicate" else {"payment": payment.reference},
    )
    link = f'<a href="{page(payment, "refund")}">'
    assert f"{link}Give back CLP 10,000</a>" in client.get(page(found)).content.decode()
    assert f"{link}Proposed refund</a>" in client.get(page(subscription)).content.decode()
    assert "give it back first" in lines(client, page(found, "settle"))
    give_back(client, payment)
    assert page(payment, "refund") not in client.get(page(found)).content.decode()
    assert "Proposed refund</a>" not in client.get(page(subscription)).content.decode()


# Resuming


def test_resume_is_a_successor_at_flow(shop: Shop, client: Client) -> None:
    subscription = shop.subscribe()
    assert client.get(page(subscription, "resume")).status_code == 302
    subscription.cancel()
    told = lines(client, page(subscription, "resume"))
    assert "a new subscription that begins on Feb. 13, 2026" in told
    assert "then CLP 10,000 for each period" in told
    assert say_yes(client, page(subscription, "resume")).startswith(
        "It goes on. Active. Next charge: CLP 10,000"
    )
    subscription.refresh_from_db()
    assert not subscription.is_cancelling
    assert subscription.successor_reference in client.get(page(subscription)).content.decode()
    assert charged(shop.flow) == 10000


def test_resume_by_order_is_our_calendar(shop: Shop, client: Client) -> None:
    shop.configure(STRATEGIES=("order",))
    checkout = shop.begin()
    shop.flow.pay(token_in(checkout.url))
    subscription = shop.come_back(checkout).subscription
    assert "cannot be taken back" not in lines(client, page(subscription, "cancel_at_period_end"))
    say_yes(client, page(subscription, "cancel_at_period_end"))
    assert "as if it had not been cancelled" in lines(client, page(subscription, "resume"))
    assert say_yes(client, page(subscription, "resume")).startswith("It goes on.")


@pytest.mark.parametrize(
    ("fault", "options", "words"),
    [
        ("reset_after_commit", {}, "In doubt: the provider gave no answer"),
        ("error", {"code": 1001, "status": 400}, "The provider refused; nothing was done. It says: 1001"),
    ],
)
def test_resume_that_fails(
    shop: Shop, client: Client, fault: str, options: dict[str, Any], words: str
) -> None:
    subscription = shop.subscribe()
    subscription.cancel()
    shop.flow.faults.add("subscription/create", fault, **options)
    assert say_yes(client, page(subscription, "resume")).startswith(words)
    warned = " ".join(client.get(page(subscription)).context["warnings"])
    assert ("Take a cancelled subscription up again" in warned) == (fault != "error")


# Changing the plan

DEARER = {"price": "pro_monthly_v1", "when": "now"}
YEARLY = {"price": "pro_yearly_v1", "when": "now"}
LATER = {"price": "basic_monthly_v1", "when": "later"}


def test_a_change_is_shown_to_the_peso_before_it_is_made(shop: Shop, client: Client) -> None:
    subscription = shop.subscribe("basic_monthly_v1")
    address = page(subscription, "change_plan")
    assert "Nothing is changed before you have said yes" in lines(client, address)
    asked = client.get(address)
    assert 'value="See what it costs"' in asked.content.decode()
    offered = [key for key, _label in asked.context["form"].fields["price"].choices]
    assert offered == ["pro_monthly_v1", "pro_yearly_v1", "trial_monthly_v1"]
    calls = len(shop.flow.calls)
    answer = client.post(address, {"stamp": asked.context["stamp"], **DEARER})
    assert [call.service for call in shop.flow.calls[calls:]] == ["subscription/changePlanPreview"]
    charge = subscription.preview_change("pro_monthly_v1").charge
    assert charge.amount > 0
    assert answer.context["preview"].lines[:3] == [
        "From Básico: CLP 5,000, monthly (basic_monthly_v1) to Pro: CLP 10,000, monthly (pro_monthly_v1).",
        "It takes effect at once.",
        f"CLP {charge.amount:,.0f} is charged now.",
    ]
    assert "The next charge of CLP 10,000 is on Feb. 13, 2026." in answer.context["preview"].lines
    assert 'type="hidden" name="price" value="pro_monthly_v1"' in answer.content.decode()
    assert 'value="Change the plan"' in answer.content.decode()
    assert say_yes(client, address, **DEARER).startswith("Changed. Active. Next charge: CLP 10,000")
    subscription.refresh_from_db()
    assert subscription.price_key == "pro_monthly_v1"
    assert charged(shop.flow) == 5000 + int(charge.amount)
    assert any("to pro_monthly_v1" in text for text in in_words(client, subscription, "Attempt"))
    told = in_words(client, subscription, "Recorded")
    assert any("from basic_monthly_v1 to pro_monthly_v1" in text for text in told)


def test_a_credit_is_shown_as_one(shop: Shop, client: Client) -> None:
    address = page(shop.subscribe(), "change_plan")
    data = {"stamp": client.get(address).context["stamp"], **LATER, "when": "now"}
    told = client.post(address, data).context["preview"].lines
    assert told[2].startswith("Nothing is charged now; the next charges are less by CLP ")


def test_a_change_later_can_be_undone(shop: Shop, client: Client) -> None:
    subscription = shop.subscribe()
    assert say_yes(client, page(subscription, "change_plan"), **LATER).startswith(
        "Changes to basic_monthly_v1 on"
    )
    assert "Changes to basic_monthly_v1 on" in client.get(page(subscription)).content.decode()
    assert client.get(page(subscription, "change_plan")).status_code == 302
    assert "It stays at Pro: CLP 10,000, monthly" in lines(client, page(subscription, "undo_change"))
    assert say_yes(client, page(subscription, "undo_change")).startswith("Called off. Active.")
    subscription.refresh_from_db()
    assert subscription.next_price_key == ""
    assert charged(shop.flow) == 10000


def test_a_change_whose_cost_has_moved_is_shown_once_more_and_not_made(shop: Shop, client: Client) -> None:
    subscription = shop.subscribe()
    address = page(subscription, "change_plan")
    asked = client.get(address)
    seen = client.post(address, {"stamp": asked.context["stamp"], **YEARLY}).context["preview"]
    shop.move(days=10)
    data = {"stamp": client.get(address).context["stamp"], "sealed": seen.sealed, **YEARLY}
    answer = client.post(address, data)
    assert answer.status_code == 200
    assert "is not what it was a moment ago" in said(answer)
    assert answer.context["preview"].lines != seen.lines
    assert charged(shop.flow) == 10000
    assert not Checkout.objects.filter(purpose="change").exists()
    data["sealed"] = answer.context["preview"].sealed
    assert said(client.post(address, data)).startswith("Changed.")


@pytest.mark.parametrize("sealed", ["x", "other", "late"])
def test_a_yes_to_nothing_that_was_shown(shop: Shop, client: Client, sealed: str) -> None:
    subscription = shop.subscribe()
    address = page(subscription, "change_plan")
    stamp = client.get(address).context["stamp"]
    seen = client.post(address, {"stamp": stamp, **YEARLY}).context["preview"].sealed
    loaded = signing.loads(seen, salt=SALT)
    tokens = {
        "x": "x",
        "other": signing.dumps({**loaded, "subscription": 0}, salt=SALT),
        "late": signing.dumps(loaded, salt="elsewhere"),
    }
    answer = client.post(address, {"stamp": stamp, "sealed": tokens[sealed], **YEARLY})
    assert said(answer).startswith("You looked at it for too long")
    assert charged(shop.flow) == 10000


@pytest.mark.parametrize(
    ("service", "fault", "options", "words"),
    [
        ("subscription/changePlan", "reset_after_commit", {}, "In doubt: the provider gave no answer"),
        (
            "subscription/changePlan",
            "error",
            {"code": 1001, "status": 400},
            "The provider refused; nothing was done. It says: 1001",
        ),
    ],
)
def test_a_change_that_fails(
    shop: Shop, client: Client, service: str, fault: str, options: dict[str, Any], words: str
) -> None:
    subscription = shop.subscribe()
    shop.flow.faults.add(service, fault, **options)
    assert say_yes(client, page(subscription, "change_plan"), **YEARLY).startswith(words)


@pytest.mark.parametrize(
    ("fault", "options", "words"),
    [
        ("reset_before_commit", {}, "The provider gave no answer. Nothing was asked for, nothing changed."),
        ("error", {"code": 1001, "status": 400}, "The provider refused; nothing was done."),
        ("invalid_signature", {}, "The settings stand in the way"),
    ],
)
def test_a_preview_that_fails(
    shop: Shop, client: Client, fault: str, options: dict[str, Any], words: str
) -> None:
    subscription = shop.subscribe()
    address = page(subscription, "change_plan")
    stamp = client.get(address).context["stamp"]
    shop.flow.faults.add("subscription/changePlanPreview", fault, times=None, **options)
    answer = client.post(address, {"stamp": stamp, **YEARLY})
    assert answer.status_code == 200
    assert words in said(answer)
    assert answer.context["preview"] is None
    assert not Checkout.objects.filter(purpose="change").exists()


def test_an_undoing_without_an_answer(shop: Shop, client: Client) -> None:
    subscription = shop.subscribe()
    say_yes(client, page(subscription, "change_plan"), **LATER)
    shop.flow.faults.add("subscription/changePlanCancel", "reset_after_commit")
    assert "whether the change was called off" in say_yes(client, page(subscription, "undo_change"))
    shop.sweep()
    subscription.refresh_from_db()
    assert subscription.next_price_key == ""


def test_a_change_by_order_is_with_the_next_one(shop: Shop, client: Client) -> None:
    shop.configure(STRATEGIES=("order",))
    checkout = shop.begin()
    shop.flow.pay(token_in(checkout.url))
    subscription = shop.come_back(checkout).subscription
    asked = client.get(page(subscription, "change_plan"))
    assert [value for value, _label in asked.context["form"].fields["when"].choices] == ["later"]
    assert say_yes(client, page(subscription, "change_plan"), **LATER).startswith(
        "Changes to basic_monthly_v1 on"
    )
    assert say_yes(client, page(subscription, "undo_change")).startswith("Called off.")


# The time line


def test_each_way_that_was_tried_is_told(shop: Shop, client: Client) -> None:
    shop.configure(STRATEGIES=("card", "link"))
    shop.flow.options.card_contract = False
    subscription = shop.begin().subscription
    newest, oldest = in_words(client, subscription, "Attempt")
    assert oldest.startswith("Open a subscription (card): Refused")
    assert "reason 7001; then by link" in oldest
    assert newest.startswith("Open a subscription (link): ")


def test_a_bill_in_uf_is_told_with_its_pesos_and_rate(shop: Shop, client: Client) -> None:
    subscription = shop.subscribe("uf_monthly_v1")
    payment = first_payment(subscription)
    assert payment.settled_amount
    assert column(client, subscription) == [f"CLP {payment.settled_amount:,.0f}"]
    assert any(
        "UF 1.5 (CLP 61,512, at CLP 41,008.1 a unit)" in text
        for text in in_words(client, subscription, "Charge")
    )
    shown = client.get(page(payment)).content.decode()
    assert "UF 1.5" in shown
    assert "CLP 61,512" in shown
    assert "CLP 41,008.1" in shown
    assert "At most CLP 61,512" in client.get(page(payment, "refund")).content.decode()


def test_a_period_that_is_ours_is_told(shop: Shop, client: Client) -> None:
    shop.configure(STRATEGIES=("order",))
    checkout = shop.begin()
    shop.flow.pay(token_in(checkout.url))
    subscription = shop.come_back(checkout).subscription
    shop.move(days=27)
    shop.sweep()
    renewal = subscription.checkouts.get(purpose="renew")
    told = in_words(client, subscription, "Attempt")[0]
    assert told.startswith("Order the next period (order): ")
    assert "the period from Feb. 13, 2026, pro_monthly_v1" in told
    assert f"order {renewal.order}" in told
    assert Event.objects.filter(name="subscription.renewal_ordered").exists()
    assert now() - renewal.created_at < timedelta(days=20)
