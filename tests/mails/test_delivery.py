"""At least once each, the second copy known as one; and whatever becomes of it, nothing else breaks."""

from __future__ import annotations

import logging
import re
import smtplib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as Smtp

from payment_subscriptions import outbox
from payment_subscriptions.billing import form_payer
from payment_subscriptions.budget import time_budget
from payment_subscriptions.exceptions import MailNotSent
from payment_subscriptions.lifecycle import Status
from payment_subscriptions.mails.rendering import Rendered
from payment_subscriptions.mails.sending import _connection, as_message, message_id, send
from payment_subscriptions.models import Customer, Event, Receipt, Subscription
from payment_subscriptions.sweep import sweep
from tests.foreign import EMAIL, MONTHLY, ForeignProvider, Killed, clock, come_back, payer, subscribe

from .conftest import MAILS
from .postbox import box, html_of, kinds, subjects

HERE = "tests.mails.test_delivery."
PLAN = 'Pro\r\nBcc: eva@correo.cl <script>alert("x")</script> & Co'
RENDERED = Rendered("Asunto", "Hola\n", "<p>Hola</p>")


class Failing(BaseEmailBackend):
    """A server that takes nobody's mail; it names whose in its answer, as they do."""

    def send_messages(self, messages: Any) -> int:
        raise smtplib.SMTPRecipientsRefused({EMAIL: (550, b"no such mailbox")})


class Taking(BaseEmailBackend):
    """Takes the mail, and the process dies before it hears of that."""

    killed = 0

    def send_messages(self, messages: Any) -> int:
        mail.outbox.extend(messages)
        Taking.killed += 1
        if Taking.killed <= 2:
            raise Killed
        return len(messages)


@pytest.fixture
def mailing(foreign: ForeignProvider, settings: Any) -> ForeignProvider:
    settings.PAYMENT_SUBSCRIPTIONS.update(MAILS, BASE_URL="https://tienda.cl")
    return foreign


def test_a_server_that_refuses_breaks_nothing_and_ends_as_dead(
    mailing: ForeignProvider, settings: Any, caplog: Any
) -> None:
    settings.EMAIL_BACKEND = f"{HERE}Failing"
    with caplog.at_level(logging.DEBUG):
        row = subscribe()
        assert row.status == Status.ACTIVE
        receipts = Receipt.objects.filter(done_at=None)
        assert {(each.handler, each.error, each.tries) for each in receipts} == {
            ("mails.receipt", "MailNotSent", 1),
            ("mails.subscribed", "MailNotSent", 1),
        }
        for _hour in range(13):
            clock.move(hours=2)
            sweep()
    assert set(receipts.values_list("tries", "due_at")) == {(12, None)}, "given up: waits for a person"
    assert row.access.allowed
    assert EMAIL not in caplog.text
    assert "SMTPRecipientsRefused" in caplog.text
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    outbox.retry(Receipt.objects.all())
    assert sorted(kinds()) == ["receipt", "subscribed"]


def test_a_server_that_is_back_gets_what_waits(mailing: ForeignProvider, settings: Any) -> None:
    settings.EMAIL_BACKEND = f"{HERE}Failing"
    subscribe()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert subjects() == []
    clock.move(minutes=1)
    sweep()
    assert sorted(kinds()) == ["receipt", "subscribed"]
    assert not Receipt.objects.filter(done_at=None).exists()


def test_killed_between_the_mail_and_its_receipt_the_second_copy_is_known_as_one(
    mailing: ForeignProvider, settings: Any
) -> None:
    settings.EMAIL_BACKEND = f"{HERE}Taking"
    Taking.killed = 0
    checkout = payer().subscribe(MONTHLY)
    with pytest.raises(Killed):
        come_back(checkout)
    for _try in range(3):
        clock.move(minutes=5)
        try:
            sweep()
        except Killed:
            continue
    ids = [message.extra_headers["Message-ID"] for message in mail.outbox]
    assert len(ids) == 4
    assert len(set(ids)) == 2
    assert not Receipt.objects.filter(done_at=None).exists()
    first, second = (
        [message.subject for message in mail.outbox if message.extra_headers["Message-ID"] == each]
        for each in sorted(set(ids))
    )
    assert len(set(first)) == len(set(second)) == 1


def test_the_id_is_of_the_event_and_of_the_kind(mailing: ForeignProvider) -> None:
    subscribe()
    events = {event.pk: event for event in Event.objects.all()}
    for message in box():
        name, event, _moment = str(message.extra_headers["Message-ID"]).strip("<>").split("@")[0].split(".")
        assert message.extra_headers["Message-ID"] == message_id(events[int(event)], name)
        assert message.extra_headers["X-Payments-Event"] == event
        assert re.fullmatch(r"<[\w.]+@tienda\.cl>", str(message.extra_headers["Message-ID"]))
        assert message.message()["Message-ID"] == message.extra_headers["Message-ID"]


# --- headers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["ana@correo.cl\nBcc: eva@correo.cl", "ana@correo.cl\r\nSubject: x", "ana@correo.cl\r\n\r\n<b>hi</b>"],
)
def test_no_header_comes_in_by_an_address(mailing: ForeignProvider, address: str) -> None:
    row = subscribe()
    mail.outbox.clear()
    Subscription.objects.filter(pk=row.pk).update(email=address)
    with pytest.raises(MailNotSent) as raised:
        send(RENDERED, address, Event.objects.all()[0], "receipt")
    assert mail.outbox == []
    assert "correo" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_no_header_comes_in_by_a_plans_name_and_no_markup_by_any(
    mailing: ForeignProvider, settings: Any
) -> None:
    row = subscribe()
    mail.outbox.clear()
    Subscription.objects.filter(pk=row.pk).update(plan=PLAN)
    Receipt.objects.update(done_at=None, due_at=clock.moment)
    sweep()
    assert len(mail.outbox) == 2
    for message in box():
        assert "\n" not in str(message.subject)
        assert message.recipients() == [EMAIL]
        assert message.message().get_all("Bcc") is None
        assert "<script>" not in html_of(message)
        assert "&lt;script&gt;" in html_of(message)
        assert "& Co" in str(message.subject)
        assert "& Co" in str(message.body), "text is not escaped"


def test_nothing_that_its_payer_typed_is_in_a_mail(mailing: ForeignProvider) -> None:
    """The address is not proved: whoever typed it is not to write to another through us."""
    name = "Gana un premio en http://malo.example"
    checkout = form_payer("nonce", EMAIL, name).subscribe(MONTHLY, metadata={"note": name})
    come_back(checkout)
    assert Customer.objects.get().name == name
    assert len(box()) == 2
    for message in box():
        assert "malo.example" not in str(message.body) + html_of(message) + str(message.subject)


# --- a server that does not answer -------------------------------------------------------------------------


@pytest.fixture
def silent_server(settings: Any) -> Iterator[None]:
    """Takes the connection, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.getsockname()
        settings.EMAIL_TIMEOUT = None
        yield


def test_a_silent_server_holds_no_request_up(mailing: ForeignProvider, silent_server: None) -> None:
    row = subscribe_within(2.0)
    assert row.status == Status.ACTIVE
    assert set(Receipt.objects.values_list("error", flat=True)) == {"MailNotSent"}


def subscribe_within(seconds: float) -> Subscription:
    done: list[Subscription] = []

    def work() -> None:
        with time_budget(seconds):
            done.append(subscribe())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(15)
    assert not thread.is_alive()
    return done[0]


def test_the_time_limit_of_the_project_stands(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_TIMEOUT = 33
    assert _connection().timeout == 33
    settings.EMAIL_TIMEOUT = None
    assert isinstance(_connection(), Smtp)
    assert _connection().timeout == 10.0


def test_who_sends_is_djangos_default_unless_it_is_set(mailing: ForeignProvider, settings: Any) -> None:
    subscribe()
    event = Event.objects.all()[0]
    settings.PAYMENT_SUBSCRIPTIONS["MAILS_FROM"] = ""
    settings.DEFAULT_FROM_EMAIL = "sitio@tienda.cl"
    settings.PAYMENT_SUBSCRIPTIONS["SUPPORT_CONTACT"] = "https://tienda.cl/ayuda"
    message = as_message(RENDERED, EMAIL, event, "receipt")
    assert message.from_email == "sitio@tienda.cl"
    assert message.reply_to == [], "a page answers no mail"
    assert django_settings.DEFAULT_FROM_EMAIL == "sitio@tienda.cl"
