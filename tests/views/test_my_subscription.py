"""A payer's own page: what it says, to whom, at what cost; links asked for; a word when leaving."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import include, path
from django.utils import timezone

from payment_subscriptions.billing import Billing, billing
from payment_subscriptions.checkout import Payer
from payment_subscriptions.exceptions import OutcomeUnknown
from payment_subscriptions.lifecycle import CancelReason, PaymentStatus, Status
from payment_subscriptions.models import Customer, Event, Payment, Receipt, Refund, Subscription
from payment_subscriptions.models.subscription import MOST_SAID
from payment_subscriptions.personal_data import erase, find
from payment_subscriptions.portal_links import portal_link
from payment_subscriptions.sweep import sweep
from payment_subscriptions.views.my_subscription import PAYMENTS
from payment_subscriptions.views.portal_links import AnsweredFirst
from payment_subscriptions.views.viewer import COOKIE
from tests.views.test_portal_links import MINE, buy, opened, path_of
from tests.views.till import EMAIL, Till, come_back, fields, newest, order, till_settings

pytestmark = pytest.mark.django_db(transaction=True)

ASKING = f"{MINE}enlace/"


def of(subscription: Subscription) -> str:
    return f"{MINE}{subscription.public_id}/"


def text_of(html: str) -> str:
    """As it is read."""
    main = html[html.index("<main") : html.index("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)).strip()


def sentence(client: Client, address: str = MINE) -> str:
    html = client.get(address).content.decode()
    found = re.search(r"data-sentence>(.*?)</p>", html, re.DOTALL)
    assert found, html
    return re.sub(r"\s+", " ", found[1]).strip()


def add_payments(subscription: Subscription, number: int, **columns: Any) -> None:
    """As a provider would have charged them, a month apart."""
    begin = timezone.now() - timedelta(days=30 * number)
    Payment.objects.bulk_create(
        Payment(
            subscription=subscription,
            provider=subscription.provider,
            mode=subscription.mode,
            reference=f"{subscription.pk}-{each}",
            order=f"order-{each}",
            **{
                "status": PaymentStatus.PAID,
                "amount": 10000,
                "currency": "CLP",
                "paid_at": begin + timedelta(days=30 * each),
            }
            | columns,
        )
        for each in range(number)
    )


# What it says


def test_it_is_told_in_one_sentence(till: Till) -> None:
    subscription = buy()
    client = opened(portal_link(subscription))
    soon = timezone.now() + timedelta(days=20)
    day = timezone.localtime(soon)
    months = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
    Subscription.objects.update(next_charge_at=soon)
    assert sentence(client) == (
        f"Activa. Próximo cobro: $10.000 el {day.day} de {months.split()[day.month - 1]}, Visa •••• 6623."
    )


LATER = timezone.now() + timedelta(days=20)
AGO = timezone.now() - timedelta(days=400)


@pytest.mark.sampled(5)
@pytest.mark.parametrize(
    ("columns", "begins"),
    [
        ({"status": Status.TRIALING, "trial_end": LATER}, "De prueba hasta el"),
        ({"status": Status.TRIALING, "trial_end": LATER, "next_charge_at": None}, "De prueba hasta el"),
        ({"status": Status.PAUSED}, "Pausada. No se cobra nada."),
        ({"cancel_at_period_end": True}, "Cancelada. Sigue funcionando hasta el"),
        ({"cancel_at_period_end": True, "access_until": None}, "Cancelada. No se cobra nada más."),
        ({"status": Status.CANCELLED, "ended_at": AGO, "access_until": None}, "Terminó el"),
        ({"status": Status.FAILED}, "Terminó. Sigue funcionando hasta el"),
        ({"status": Status.PAID, "access_until": None}, "Pagada. No se cobrará nada más."),
        ({"status": Status.PAID, "access_until": AGO}, "Pagada. Funcionó hasta el"),
        ({"status": Status.PAID, "access_until": LATER}, "Pagada. Funciona hasta el"),
        ({"status": Status.PAST_DUE}, "Hay un pago pendiente. Sigue funcionando hasta el"),
        ({"next_charge_at": None}, "Activa."),
        ({"mode": "demo"}, "Una demostración: no se cobra nada."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_state_has_its_sentence(till: Till, columns: dict[str, Any], begins: str) -> None:
    subscription = buy()
    client = opened(portal_link(subscription))
    Subscription.objects.update(**columns)
    assert sentence(client, of(subscription)).startswith(begins)


def test_a_far_day_is_told_with_its_year(till: Till) -> None:
    client = opened(portal_link(buy()))
    far = timezone.now() + timedelta(days=365)
    Subscription.objects.update(next_charge_at=far)
    assert str(far.year) in sentence(client)


def test_what_is_owed_is_said_and_can_be_paid(till: Till) -> None:
    subscription = buy()
    till.mood("declined:blocked")
    subscription.sync()
    html = opened(portal_link(subscription)).get(MINE).content.decode()
    assert "Debes $10.000 desde el" in text_of(html)
    assert "Tu tarjeta está bloqueada." in html
    assert "Pagar con otra tarjeta" in html
    assert html.count("/tarjeta/") == 1  # one way, and not the everyday one beside it


def test_what_can_be_done_leads_to_the_pages_that_do_it(till: Till) -> None:
    subscription = buy()
    client = opened(portal_link(subscription))
    html = client.get(MINE).content.decode()
    attempt = subscription.order_attempt
    assert attempt
    for action in ("cambiar", "tarjeta", "cancelar"):
        assert f"/pagos/resultado/{attempt.public_id}/{action}/" in html
    client.post(f"/pagos/resultado/{attempt.public_id}/cancelar/")
    html = client.get(MINE).content.decode()
    assert f"/pagos/resultado/{attempt.public_id}/seguir/" in html
    assert "/cancelar/" not in html


def test_every_page_of_a_result_leads_back(till: Till) -> None:
    subscription = buy()
    attempt = subscription.order_attempt
    assert attempt
    address = f"/pagos/resultado/{attempt.public_id}/"
    assert f'href="{MINE}"' in text_and_links(Client().get(address))
    assert f'href="{of(subscription)}"' in text_and_links(opened(portal_link(subscription)).get(address))


def text_and_links(answer: Any) -> str:
    html: str = answer.content.decode()
    return html[html.index("<main") :]


def test_what_was_ordered_and_not_paid_goes_on(till: Till) -> None:
    user = get_user_model().objects.create_user("ana", EMAIL)
    subscription = billing(user).subscribe("pro_monthly_v1").subscription
    client = Client()
    client.force_login(user)
    html = client.get(MINE).content.decode()
    assert "Pedida, y todavía sin pagar." in html
    assert f"/pagos/resultado/{newest().public_id}/" in html
    subscription.cancel()
    assert "Todavía no tienes una suscripción" in client.get(MINE).content.decode()


def test_a_doubt_is_told(till: Till) -> None:
    subscription = buy()
    client = opened(portal_link(subscription))
    preview = subscription.preview_change("pro_yearly_v1")
    till.mood("silent")
    with suppress(OutcomeUnknown):
        subscription.change_plan(preview)
    assert "Estamos confirmando algo que pediste." in client.get(MINE).content.decode()


def test_several_are_listed_and_each_has_its_page(till: Till) -> None:
    first, second = buy(), buy(price="twin_monthly_v1")
    gone = buy()
    gone.cancel(at_period_end=False)
    client = opened(portal_link(first))
    html = client.get(MINE).content.decode()
    assert html.count("data-sentence") == 3
    assert html.index("Mellizo") < html.index("Terminó")
    assert client.get(of(second)).status_code == 200
    text = text_of(client.get(of(second)).content.decode())
    assert "Tus otras suscripciones Pro" in text


def test_of_several_the_only_one_that_goes_on_is_shown(till: Till) -> None:
    gone, going = buy(), buy(price="twin_monthly_v1")
    gone.cancel(at_period_end=False)
    text = text_of(opened(portal_link(going)).get(MINE).content.decode())
    assert "Mellizo Activa." in text
    assert "Tus otras suscripciones Pro" in text


def test_in_english(till: Till) -> None:
    subscription = buy()
    client = opened(portal_link(subscription))
    answer = client.get(MINE, headers={"accept-language": "en"})
    assert "Active. Next charge: CLP 10,000 on" in text_of(answer.content.decode())


def test_where_the_catalogue_and_the_gateway_are_gone_it_still_tells(till: Till, settings: Any) -> None:
    subscription = buy()
    client = opened(portal_link(subscription))
    settings.PAYMENT_SUBSCRIPTIONS |= {"PLANS": ()}
    assert "pro" in sentence(client) or "Activa" in sentence(client)
    settings.PAYMENT_SUBSCRIPTIONS |= {"GATEWAYS": {}}
    assert "Activa" in sentence(client)
    assert "/cancelar/" not in client.get(MINE).content.decode()


# Payments and receipts


def test_a_payer_with_36_payments_costs_no_more_than_one_with_four(till: Till) -> None:
    subscription = buy()
    client = opened(portal_link(subscription))
    few = queries(client, of(subscription))
    add_payments(subscription, 35)
    assert queries(client, of(subscription)) == few <= 14
    assert client.get(of(subscription)).content.decode().count('<li><span class="when">') == PAYMENTS


def test_a_list_of_many_costs_no_more_than_one_of_two(till: Till) -> None:
    subscription = buy()
    client = opened(portal_link(subscription))
    buy(price="twin_monthly_v1")
    two = queries(client, MINE)
    for _more in range(6):
        twin = Subscription.objects.get(pk=subscription.pk)
        twin.pk, twin.public_id, twin.reference, twin.slot_key = None, uuid4(), uuid4().hex, None
        twin.save()
    assert queries(client, MINE) == two <= 9
    assert client.get(MINE).content.decode().count("data-sentence") == 8


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


def test_older_payments_are_a_link_away_to_the_last(till: Till) -> None:
    subscription = buy()
    add_payments(subscription, 35)
    client = opened(portal_link(subscription))
    seen: list[str] = []
    address = of(subscription)
    while address:
        html = client.get(address).content.decode()
        seen += re.findall(r"/recibo/(\d+)/", html)
        older = re.search(r'href="([^"]*\?until=\d+)"', html)
        address = older[1] if older else ""
    assert seen == [str(number) for number in range(36, 0, -1)]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("until", ["0", "-1", "99999999999", "x", "²", "1 OR 1"])
def test_any_number_will_do(till: Till, until: str) -> None:
    subscription = buy()
    assert opened(portal_link(subscription)).get(of(subscription), {"until": until}).status_code == 200


def test_a_receipt(till: Till) -> None:
    subscription = buy()
    client = opened(portal_link(subscription))
    answer = client.get(f"{of(subscription)}recibo/1/")
    text = text_of(answer.content.decode())
    payment = subscription.payments.get()
    assert "Comprobante $10.000 pagado el" in text
    assert (payment.order or payment.reference) in text
    assert EMAIL in text
    assert "no-store" in answer["Cache-Control"]


def test_a_receipt_bears_the_site_s_name(till: Till, settings: Any) -> None:
    subscription = buy()
    client, receipt = opened(portal_link(subscription)), f"{of(subscription)}recibo/1/"
    settings.PAYMENT_SUBSCRIPTIONS |= {"SITE_NAME": ""}
    assert '<p class="seller"><strong>testserver</strong>' in client.get(receipt).content.decode()
    settings.PAYMENT_SUBSCRIPTIONS |= {"SITE_NAME": "Tienda & Cía."}
    assert '<p class="seller"><strong>Tienda &amp; Cía.</strong>' in client.get(receipt).content.decode()


def test_a_receipt_in_uf_tells_pesos_and_rate(till: Till) -> None:
    subscription = buy()
    subscription.payments.update(
        amount=Decimal("0.25"),
        currency="CLF",
        settled_amount=10252,
        settled_currency="CLP",
        rate=Decimal("41008.10"),
    )
    text = text_of(opened(portal_link(subscription)).get(f"{of(subscription)}recibo/1/").content.decode())
    assert "Comprobante $10.252 pagado el" in text
    assert "UF 0,25" in text
    assert "$10.252 (UF a $41.008,10)" in text


def test_a_receipt_tells_what_was_given_back(till: Till) -> None:
    subscription = buy()
    payment = subscription.payments.get()
    Refund.objects.create(
        payment=payment, provider="till", mode="sandbox", amount=3000, currency="CLP", status="refunded"
    )
    subscription.payments.update(refunded_amount=4000, status=PaymentStatus.PARTIALLY_REFUNDED)
    text = text_of(opened(portal_link(subscription)).get(f"{of(subscription)}recibo/1/").content.decode())
    assert "$3.000" in text
    assert "$1.000" in text


@pytest.mark.parametrize("status", [PaymentStatus.PENDING, PaymentStatus.FAILED, PaymentStatus.CANCELLED])
def test_what_was_not_paid_has_no_receipt(till: Till, status: PaymentStatus) -> None:
    subscription = buy()
    subscription.payments.update(status=status, paid_at=None)
    client = opened(portal_link(subscription))
    assert "/recibo/" not in client.get(MINE).content.decode()
    assert client.get(f"{of(subscription)}recibo/1/").status_code == 404


@pytest.mark.parametrize("number", ["0", "2", "999999"])
def test_there_is_no_other_receipt(till: Till, number: str) -> None:
    subscription = buy()
    assert opened(portal_link(subscription)).get(f"{of(subscription)}recibo/{number}/").status_code == 404


def test_page_and_receipts_are_for_their_own_payer_only(till: Till) -> None:
    mine, other = buy(), buy("beto@correo.cl", "twin_monthly_v1")
    user = get_user_model().objects.create_user("ana", EMAIL)
    users = billing(user).subscribe("pro_monthly_v1")
    come_back(Client(), users)
    logged_in = Client()
    logged_in.force_login(user)
    beto, ana = opened(portal_link(other)), opened(portal_link(mine))
    for client, subscription in (
        (beto, mine),
        (ana, other),
        (ana, users.subscription),
        (logged_in, mine),
        (logged_in, other),
    ):
        for address in (of(subscription), f"{of(subscription)}recibo/1/"):
            answer = client.get(address)
            assert answer.status_code == 404
            assert "Pro" not in answer.content.decode()
    for address in (of(mine), f"{of(mine)}recibo/1/"):
        answer = Client().get(address)
        assert "Enviarme un enlace" in answer.content.decode()
        assert "Pro" not in answer.content.decode()
    assert ana.get(f"{MINE}{uuid4()}/").status_code == 404


def test_the_result_page_has_receipts_for_its_payer_only(till: Till) -> None:
    subscription = buy()
    attempt = subscription.order_attempt
    assert attempt
    address = f"/pagos/resultado/{attempt.public_id}/"
    assert "/recibo/" not in Client().get(address).content.decode()
    assert "/recibo/1/" in opened(portal_link(subscription)).get(address).content.decode()


# A link, asked for


def ask(client: Client, **data: str) -> Any:
    return client.post(ASKING, data)


def test_a_link_is_mailed_to_whom_it_belongs(till: Till) -> None:
    buy()
    answer = ask(Client(headers={"accept": "text/html"}), email=" ANA@correo.CL ")
    assert (answer.status_code, answer["Location"]) == (303, ASKING)
    (message,) = mail.outbox
    assert isinstance(message, mail.EmailMultiAlternatives)
    assert message.to == [EMAIL]
    assert str(message.subject).endswith("Tu suscripción en tienda.cl: el enlace que pediste")
    (html,) = (body for body, kind in message.alternatives if kind == "text/html")
    for body in (message.body, html):
        link = re.search(r"https://tienda\.cl/\S+?/entrar/[^\s\"<]+", str(body))
        assert link
        assert "Activa" in opened(link[0]).get(MINE).content.decode()
    assert Event.objects.filter(name="payer.link_asked").count() == 1


def test_the_mail_is_in_the_language_of_its_payer(till: Till) -> None:
    buy()
    Subscription.objects.update(language="en")
    ask(Client(), email=EMAIL)
    assert str(mail.outbox[0].subject).endswith("Your subscription at tienda.cl: the link you asked for")


def test_the_answer_is_the_same_whether_there_is_anything_or_not(till: Till) -> None:
    buy()
    known, unknown = ask(Client(), email=EMAIL), ask(Client(), email="nadie@correo.cl")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert known.content == unknown.content
    assert len(mail.outbox) == 1
    assert "Si se compró algo" in Client().get(ASKING).content.decode()


def test_nobody_looks_before_the_answer_is_there(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the time that it takes tells nothing: no statement, for a known address and an unknown."""
    buy()
    looked: list[int] = []
    close = AnsweredFirst.close

    def watched(answer: AnsweredFirst) -> None:
        looked.append(len(connection.queries))
        close(answer)
        looked.append(len(connection.queries))

    monkeypatch.setattr(AnsweredFirst, "close", watched)
    for email in (EMAIL, "nadie@correo.cl"):
        with CaptureQueriesContext(connection) as caught:
            before = caught.initial_queries
            ask(Client(), email=email)
        first, last = looked[-2:]
        assert first == before < last
    assert len(mail.outbox) == 1


def test_one_address_gets_three_an_hour(till: Till) -> None:
    buy()
    buy(price="twin_monthly_v1")
    for _time in range(5):
        assert ask(Client(), email=EMAIL).status_code == 303
    assert len(mail.outbox) == 3
    Event.objects.update(created_at=timezone.now() - timedelta(hours=2))
    ask(Client(), email=EMAIL)
    assert len(mail.outbox) == 4


def test_where_the_mail_server_is_down_it_is_sent_later(till: Till, settings: Any) -> None:
    buy()
    working, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, "tests.views.test_my_subscription.Down"
    assert ask(Client(), email=EMAIL).status_code == 303
    assert mail.outbox == []
    settings.EMAIL_BACKEND = working
    Receipt.objects.update(due_at=timezone.now())
    sweep()
    assert [message.to for message in mail.outbox] == [[EMAIL]]


def test_no_switch_is_needed(till: Till, settings: Any) -> None:
    buy()
    settings.PAYMENT_SUBSCRIPTIONS |= {"MAILS": ()}
    ask(Client(), email=EMAIL)
    assert len(mail.outbox) == 1


class Down:
    def __init__(self, **_options: Any) -> None:
        pass

    def send_messages(self, messages: Any) -> int:
        raise ConnectionRefusedError("nobody there")


def test_no_log_line_holds_the_address_or_the_link(
    till: Till, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    link = portal_link(buy())
    settings.EMAIL_BACKEND = "tests.views.test_my_subscription.Down"
    caplog.set_level("DEBUG")
    ask(Client(), email=EMAIL)
    ask(Client(), token=link.rsplit("/", 2)[1])
    lines = [f"{record.getMessage()} {vars(record)}" for record in caplog.records if "payment" in record.name]
    assert lines
    assert not [line for line in lines if EMAIL in line or "entrar" in line]


def test_without_an_address_of_the_site_nothing_is_mailed_and_the_answer_is_the_same(
    till: Till, settings: Any
) -> None:
    buy()
    settings.PAYMENT_SUBSCRIPTIONS = till_settings(base="")
    assert ask(Client(), email=EMAIL).status_code == 303
    assert mail.outbox == []


def test_who_has_an_account_is_told_so(till: Till) -> None:
    user = get_user_model().objects.create_user("ana", EMAIL)
    come_back(Client(), billing(user).subscribe("pro_monthly_v1"))
    ask(Client(), email=EMAIL)
    (message,) = mail.outbox
    assert "Tienes una cuenta" in message.body
    assert "/entrar/" not in message.body
    assert f"https://tienda.cl{MINE}" in message.body


def test_what_only_looks_the_same_gets_nothing(till: Till) -> None:
    buy("mike@correo.cl")
    ask(Client(), email="m\u0131ke@correo.cl")
    ask(Client(), email="mi\u212ae@correo.cl")
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("email", "says"),
    [("", "Escribe el correo"), ("ana@nada", "Eso no es un correo"), ("a\x00@b.cl", "Eso no es un correo")],
)
def test_what_is_no_address_is_said_beside_the_field(till: Till, email: str, says: str) -> None:
    answer = ask(Client(headers={"accept": "text/html"}), email=email)
    html = answer.content.decode()
    assert answer.status_code == 400
    assert says in html or "caracteres nulos" in html
    assert 'aria-invalid="true"' in html


def test_an_old_link_offers_a_fresh_one_to_the_same_address(till: Till, settings: Any) -> None:
    link = portal_link(buy())
    settings.PAYMENT_SUBSCRIPTIONS |= {"PORTAL_LINK_MAX_AGE": -1}
    client = Client(headers={"accept": "text/html"})
    answer = client.get(path_of(link))
    html = answer.content.decode()
    assert answer.status_code == 410
    assert EMAIL not in html
    token = fields(html)["token"]
    settings.PAYMENT_SUBSCRIPTIONS |= {"PORTAL_LINK_MAX_AGE": 3600}
    assert ask(client, token=token).status_code == 303
    assert mail.outbox[0].to == [EMAIL]
    assert "por un día" in mail.outbox[0].body


@pytest.mark.parametrize("token", ["x", "a.b:c:d", "\x00"])
def test_a_forged_link_mails_nothing(till: Till, token: str) -> None:
    buy()
    assert ask(Client(), token=token).status_code == 303
    assert mail.outbox == []
    html = Client().get(f"{MINE}entrar/forged/").content.decode()
    assert "Enviarme un enlace" in html
    assert "token" not in fields(html)


def test_forms_are_guarded(till: Till, browser_client: Client) -> None:
    buy()
    assert browser_client.post(ASKING, {"email": EMAIL}).status_code == 403
    assert browser_client.post(f"{MINE}olvidar/").status_code == 403
    assert mail.outbox == []


def test_the_login_of_the_project_is_offered_where_there_is_one(till: Till, settings: Any) -> None:
    assert "Iniciar sesión" not in Client().get(MINE).content.decode()
    settings.ROOT_URLCONF = "tests.views.test_my_subscription"
    html = Client().get(MINE).content.decode()
    assert 'href="/accounts/login/?next=%2Fpagos%2Fmi-suscripcion%2F"' in html


urlpatterns = [
    path("pagos/", include("payment_subscriptions.urls")),
    path("accounts/login/", lambda request: HttpResponse(), name="login"),
]


def test_sessions_are_not_needed(till: Till, settings: Any) -> None:
    subscription = buy()
    settings.MIDDLEWARE = [
        name
        for name in settings.MIDDLEWARE
        if not any(part in name for part in ("sessions", "auth", "messages"))
    ]
    assert "Activa" in opened(portal_link(subscription)).get(MINE).content.decode()
    assert Client().get(MINE).status_code == 200


# Who buys next in that browser


def test_a_proved_browser_buys_as_its_address(till: Till) -> None:
    client = opened(portal_link(buy()))
    order(client, "twin_monthly_v1", "Ana@correo.cl")
    come_back(client)
    row = newest().subscription
    assert row.payer_key == f"email:{EMAIL}"
    assert "Mellizo" in client.get(MINE).content.decode()
    assert Customer.objects.count() == 2  # not the card of the form
    assert "Mellizo" in opened(portal_link(row)).get(MINE).content.decode()


def test_with_another_address_it_buys_as_anybody(till: Till) -> None:
    client = opened(portal_link(buy()))
    order(client, "twin_monthly_v1", "beto@correo.cl")
    come_back(client)
    assert newest().subscription.payer_key.startswith("form:")
    assert "Mellizo" not in client.get(MINE).content.decode()


def test_what_was_bought_before_the_proof_takes_its_place(till: Till) -> None:
    mine = buy()
    client = opened(portal_link(mine))
    answer = order(client, "basic_monthly_v1")
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "Ya tienes una suscripción" in html
    attempt = mine.order_attempt
    assert attempt
    assert str(attempt.public_id) in html
    assert Subscription.objects.count() == 1


def test_whoever_proved_nothing_is_neither_stopped_nor_told(till: Till) -> None:
    buy()
    answer = order(Client(headers={"accept": "text/html"}), "basic_monthly_v1")
    assert answer.status_code == 303
    assert Subscription.objects.count() == 2


def test_an_order_of_somebody_else_with_the_address_is_left_alone(till: Till) -> None:
    client = opened(portal_link(buy(price="twin_monthly_v1")))
    order(Client(headers={"accept": "text/html"}), "pro_monthly_v1")
    theirs = newest().subscription
    order(client, "pro_monthly_v1")
    assert newest().subscription.pk != theirs.pk
    assert Subscription.objects.get(pk=theirs.pk).is_pending


def test_an_address_has_access_by_what_it_bought(till: Till) -> None:
    buy()
    assert Billing(Payer(f"email:{EMAIL}", EMAIL)).access("pro")
    assert not Billing(Payer("email:beto@correo.cl", "beto@correo.cl")).access("pro")


# Leaving


def leave(client: Client, subscription: Subscription, **said: str) -> Any:
    attempt = subscription.order_attempt
    assert attempt
    return client.post(f"/pagos/resultado/{attempt.public_id}/cancelar/", said)


def test_who_leaves_may_say_why(till: Till) -> None:
    subscription = buy()
    assert leave(Client(), subscription, reason="price", comment="  Muy caro\x00 ").status_code == 303
    row = Subscription.objects.get()
    assert row.is_cancelling
    assert (row.cancel_reason, row.cancel_comment) == ("price", "Muy caro")
    event = Event.objects.get(name="payer.left_word")
    assert event.payload["reason"] == "price"
    assert "caro" not in str(event.payload)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({}, ("", "")),
        ({"reason": "nonsense", "comment": ""}, ("", "")),
        ({"reason": "", "comment": "x" * 1000}, ("", "x" * MOST_SAID)),
    ],
)
def test_nobody_is_kept_for_what_they_say(till: Till, said: dict[str, str], kept: tuple[str, str]) -> None:
    subscription = buy()
    assert leave(Client(), subscription, **said).status_code == 303
    row = Subscription.objects.get()
    assert row.is_cancelling
    assert (row.cancel_reason, row.cancel_comment) == kept
    assert Event.objects.filter(name="payer.left_word").count() == bool(any(kept))


def test_what_was_said_another_time_is_not_said_again(till: Till) -> None:
    subscription = buy()
    leave(Client(), subscription, reason="price")
    subscription.resume()
    leave(Client(), subscription)
    assert Subscription.objects.get().cancel_reason == ""


def test_every_reason_can_be_chosen(till: Till) -> None:
    subscription = buy()
    attempt = subscription.order_attempt
    assert attempt
    html = Client().get(f"/pagos/resultado/{attempt.public_id}/cancelar/").content.decode()
    assert re.findall(r'name="reason" value="(\w+)"', html) == CancelReason.values
    assert "required" not in html


def test_the_owner_reads_it_and_erasing_takes_it(till: Till, admin_client: Client) -> None:
    subscription = buy()
    leave(Client(), subscription, reason="price", comment="Me llamo Ana Soto")
    html = admin_client.get(
        f"/admin/payment_subscriptions/subscription/{subscription.pk}/change/"
    ).content.decode()
    assert "Cuesta demasiado · Me llamo Ana Soto" in html
    Subscription.objects.get().cancel(at_period_end=False)
    erase(find(EMAIL))
    row = Subscription.objects.get()
    assert (row.cancel_reason, row.cancel_comment) == ("", "")


def test_what_is_sent_from_the_page_leaks_no_token(till: Till) -> None:
    subscription = buy()
    client = opened(portal_link(subscription))
    for address in (MINE, of(subscription), f"{of(subscription)}recibo/1/", ASKING):
        answer = client.get(address)
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert "no-store" in answer["Cache-Control"]
        assert COOKIE not in answer.cookies
