"""The public face."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from payment_subscriptions.billing import billing
from payment_subscriptions.exceptions import BadRequest
from payment_subscriptions.models import Subscription
from tests.foreign import MONTHLY, ForeignProvider, come_back, payer, subscribe


def test_a_users_own(foreign: ForeignProvider, django_user_model: Any) -> None:
    user = django_user_model.objects.create_user("ana", "ana@mail.example", first_name="Ana", last_name="Paz")
    checkout = billing(user).subscribe(MONTHLY, metadata={"seats": 3})
    assert (checkout.customer.email, checkout.customer.name) == ("ana@mail.example", "Ana Paz")
    subscription = come_back(checkout).subscription
    assert subscription.metadata == {"seats": 3}
    assert billing(user).subscription() == subscription
    assert list(user.subscriptions.all()) == list(billing(user).subscriptions) == [subscription]
    assert billing(user).access("team")
    other = django_user_model.objects.create_user("eva", "ana@mail.example")
    assert not billing(other).access("team")
    assert billing(other).subscription() is None


def test_nobody_has_no_billing(foreign: ForeignProvider) -> None:
    with pytest.raises(BadRequest):
        billing(AnonymousUser())


def test_another_address_for_this_order(foreign: ForeignProvider) -> None:
    checkout = payer().subscribe(MONTHLY, email="office@mail.example")
    assert checkout.subscription.email == checkout.customer.email == "office@mail.example"


@pytest.mark.parametrize("price", ["", "team", "pro_monthly_v1"])
def test_an_unknown_price_is_refused(foreign: ForeignProvider, price: str) -> None:
    with pytest.raises(BadRequest) as caught:
        payer().subscribe(price)
    assert caught.value.code == "unknown_price"
    assert not Subscription.objects.exists()


def test_an_unknown_plan_is_a_mistake_not_a_no(foreign: ForeignProvider) -> None:
    with pytest.raises(BadRequest):
        payer().access("tema")


def test_each_slot_has_its_own(foreign: ForeignProvider) -> None:
    team = subscribe()
    extra = come_back(payer().subscribe("extra_monthly_v1")).subscription
    assert payer().subscription() == team
    assert payer().subscription("extra") == extra
    assert payer().access("team")
    assert payer().access("extra")
    assert not payer().access("desk")
