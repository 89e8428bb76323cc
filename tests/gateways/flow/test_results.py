"""Flow's JSON as it really comes: text for numbers, nothing for something, dates of all kinds."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payment_subscriptions.gateways.flow import results
from payment_subscriptions.gateways.flow.declines import DECLINES, decline
from payment_subscriptions.gateways.flow.results import (
    CollectResponse,
    Coupon,
    Customer,
    Invoice,
    Malformed,
    PaymentStatus,
    PaymentStatusExtended,
    PayResponse,
    Plan,
    PlanChangePreview,
    RegisterResult,
    Result,
    SettlementV2,
    Subscription,
)
from payment_subscriptions.gateways.flow.results.reading import read, read_all, read_page
from payment_subscriptions.gateways.flow.results.values import SANTIAGO, day, decimal, flag, moment, whole

KINDS = [
    kind
    for kind in vars(results).values()
    if isinstance(kind, type) and issubclass(kind, Result) and kind is not Result
]

INVOICE = {
    "id": "1034", "subscriptionId": "sus_azcyjj9ycd", "customerId": "cus_eblcbsua2g",
    "created": "2018-06-26 17:29:06", "subject": "PlanPesos - período 2018-06-27 / 2018-07-26",
    "currency": "CLP", "amount": "29990.0000", "period_start": "2018-06-27 00:00:00",
    "period_end": "2018-07-26 00:00:00", "attemp_count": "2", "attemped": 1,
    "next_attemp_date": "2018-07-27 00:00:00", "due_date": "2018-06-30 00:00:00", "status": 0, "error": "1",
    "errorDate": "2018-06-30 00:00:00", "errorDescription": "The minimum amount is 350 CLP",
    "items": [{"id": 567, "subject": "Plan", "type": 1, "currency": "CLP", "amount": 29990}],
    "payment": None, "outsidePayment": [], "paymentLink": "https://www.flow.cl/app/web/pay.php?token=7C18C35",
    "chargeAttemps": [{"id": 901, "invoiceId": "", "amount": "90000.0000", "errorCode": -11}],
    "something_new": {"of": "Flow"},
}  # fmt: skip


def test_an_invoice() -> None:
    invoice = read(Invoice, INVOICE)
    assert (invoice.id, invoice.amount, invoice.status) == (1034, Decimal(29990), 0)
    assert (invoice.period_start, invoice.period_end) == (date(2018, 6, 27), date(2018, 7, 26))
    assert (invoice.attempt_count, invoice.attempted, invoice.error) == (2, True, True)
    assert invoice.next_attempt_date == datetime(2018, 7, 27, tzinfo=SANTIAGO)
    assert invoice.due_date == date(2018, 6, 30)
    assert invoice.payment is None
    assert invoice.outside_payment is None
    assert invoice.items[0].type == 1
    assert invoice.charge_attempts[0].invoice_id is None
    assert decline(invoice.charge_attempts[0].error_code).retry == "later"
    assert invoice.raw["something_new"] == {"of": "Flow"}


def test_a_subscription_of_before_and_after_september_2026() -> None:
    item = {
        "s_item_id": 3,
        "item_id": "1",
        "sub_id": 421527,
        "amount": "500",
        "totalAmount": "1000",
        "quantity": 2,
    }
    for name in ("items", "planAdditionalList"):
        found = read(Subscription, {"subscriptionId": "sus_1", name: [item], "cancel_at_period_end": "1"})
        assert found.items[0].item_id == 1
        assert found.items[0].sub_id == "421527"
        assert found.items[0].total_amount == 1000
        assert found.cancel_at_period_end is True
        assert found.period_end is None
        assert found.invoices == ()


def test_the_misspelt_names() -> None:
    assert read(Coupon, {"id": 1, "redemtions": "3"}).redemptions == 3
    assert read(Coupon, {"id": 1, "redemptions": "4"}).redemptions == 4
    payment = {"flowOrder": 5, "status": 2}
    assert read(CollectResponse, {"commerceOrder": "o", "paymenResult": payment}).payment_result is not None
    data = {"paymentData": {"autorizationCode": 123456, "cardLast4Numbers": "0042", "mediaType": "Crédito"}}
    extended = read(
        PaymentStatusExtended, {**payment, **data, "lastError": {"code": "01", "medioCode": "005"}}
    )
    assert extended.payment_data is not None
    assert extended.payment_data.authorization_code == "123456"
    assert extended.payment_data.card_last4 == "0042"
    assert extended.last_error is not None
    assert extended.last_error.acquirer_code == "005"
    customer = read(Customer, {"customerId": "c", "last4CardDigits": "4425", "creditCardType": "Visa"})
    assert (customer.card_last4_digits, customer.card_type) == ("4425", "Visa")


def test_the_preview_has_days_first() -> None:
    preview = read(
        PlanChangePreview,
        {
            "balance": {"amount": "-5000", "credit_expiration_date": "21-11-2024"},
            "next_invoice_date": "11-11-2024",
            "old_plan": {"amount": "10000", "interval": "3"},
        },
    )
    assert preview.balance.amount == -5000
    assert preview.balance.credit_expiration_date == date(2024, 11, 21)
    assert preview.next_invoice_date == date(2024, 11, 11)
    assert preview.old_plan is not None
    assert preview.old_plan.interval == 3


def test_a_settlement() -> None:
    found = read(SettlementV2, {"id": "7", "summary": {"payment": [{"rate": "4.19"}]}, "detail": None})
    assert found.summary is not None
    assert found.summary.payment[0].rate == Decimal("4.19")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"RUT": "9"}, {"RUT": "9"}),
        ('{"RUT":"9","n":1.10}', {"RUT": "9", "n": Decimal("1.10")}),
        ("no json", "no json"),
        ("", None),
        (None, None),
    ],
)
def test_optional(sent: object, expected: object) -> None:
    assert read(PaymentStatus, {"flowOrder": 1, "status": 1, "optional": sent}).optional == expected


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("1.7850", Decimal("1.7850")),
        (5, Decimal(5)),
        (Decimal("0.1"), Decimal("0.1")),
        (" 12000.00 ", Decimal(12000)),
        ("-5000", Decimal(-5000)),
        ("", None),
        ("$ 500", None),
        ("NaN", None),
        ("Infinity", None),
        ("1e999999999", None),
        (True, None),
        ([], None),
    ],
)
def test_amounts(sent: object, expected: Decimal | None) -> None:
    assert decimal(sent) == expected


def test_amounts_are_never_floats() -> None:
    content = json.loads('{"planId": "p", "amount": 0.1}', parse_float=Decimal)
    assert read(Plan, content).amount == Decimal("0.1")
    assert decimal(0.1) is None


@pytest.mark.parametrize(
    ("sent", "expected"),
    [("2", 2), (2, 2), ("2.0", 2), (Decimal("2.0"), 2), (True, 1), ("2.5", None), ("", None), ("paid", None)],
)
def test_whole_numbers(sent: object, expected: int | None) -> None:
    assert whole(sent) == expected


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (1, True),
        (0, False),
        ("1", True),
        ("0", False),
        (True, True),
        (False, False),
        ("false", False),
        ("x", None),
        (2, None),
    ],
)
def test_flags(sent: object, expected: bool | None) -> None:
    assert flag(sent) is expected
    page = read_page(Plan, {"total": "1", "hasMore": sent, "data": []})
    assert page.has_more is expected


@pytest.mark.parametrize(
    "sent",
    [
        "2017-07-21 12:33:15",
        "2017-07-21 12:33.15",
        "21-07-2017 12:33:15",
        "2017-07-21T16:33:15Z",
        "2017-07-21T12:33:15-04:00",
    ],
)
def test_moments(sent: str) -> None:
    found = moment(sent)
    assert found == datetime(2017, 7, 21, 16, 33, 15, tzinfo=UTC)
    assert found is not None
    assert found.tzinfo is SANTIAGO
    assert day(sent) == date(2017, 7, 21)


def test_days() -> None:
    assert day("2026-08-04 00:00:00") == date(2026, 8, 4)
    assert day("2026-08-04") == day("04-08-2026") == day("04-08-2026 23:59") == date(2026, 8, 4)
    assert day("2026-08-04T02:00:00Z") == date(2026, 8, 3)


@pytest.mark.parametrize(
    "sent", ["", "0000-00-00 00:00:00", "2026-02-30", "mañana", 20260804, None, "0001-01-01 00:00:00+14:00"]
)
def test_no_dates(sent: object) -> None:
    assert moment(sent) is None


def test_midnight_that_does_not_exist_and_the_hour_that_comes_twice() -> None:
    spring = moment("2026-09-06 00:00:00")
    assert spring == datetime(2026, 9, 6, 4, tzinfo=UTC)
    assert spring is not None
    assert (spring.hour, spring.utcoffset()) == (1, timedelta(hours=-3))
    assert day("2026-09-06 00:00:00") == date(2026, 9, 6)
    autumn = moment("2026-04-04 23:30:00")
    assert autumn is not None
    assert autumn.astimezone(UTC) == datetime(2026, 4, 5, 2, 30, tzinfo=UTC)


def test_what_must_be_there() -> None:
    contents: list[object] = [
        {},
        {"customerId": None},
        {"customerId": ""},
        {"customerId": {}},
        [],
        None,
        "x",
        {"code": 1, "message": ""},
    ]
    for content in contents:
        with pytest.raises(Malformed):
            read(Customer, content)
    with pytest.raises(Malformed, match="status") as caught:
        read(PaymentStatus, {"flowOrder": 1, "status": "secret"})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_is_asked_for_by_itself_has_something_that_must_be_there(kind: type[Result]) -> None:
    """Else {"code": 1, "message": ""} with HTTP 200 would be read as an empty success."""
    nested = ("Data", "Detail", "Summary", "SummaryV2", "DetailV2", "DataExtended", "Row", "Info", "Error")
    inner = {"Charge", "ChargeAttempt", "CollectStatus", "InvoiceItem", "SubscriptionItem", "PreviewPlan"}
    if kind.__name__.endswith(nested) or kind.__name__ in inner:
        return
    with pytest.raises(Malformed):
        read(kind, {"code": 1, "message": ""})


def test_a_row_never_vanishes() -> None:
    with pytest.raises(Malformed):
        read(Subscription, {"subscriptionId": "sus_1", "invoices": [{"id": 1}, {"no": "id"}]})
    with pytest.raises(Malformed):
        read_page(Plan, {"total": 1, "hasMore": 0})
    assert [plan.plan_id for plan in read_all(Plan, {"0": {"planId": "a"}, "2": {"planId": "b"}})] == [
        "a",
        "b",
    ]


SECRETS = {
    "token": "33373581FC32576FAF33C46FC6454B1FFEBD7E1H",
    "url": "https://www.flow.cl/app/web/pay.php?token=33373581FC32576FAF33C46FC6454B1FFEBD7E1H",
    "paymentLink": "https://www.flow.cl/app/web/pay.php?token=33373581FC32576FAF33C46FC6454B1FFEBD7E1H",
    "payer": "pperez@correo.cl", "email": "pperez@correo.cl", "receiverEmail": "pperez@correo.cl",
    "name": "Pedro Perez", "cardNumber": "457630 **** **** 9876", "last4CardDigits": "9876",
    "cardLast4Numbers": "9876", "optional": '{"RUT": "9999999-9"}', "rut": "9999999-9", "taxId": "9999999-9",
    "externalId": "9999999-9", "message": "The userEmail: pperez@correo.cl is not valid.",
    "errorDescription": "The userEmail: pperez@correo.cl is not valid.",
}  # fmt: skip
NEEDED: dict[str, Any] = {
    "flowOrder": 1, "status": 1, "customerId": "cus_1", "commerceOrder": "o1", "planId": "p", "id": 1,
    "subscriptionId": "sus_1", "success": True, "new_plan_id": "p2", "balance": {"amount": 1},
    "date": "2026-01-01", "amount": 1,
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_repr_shows_no_secret(kind: type[Result]) -> None:
    nested: dict[str, Any] = {"paymentData": SECRETS, "lastError": SECRETS, "invoices": []}
    if kind is Invoice:
        nested["payment"] = {**NEEDED, **SECRETS}
    found = read(kind, {**NEEDED, **SECRETS, **nested})
    shown = repr(found)
    for piece in ("33373581", "pay.php", "pperez", "9876", "9999999"):
        assert piece not in shown
    if kind.__name__ not in ("Plan", "Coupon", "ItemAdditional", "SubscriptionItem", "PreviewPlan"):
        assert "Pedro" not in shown  # theirs is the name of a thing


def test_results_are_values() -> None:
    one, other = (read(PayResponse, {"url": "https://f", "token": "T", "x": number}) for number in (1, 2))
    assert one == other
    assert hash(one) == hash(other)
    assert one.link == "https://f?token=T"
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.token = "U"  # type: ignore[misc]
    assert read(RegisterResult, {"status": 1}).status == "1"


KEYS = [*INVOICE, *NEEDED, *SECRETS, "invoices", "discount"]
wire_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=5)
    | st.sampled_from(["1", "0", "-5.10", "2026-09-06 00:00:00", "{}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=8),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=500, derandomize=True, deadline=None, database=None)
@given(st.sampled_from(KINDS), wire_json)
def test_any_json_is_read_or_malformed(kind: type[Result], content: Any) -> None:
    with contextlib.suppress(Malformed):
        repr(read(kind, content))


def test_declines() -> None:
    assert len(DECLINES) == 12
    assert decline(-7).retry == "no"
    assert decline("01") == DECLINES["-1"]
    assert decline(None) == decline("77") == DECLINES["999"]
