"""What goes over the wire and what comes of it, against a real server that misbehaves."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from payment_subscriptions.budget import time_budget
from payment_subscriptions.exceptions import Busy, ConfigurationError, OutcomeUnknown
from payment_subscriptions.gateways import transport
from payment_subscriptions.gateways.flow.client import FlowClient
from payment_subscriptions.gateways.flow.errors import OutOfTime

from .conftest import API_KEY, SECRET_KEY, Flow, Handler, cut, drip

PLAN = {"planId": "p", "amount": 0.1}
HTML = b"<html><body>Service Unavailable</body></html>"


def read(client: FlowClient) -> Any:
    return client.plans.get("p")


def change(client: FlowClient) -> Any:
    return client.plans.delete("p")


def test_headers_and_encoding(client: FlowClient, flow: Flow) -> None:
    flow.answer({"customerId": "cus_1"})
    client.customer.create(name="José Ñuñez", email="josé+pago@correo.cl", external_id="a&b=c d")
    assert flow.last.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert flow.last.headers["User-Agent"].startswith("payment-subscriptions/")
    assert b"email=jos%C3%A9%2Bpago%40correo.cl" in flow.last.body
    assert flow.params == {"name": "José Ñuñez", "email": "josé+pago@correo.cl", "externalId": "a&b=c d"}


def test_amounts_are_exact(client: FlowClient, flow: Flow) -> None:
    flow.answer(PLAN)
    assert read(client).amount == Decimal("0.1")


def test_connections_are_kept(client: FlowClient, flow: Flow) -> None:
    flow.answer(PLAN)
    for _ in range(3):
        read(client)
        change(client)
    assert len({request.connection for request in flow.requests}) == 1


def test_a_connection_is_kept_after_a_refusal(client: FlowClient, flow: Flow) -> None:
    flow.answer((400, {"code": 108, "message": "Invalid Signature"}), PLAN)
    with pytest.raises(ConfigurationError):
        read(client)
    read(client)
    assert len({request.connection for request in flow.requests}) == 1


def test_threads_share_a_client(client: FlowClient, flow: Flow) -> None:
    flow.answer(lambda handler: handler.reply(200, {"planId": dict(flow.requests[-1].params)["planId"]}))

    def echo(handler: Handler) -> None:
        wanted = handler.path.split("planId=")[1].split("&")[0]
        time.sleep(0.005)
        handler.reply(200, {"planId": wanted})

    flow.answer(echo)
    found: dict[int, list[str]] = {}

    def work(number: int) -> None:
        found[number] = [client.plans.get(f"plan{number}").plan_id for _ in range(10)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: [f"plan{number}"] * 10 for number in range(8)}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_uses_no_connection_of_its_parents(client: FlowClient, flow: Flow) -> None:
    flow.answer(PLAN)
    read(client)
    child = os.fork()
    if child == 0:
        try:
            read(client)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    read(client)
    first, forked, last = (request.connection for request in flow.requests)
    assert first == last != forked


def test_cookies_are_not_kept(client: FlowClient, flow: Flow) -> None:
    flow.answer((200, PLAN, {"Set-Cookie": "PHPSESSID=1; path=/"}))
    read(client)
    read(client)
    assert "Cookie" not in flow.last.headers


@pytest.mark.sampled(1)
@pytest.mark.parametrize("where", ["headers", "body"])
@pytest.mark.parametrize("verb", [read, change])
def test_the_whole_call_is_bound(flow: Flow, verb: Callable[[FlowClient], Any], where: str) -> None:
    flow.answer(drip(where))
    client = FlowClient(API_KEY, SECRET_KEY, flow.url, timeout=0.8)
    began = time.monotonic()
    with pytest.raises(OutcomeUnknown) as caught:
        verb(client)
    assert time.monotonic() - began < 1.3
    assert caught.value.sent is True
    assert len(flow.requests) == 1


@pytest.fixture
def tls(flow: Flow, tmp_path: Path) -> Path:
    """The server behind TLS; the path of its certificate."""
    if not (openssl := shutil.which("openssl")):
        pytest.skip("needs openssl to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    )
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([openssl, *words.split(), *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    assert flow.server is not None
    flow.server.socket = context.wrap_socket(flow.server.socket, server_side=True)
    flow.url = flow.url.replace("http:", "https:")
    return certificate


def test_the_same_over_tls(flow: Flow, tls: Path) -> None:
    session = requests.Session()
    session.trust_env, session.verify = False, str(tls)  # REQUESTS_CA_BUNDLE would go first
    client = FlowClient(API_KEY, SECRET_KEY, flow.url, timeout=0.8, session=session)
    flow.answer(PLAN)
    assert read(client).plan_id == change(client).plan_id == "p"
    assert len({request.connection for request in flow.requests}) == 1
    for where in ("headers", "body"):
        flow.answer(drip(where))
        began = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            change(client)
        assert time.monotonic() - began < 1.3


def test_a_certificate_that_nobody_vouches_for(flow: Flow, tls: Path) -> None:
    flow.answer(PLAN)
    with pytest.raises(OutcomeUnknown):
        change(FlowClient(API_KEY, SECRET_KEY, flow.url, timeout=2))
    assert flow.requests == []


def test_a_server_that_accepts_and_never_speaks() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for scheme in ("http", "https"):
            address = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}/api"
            began = time.monotonic()
            with pytest.raises(OutcomeUnknown) as caught:
                change(FlowClient(API_KEY, SECRET_KEY, address, timeout=0.4))
            assert time.monotonic() - began < 0.8
            assert caught.value.sent is True


def test_a_budget_shortens_the_call(client: FlowClient, flow: Flow) -> None:
    flow.answer(lambda handler: time.sleep(2))
    began = time.monotonic()
    with time_budget(0.4), pytest.raises(OutcomeUnknown):
        change(client)
    assert time.monotonic() - began < 0.9


@pytest.mark.parametrize("verb", [read, change])
def test_without_time_nothing_is_sent(
    client: FlowClient, flow: Flow, verb: Callable[[FlowClient], Any]
) -> None:
    with time_budget(0), pytest.raises(OutOfTime) as caught:
        verb(client)
    assert isinstance(caught.value, Busy)
    assert not isinstance(caught.value, OutcomeUnknown)
    assert caught.value.sent is False
    assert flow.requests == []


def test_a_name_that_takes_for_ever_to_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo

    def slow(*args: Any, **options: Any) -> Any:
        time.sleep(1)
        return look_up(*args, **options)

    # The machine's own resolver, none of our parts: no server of a test can make it slow.
    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/api"
        client = FlowClient(API_KEY, SECRET_KEY, address, timeout=0.3)
        began = time.monotonic()
        with pytest.raises(OutcomeUnknown) as caught:
            change(client)
        assert time.monotonic() - began < 0.8
        assert caught.value.sent is False
        server.settimeout(5)
        late, _address = server.accept()
        with late:
            late.settimeout(5)
            assert late.recv(1) == b""  # came too late, closed unused: nothing was sent on it


def test_connection_refused_was_not_sent(closed_port: int) -> None:
    client = FlowClient(API_KEY, SECRET_KEY, f"http://127.0.0.1:{closed_port}/api", timeout=2)
    for verb in (read, change):
        with pytest.raises(OutcomeUnknown) as caught:
            verb(client)
        assert caught.value.sent is False


def test_an_unknown_host_was_not_sent() -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        change(FlowClient(API_KEY, SECRET_KEY, "http://flow.invalid/api", timeout=5))
    assert caught.value.sent is False


FAILURES: list[Any] = [(500, HTML), (502, HTML), (503, {"code": 1, "message": "x"}), (504, b""), cut]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("failure", FAILURES)
def test_a_read_is_tried_again(client: FlowClient, flow: Flow, failure: Any) -> None:
    flow.answer(failure, failure, PLAN)
    assert read(client).plan_id == "p"
    assert len(flow.requests) == 3


@pytest.mark.sampled(2)
@pytest.mark.parametrize("failure", FAILURES)
def test_a_read_is_tried_three_times_at_most(client: FlowClient, flow: Flow, failure: Any) -> None:
    flow.answer(failure)
    with pytest.raises(OutcomeUnknown):
        read(client)
    assert len(flow.requests) == 3


@pytest.mark.parametrize("failure", FAILURES)
def test_a_change_is_never_tried_again(client: FlowClient, flow: Flow, failure: Any) -> None:
    flow.answer(failure, PLAN)
    with pytest.raises(OutcomeUnknown) as caught:
        change(client)
    assert len(flow.requests) == 1
    assert caught.value.sent is True
    assert caught.value.service == "plans/delete"
    assert caught.value.hint


def test_a_change_is_not_tried_again_on_a_connection_that_was_closed(client: FlowClient, flow: Flow) -> None:
    flow.answer(PLAN, cut)
    change(client)
    with pytest.raises(OutcomeUnknown):
        change(client)
    assert len(flow.requests) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("verb", [read, change])
def test_redirects_are_not_followed(
    client: FlowClient, flow: Flow, status: int, verb: Callable[[FlowClient], Any]
) -> None:
    flow.answer((status, b"", {"Location": f"{flow.url}/plans/other"}), PLAN)
    with pytest.raises(OutcomeUnknown) as caught:
        verb(client)
    assert len(flow.requests) == 1
    assert "redirect" in caught.value.hint


UNREADABLE = [
    b"", HTML, b'{"planId": "p"', b"[]", b"null", b'"p"', b"{}", b'{"planId": null}', b'{"planId": NaN}',
    b'{"code": 108, "message": "Invalid Signature"}', b"[" * 100_000, b'{"planId": "\xff"}', b"9" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("body", UNREADABLE, ids=range(len(UNREADABLE)))
def test_an_answer_that_cannot_be_read_is_unknown(client: FlowClient, flow: Flow, body: bytes) -> None:
    flow.answer((200, body))
    with pytest.raises(OutcomeUnknown):
        change(client)
    assert len(flow.requests) == 1


def test_half_an_answer_is_unknown(client: FlowClient, flow: Flow) -> None:
    flow.answer(
        lambda handler: handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"planId": "p"}')
    )
    with pytest.raises(OutcomeUnknown):
        change(client)


def test_no_http_at_all_is_unknown(client: FlowClient, flow: Flow) -> None:
    flow.answer(lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH\r\n"))
    with pytest.raises(OutcomeUnknown):
        change(client)


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_that_is_too_large_is_unknown(client: FlowClient, flow: Flow, packed: bool) -> None:
    body = json.dumps({"planId": "p", "name": "a" * transport.MOST_BYTES}).encode()
    headers = {"Content-Encoding": "gzip"} if packed else {}
    flow.answer((200, gzip.compress(body) if packed else body, headers), PLAN)
    with pytest.raises(OutcomeUnknown, match="larger"):
        read(client)
    assert len(flow.requests) == 1
    assert read(client).plan_id == "p"


def test_a_session_of_the_callers(flow: Flow) -> None:
    session = requests.Session()
    session.headers["X-Proxy"] = "1"
    flow.answer(PLAN)
    read(FlowClient(API_KEY, SECRET_KEY, flow.url, session=session))
    assert flow.last.headers["X-Proxy"] == "1"
    assert isinstance(session.get_adapter(flow.url + "/x"), transport._BoundedAdapter)


@pytest.mark.parametrize(
    "arguments",
    [
        ("", "s", "https://www.flow.cl/api"),
        ("k", "", "https://www.flow.cl/api"),
        ("k", "s", ""),
        ("k", "s", "www.flow.cl/api"),
        ("k", "s", "ftp://www.flow.cl/api"),
        ("k", "s", "https://www.flow.cl/api?x=1"),
    ],
)
def test_settings_that_cannot_work(arguments: tuple[str, str, str]) -> None:
    with pytest.raises(ConfigurationError):
        FlowClient(*arguments)


def test_an_unknown_signature_style() -> None:
    with pytest.raises(ConfigurationError):
        FlowClient("k", "s", "https://www.flow.cl/api", signature="md5")  # type: ignore[arg-type]


class Listing:
    """A list of plans at Flow that pages; ``between`` is called before each page."""

    def __init__(
        self, ids: list[str], between: Callable[[list[str], int], None] = lambda ids, page: None
    ) -> None:
        self.ids, self.between, self.pages = ids, between, 0

    def __call__(self, handler: Handler) -> None:
        self.between(self.ids, self.pages)
        self.pages += 1
        params = handler.flow.requests[-1].params
        start, limit = int(params["start"]), int(params["limit"])
        rows = [{"planId": each} for each in self.ids[start : start + limit]]
        more = int(start + limit < len(self.ids))
        handler.reply(200, {"total": str(len(self.ids)), "hasMore": more, "data": rows})


def numbered(many: int) -> list[str]:
    return [f"p{number}" for number in range(many)]


@pytest.mark.parametrize("many", [0, 1, 99, 100, 101, 250])
def test_iterating_gives_each_once(client: FlowClient, flow: Flow, many: int) -> None:
    flow.answer(Listing(numbered(many)))
    assert [plan.plan_id for plan in client.plans.iterate()] == numbered(many)


def test_a_list_that_shifts_while_paging(client: FlowClient, flow: Flow) -> None:
    def insert(ids: list[str], page: int) -> None:
        if page:
            ids[0:0] = [f"new{page}-{number}" for number in range(30)]

    def remove(ids: list[str], page: int) -> None:
        if page:
            del ids[10 * page : 10 * page + 4]

    for between in (insert, remove):
        flow.answer(Listing(numbered(350), between))
        found = [plan.plan_id for plan in client.plans.iterate()]
        assert len(found) == len(set(found))
        assert set(numbered(350)) <= set(found)


def test_a_server_with_smaller_pages_and_no_has_more(client: FlowClient, flow: Flow) -> None:
    def answer(handler: Handler) -> None:
        start = int(handler.flow.requests[-1].params["start"])
        handler.reply(
            200, {"total": 25, "data": [{"planId": each} for each in numbered(25)[start : start + 10]]}
        )

    flow.answer(answer)
    assert [plan.plan_id for plan in client.plans.iterate()] == numbered(25)


def test_a_list_that_repeats_itself_ends_and_is_no_whole(client: FlowClient, flow: Flow) -> None:
    flow.answer({"total": 500, "hasMore": 1, "data": [{"planId": each} for each in numbered(100)]})
    every = client.plans.iterate()
    assert [next(every).plan_id for _ in range(100)] == numbered(100)
    with pytest.raises(OutcomeUnknown, match="repeats"):
        next(every)
    assert len(flow.requests) == 4


def test_a_list_that_says_more_and_has_none(client: FlowClient, flow: Flow) -> None:
    flow.answer({"total": 500, "hasMore": True, "data": []})
    assert list(client.payment.iterate_payments(date(2026, 7, 5))) == []
    assert flow.params == {"date": "2026-07-05", "start": "0", "limit": "100"}
