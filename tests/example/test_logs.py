from __future__ import annotations

import logging

from example.logs import Line, ShortAddresses

ID = "0f0e0d0c-1111-4222-8333-444455556666"


def written(name: str, message: str, *arguments: object, **extra: object) -> str:
    record = logging.getLogger(name).makeRecord(
        name, logging.INFO, "", 0, message, arguments, None, extra=extra
    )
    assert ShortAddresses().filter(record)
    return Line().format(record).partition(" ")[2]


def test_an_access_line_holds_the_path_only() -> None:
    line = written(
        "django.server", '"%s" %s %s', f"GET /pagos/success/?checkout={ID}&token=AB HTTP/1.1", 200, 5
    )
    assert line == 'INFO django.server: "GET /pagos/success/ HTTP/1.1" 200 5'


def test_the_key_to_a_result_page_is_shortened() -> None:
    line = written("django.request", "%s: %s", "Not Found", f"/pagos/resultado/{ID}/")
    assert line == "INFO django.request: Not Found: /pagos/resultado/0f0e…/"


def test_what_the_app_says_beside_its_message_is_shown() -> None:
    assert written("payment_subscriptions.checkout", "Refused", code="7001").endswith(": Refused code=7001")
