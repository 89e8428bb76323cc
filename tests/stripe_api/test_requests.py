"""The judge of requests lets right ones pass and names what is wrong in the others."""

from __future__ import annotations

import pytest

from . import Request, judge, needs_description
from .forms import nested

pytestmark = needs_description

SESSIONS = "/v1/checkout/sessions"
SUBSCRIPTION = "/v1/subscriptions/sub_1"
PREVIEW = "/v1/invoices/create_preview"
PAID_CARD = "customer.invoice_settings.default_payment_method"


def form(**pairs: object) -> str:
    """``a__b__0="x"`` is ``a[b][0]=x``."""
    written = {name.split("__")[0] + "".join(f"[{p}]" for p in name.split("__")[1:]): value
               for name, value in pairs.items()}  # fmt: skip
    return "&".join(f"{name}={value}" for name, value in written.items())


def complaints(method: str, path: str, sent: str = "") -> list[str]:
    where = "body" if method == "post" else "query"
    return [text.partition(": ")[2] for text in judge().request(Request(method, path, **{where: sent}))]


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("post", SESSIONS, form(mode="subscription", line_items__0__price="p", line_items__0__quantity=2)),
        (
            "post",
            SESSIONS,
            form(mode="payment", subscription_data__metadata__anything="x", expand__0="customer"),
        ),
        ("post", SUBSCRIPTION, form(pause_collection="", cancel_at_period_end="true", metadata__a="")),
        ("post", SUBSCRIPTION, form(pause_collection__behavior="void", trial_end="now")),
        ("post", SUBSCRIPTION, form(trial_end=1800000000, cancel_at="")),
        ("post", PREVIEW, form(subscription="sub_1", subscription_details__items__0__id="si_1")),
        ("get", SUBSCRIPTION, form(expand__0=PAID_CARD, expand__1="schedule")),
        ("get", "/v1/invoices", form(subscription="sub_1", limit=100, expand__0="data.payments")),
        ("get", "/v1/customers", form(created__gte=5)),
        ("get", "/v1/customers", form(created=5)),
        ("delete", SUBSCRIPTION, form(invoice_now="false")),
        ("post", "/v1/prices", form(currency="clp", unit_amount=-5, product="pro", lookup_key="pro_v1")),
        ("post", "/v1/prices", form(currency="usd", unit_amount_decimal="12.5")),
    ],
)
def test_right(method: str, path: str, sent: str) -> None:
    assert complaints(method, path, sent) == []


@pytest.mark.parametrize(
    ("method", "path", "sent", "complaint"),
    [
        ("post", "/v1/nothing", "", "no such operation"),
        ("delete", SESSIONS, "", "no such operation"),
        ("post", "/v1/subscriptions//resume", "", "no such operation"),
        ("post", SESSIONS, form(moed="payment"), "moed: unknown"),
        ("post", SESSIONS, form(line_items__0__prize="p"), "line_items[0].prize: unknown"),
        ("post", SESSIONS, form(line_items__1__price_data__currency="clp", line_items__0__price="p",
                                line_items__1__price_data__recurring__interval="month",
                                line_items__1__price_data__recurring__intervall_count=2),
         "line_items[1].price_data.recurring.intervall_count: unknown"),
        ("post", SESSIONS, form(payment_method_options__card__installments__enabled="true",
                                payment_method_options__card__installments__most="3"),
         "payment_method_options.card.installments.most: unknown"),
        ("post", SESSIONS, form(line_items__price="p"), "line_items: {'price': 'p'} is no list"),
        ("post", SESSIONS, form(line_items__0="p"), "line_items[0]: 'p' is no mapping"),
        ("post", SESSIONS, form(mode="gift"), "mode: 'gift' is none of 'payment', 'setup', 'subscription'"),
        ("post", SESSIONS, form(expires_at="tomorrow"), "expires_at: 'tomorrow' is no integer"),
        ("post", SESSIONS, form(allow_promotion_codes="True"), "allow_promotion_codes: 'True' is no boolean"),
        ("post", SESSIONS, form(client_reference_id="x" * 201), "client_reference_id: longer than 200"),
        ("post", SESSIONS, form(success_url=""), "success_url: cannot be unset by an empty value"),
        ("post", SESSIONS, form(metadata__a__b="x"), "metadata.a: {'b': 'x'} is no string"),
        ("post", SESSIONS, "metadata[a]=1&metadata=2", "metadata: given twice"),
        ("post", SESSIONS, "metadata[a=1", "metadata[a: no name of a parameter"),
        ("post", SUBSCRIPTION, form(pause_collection__resumes_at=5), "pause_collection.behavior: missing"),
        ("post", SUBSCRIPTION, form(pause_collection="void"), "pause_collection: 'void' is none of ''"),
        ("post", PREVIEW, form(subscription_details__items__0__price_data__currency="clp",
                               subscription_details__items__0__price_data__recurring__interval="month"),
         "subscription_details.items[0].price_data.product: missing"),
        ("post", "/v1/prices", form(unit_amount=5), "currency: missing"),
        ("post", "/v1/prices", form(currency="CLP", unit_amount=5), "currency: 'CLP' is no currency"),
        ("post", "/v1/prices", form(currency="clp", unit_amount_decimal="1,5"),
         "unit_amount_decimal: '1,5' is no decimal number"),
        ("post", "/v1/refunds", form(amount="1.5"), "amount: '1.5' is no integer"),
        ("get", "/v1/customers", form(limit="ten"), "limit: 'ten' is no integer"),
        ("get", "/v1/customers", form(created__since=5), "created.since: unknown"),
        ("get", "/v1/invoices", form(expand__0="payments"), "expand: payments cannot be expanded"),
        ("get", "/v1/invoices", form(expand__0="data.total"), "expand: data.total cannot be expanded"),
        ("get", "/v1/invoices", form(expand__0="data.payments.data.payment.payment_intent"),
         "expand: data.payments.data.payment.payment_intent is deeper than 4"),
    ],
)  # fmt: skip
def test_wrong(method: str, path: str, sent: str, complaint: str) -> None:
    assert complaints(method, path, sent) == [complaint]


def test_a_fixed_address_is_no_id() -> None:
    found = judge().operation("POST", PREVIEW)
    assert found is not None
    assert found.address == PREVIEW


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("a=1&b[c][d]=2", {"a": "1", "b": {"c": {"d": "2"}}}),
        ("a[1]=y&a[0]=x", {"a": ["x", "y"]}),
        ("a[10]=y&a[9]=x", {"a": ["x", "y"]}),
        ("a[]=x&a[]=y", {"a": ["x", "y"]}),
        ("a[0][b][0]=x&a[0][c]=", {"a": [{"b": ["x"], "c": ""}]}),
        ("metadata%5Bx%20y%5D=%26%3D", {"metadata": {"x y": "&="}}),
    ],
)
def test_a_form_is_read_as_stripe_reads_it(text: str, shape: object) -> None:
    assert nested(text) == shape
