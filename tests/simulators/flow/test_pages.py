"""The pages through a plain HTTP client: what a form holds is what is sent."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
import requests

from payment_subscriptions.simulators.flow import CHILE, REJECTED_ON_CHARGE, FlowSimulator

from ..merchant import Merchant
from .caller import Caller
from .test_rules import order


class Form(HTMLParser):
    """The one form of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.action, self.method, self.fields, self.buttons = "", "", dict[str, str](), list[str]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action, self.method = values.get("action", ""), values.get("method", "")
        elif tag == "input":
            self.fields[values["name"]] = values.get("value", "")
        elif tag == "button" and "name" in values:
            self.buttons.append(values["value"])


@pytest.fixture
def enrolment(at_flow: Caller, merchant: Merchant) -> dict[str, str]:
    customer = at_flow.customer(card=False)
    made = at_flow.do("customer/register", customerId=customer, url_return=merchant.url("/back/?a=1"))
    return {**made, "customer": customer}


def press(page: str, token: str, action: str, **fields: str) -> requests.Response:
    form = Form(requests.get(page, params={"token": token}, timeout=5).text)
    assert action in form.buttons
    return requests.post(page, data={**form.fields, **fields, "accion": action}, timeout=5)


def test_enrolling_a_card(at_flow: Caller, enrolment: dict[str, str], merchant: Merchant) -> None:
    url, token = enrolment["url"], enrolment["token"]
    assert url.endswith("/app/customer/disclaimer.php")
    assert Form(requests.get(url, params={"token": token}, timeout=5).text).fields["tarjeta"] == CHILE
    assert at_flow.read("customer/getRegisterStatus", token=token)["status"] == "0"
    back = Form(press(url, token, "aceptar").text)
    assert (back.method, back.action, back.fields) == ("post", merchant.url("/back/?a=1"), {"token": token})
    seen = at_flow.read("customer/getRegisterStatus", token=token)
    assert (seen["status"], seen["cardNumber"]) == ("1", "405188 **** **** 6623")
    customer = at_flow.read("customer/get", customerId=enrolment["customer"])
    assert (customer["pay_mode"], customer["last4CardDigits"]) == ("auto", "6623")


def test_going_back_and_pressing_something_else_changes_nothing(
    at_flow: Caller, enrolment: dict[str, str]
) -> None:
    url, token = enrolment["url"], enrolment["token"]
    press(url, token, "aceptar")
    press(url, token, "cancelar")
    assert at_flow.read("customer/getRegisterStatus", token=token)["status"] == "1"


@pytest.mark.parametrize(("action", "detail"), [("rechazar", "2"), ("cancelar", "3")])
def test_an_enrolment_that_fails(
    flow: FlowSimulator, at_flow: Caller, enrolment: dict[str, str], action: str, detail: str
) -> None:
    press(enrolment["url"], enrolment["token"], action)
    assert at_flow.read("customer/getRegisterStatus", token=enrolment["token"])["status"] == "0"
    flow.options.enrolment_status_detail = True
    register = {"customerId": enrolment["customer"], "url_return": "http://127.0.0.1:9/"}
    token = at_flow.do("customer/register", **register)["token"]
    press(enrolment["url"], token, action)
    assert at_flow.read("customer/getRegisterStatus", token=token)["status"] == detail


def test_a_card_that_enrols_and_is_refused_later(at_flow: Caller, enrolment: dict[str, str]) -> None:
    at_flow.plan()
    press(enrolment["url"], enrolment["token"], "aceptar", tarjeta=REJECTED_ON_CHARGE)
    assert at_flow.subscribe(enrolment["customer"])["morose"] == 2


def test_a_card_of_nobody_is_asked_again(at_flow: Caller, enrolment: dict[str, str]) -> None:
    answer = press(enrolment["url"], enrolment["token"], "aceptar", tarjeta="4111 1111 1111 1111")
    assert answer.status_code == 422
    assert "aceptar" in Form(answer.text).buttons
    assert at_flow.read("customer/getRegisterStatus", token=enrolment["token"])["status"] == "0"


@pytest.mark.parametrize(
    ("action", "fields", "status", "called"),
    [
        ("pagar", {"medio": "webpay"}, 2, 1),
        ("rechazar", {}, 3, 1),
        ("anular", {}, 4, 1),
        ("pagar", {"medio": "cupon"}, 1, 0),
    ],
)
def test_paying(
    at_flow: Caller, merchant: Merchant, action: str, fields: dict[str, str], status: int, called: int
) -> None:
    urls = {"urlConfirmation": merchant.url(), "urlReturn": merchant.url("/back/")}
    made = at_flow.do("payment/create", **order(**urls))
    back = Form(press(made["url"], made["token"], action, **fields).text)
    assert (back.action, back.fields) == (merchant.url("/back/"), {"token": made["token"]})
    assert at_flow.read("payment/getStatus", token=made["token"])["status"] == status
    assert len(merchant.received) == called


def test_a_coupon_is_paid_later(flow: FlowSimulator, at_flow: Caller, merchant: Merchant) -> None:
    made = at_flow.do("payment/create", **order(urlConfirmation=merchant.url()))
    press(made["url"], made["token"], "pagar", medio="cupon")
    seen = at_flow.read("payment/getStatus", token=made["token"])
    assert (seen["status"], seen["pending_info"]["media"]) == (1, "Multicaja")
    flow.clock.advance(days=1)
    flow.pay_coupon(made["token"])
    assert at_flow.read("payment/getStatus", token=made["token"])["paymentData"]["media"] == "Multicaja"
    assert merchant.tokens == [made["token"]]


def test_a_rejected_order_can_be_tried_again_and_tells_why(at_flow: Caller) -> None:
    made = at_flow.do("payment/create", **order())
    press(made["url"], made["token"], "rechazar")
    seen = at_flow.read("payment/getStatusExtended", token=made["token"])
    assert (seen["status"], seen["lastError"]["code"]) == (3, "-6")
    press(made["url"], made["token"], "pagar")
    assert at_flow.read("payment/getStatus", token=made["token"])["status"] == 2


def test_leaving_changes_nothing_and_paying_twice_is_not_possible(
    flow: FlowSimulator, at_flow: Caller
) -> None:
    made = at_flow.do("payment/create", **order())
    press(made["url"], made["token"], "salir")
    assert at_flow.read("payment/getStatus", token=made["token"])["status"] == 1
    for _ in range(2):
        requests.post(made["url"], data={"token": made["token"], "accion": "pagar"}, timeout=5)
    assert len(flow.books.taken()) == 1


def test_time_to_choose_runs_out(flow: FlowSimulator, at_flow: Caller) -> None:
    made = at_flow.do("payment/create", **order(checkout_timeout=300))
    flow.clock.advance(hours=1)
    assert at_flow.read("payment/getStatus", token=made["token"])["status"] == 1
    requests.get(made["url"], params={"token": made["token"]}, timeout=5)
    flow.clock.advance(seconds=301)
    assert at_flow.read("payment/getStatus", token=made["token"])["status"] == 4


def test_nobody_comes_back_from_the_link_of_an_invoice(at_flow: Caller) -> None:
    at_flow.plan()
    invoice = at_flow.subscribe(at_flow.customer(card=False))["invoices"][0]
    page, _, token = invoice["paymentLink"].partition("?token=")
    answer = press(page, token, "pagar")
    assert "Orden pagada" in answer.text
    assert "<form" not in answer.text


def test_a_refund_is_answered_on_its_page(flow: FlowSimulator, at_flow: Caller, merchant: Merchant) -> None:
    made = at_flow.do(
        "refund/create",
        refundCommerceOrder="r1", receiverEmail="ana@correo.cl", amount=5000, urlCallBack=merchant.url(),
    )  # fmt: skip
    link = flow.outbox.of("refund")[0].link or ""
    page, _, token = link.partition("?token=")
    press(page, token, "rechazar")
    assert at_flow.read("refund/getStatus", token=made["token"])["status"] == "rejected"
    assert merchant.tokens == [made["token"]]


def test_addresses_of_nothing(flow: FlowSimulator) -> None:
    for path in ("/app/web/pay.php?token=x", "/app/customer/disclaimer.php", "/app/refund", "/nowhere"):
        assert requests.get(flow.url + path, timeout=5).status_code == 404


def test_pages_need_nothing_from_outside_and_escape_what_they_show(
    flow: FlowSimulator, at_flow: Caller
) -> None:
    made = at_flow.do("payment/create", **order(subject="<script>alert(1)</script>"))
    html = requests.get(made["url"], params={"token": made["token"]}, timeout=5).text
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html
    assert 'lang="es"' in html
    assert "$5.000" in html
    assert 'name="viewport"' in html
    for page in (
        html,
        requests.get(flow.url, timeout=5).text,
        requests.get(flow.url + "/outbox", timeout=5).text,
    ):
        assert "src=" not in page
        assert "<link" not in page
