"""What is taken for a notice of Stripe's, and what is not."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import stripe

from payment_subscriptions.exceptions import InvalidNotice
from payment_subscriptions.gateways.stripe import notices

SECRET, OLD_SECRET = "whsec_simulator_new", "whsec_simulator_old"


def event(**changes: Any) -> bytes:
    whole = {
        "id": "evt_1",
        "object": "event",
        "type": "invoice.paid",
        "livemode": False,
        "data": {"object": {"id": "in_1", "object": "invoice"}},
    }
    return json.dumps(whole | changes).encode()


def signed(body: bytes, *, secret: str = SECRET, at: float | None = None) -> str:
    stamp = int(time.time() if at is None else at)
    return str(stripe.WebhookSignature.generate_signature_header(body.decode(), secret, stamp))


def read(body: bytes, header: str, *secrets: str, live: bool = False) -> Any:
    return notices.read(body, header, secrets or (SECRET,), tolerance=300, live=live)


def test_a_signed_event_is_one() -> None:
    body = event()
    found = read(body, signed(body))
    assert (found.key, found.body) == ("evt_1", body.decode())


def test_either_secret_holds_while_one_is_rolled() -> None:
    body = event()
    for secret in (SECRET, OLD_SECRET):
        assert read(body, signed(body, secret=secret), SECRET, OLD_SECRET) is not None


def test_a_header_may_bear_several_signatures() -> None:
    body = event()
    stamp = time.time()
    other = signed(body, secret="whsec_other", at=stamp).partition(",")[2]
    assert read(body, f"{signed(body, at=stamp)},{other}") is not None
    assert read(body, f"t={int(stamp)},{other},{signed(body, at=stamp).partition(',')[2]}") is not None


@pytest.mark.parametrize("header", ["", "t=1,v1=00", "v1=00", "t=x,v1=00", "t=1", "nonsense", "t=1,v0=00"])
def test_unsigned_is_none(header: str) -> None:
    with pytest.raises(InvalidNotice):
        read(event(), header)


def test_wrongly_signed_is_none() -> None:
    body = event()
    with pytest.raises(InvalidNotice):
        read(body, signed(body, secret="whsec_somebody_else"))
    with pytest.raises(InvalidNotice):
        read(event(type="invoice.voided"), signed(body))  # the signature of another body


def test_the_signature_is_of_the_bytes_that_came() -> None:
    """Stripe writes an event over many lines: read and written again, it would be another text."""
    spread = json.dumps(json.loads(event()), indent=2).encode()
    assert read(spread, signed(spread)).body == spread.decode()
    with pytest.raises(InvalidNotice):
        read(spread, signed(event()))


@pytest.mark.parametrize("age", [301, 86_400, -301, -86_400])
def test_replayed_later_or_signed_for_later_is_none(age: int) -> None:
    body = event()
    with pytest.raises(InvalidNotice):
        read(body, signed(body, at=time.time() - age))


@pytest.mark.parametrize("age", [0, 290, -290])
def test_clocks_may_differ_by_less_than_the_tolerance(age: int) -> None:
    body = event()
    assert read(body, signed(body, at=time.time() - age)) is not None


def test_another_mode_is_none() -> None:
    body = event(livemode=True)
    with pytest.raises(InvalidNotice):
        read(body, signed(body))
    assert read(body, signed(body), live=True) is not None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"not json",
        b'{"id": "evt_1"}',
        json.dumps({"id": "evt_1", "object": "v2.core.event", "type": "v1.invoice.paid"}).encode(),
        event(data={}),
        event(data={"object": "in_1"}),
        event(id=7),
        event(livemode="false"),
    ],
)
def test_what_is_no_event_is_none_though_it_is_signed(body: bytes) -> None:
    with pytest.raises(InvalidNotice):
        read(body, signed(body))


def test_bytes_that_are_no_text_are_none() -> None:
    with pytest.raises(InvalidNotice):
        read(b"\xff\xfe", "t=1,v1=00")


@pytest.mark.parametrize("changes", [{"type": "customer.created"}, {"account": "acct_another"}])
def test_a_genuine_event_about_nothing_of_ours_is_passed_over(changes: dict[str, Any]) -> None:
    body = event(**changes)
    assert read(body, signed(body)) is None
