"""Requests as gateways and payers send them, each with an id of its own."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import secrets
import time

from .settings import WEBHOOK_SECRET

_number = itertools.count(1)
_run = secrets.token_hex(4)
FILLER = {f"field_{number}": None for number in range(60)}


def bare() -> bytes:
    return _signed("/bare/")


def stripe() -> bytes:
    return _signed("/pagos/api/stripe/webhook/")


def flow() -> bytes:
    return form("/pagos/api/flow/webhook/", f"token={secrets.token_hex(20).upper()}")


def stub(reference: str, again: int = 0) -> bytes:
    return form("/pagos/api/stub/webhook/", f"token={reference}:{_run}{again or ''}")


def opening() -> bytes:
    """A payer's order, as the recipe's page sends it."""
    token = "c" * 32
    proofs = (f"Cookie: csrftoken={token}", f"X-CSRFToken: {token}", "Accept: application/json")
    return form("/pagos/stub/create/", f"price=pro_monthly_v1&email=p{next(_number)}@mail.example", *proofs)


def form(path: str, body: str, *headers: str) -> bytes:
    return _request(path, body.encode(), "Content-Type: application/x-www-form-urlencoded", *headers)


def _signed(path: str) -> bytes:
    body = json.dumps(_event(f"evt_{_run}{next(_number)}")).encode()
    stamp = str(int(time.time()))
    signed = f"{stamp}.".encode() + body
    signature = hmac.new(WEBHOOK_SECRET.encode(), signed, hashlib.sha256).hexdigest()
    proofs = (f"Stripe-Signature: t={stamp},v1={signature}", "Content-Type: application/json")
    return _request(path, body, *proofs)


def _event(key: str) -> dict[str, object]:
    """An event of about the size of a real one: two or three kilobytes."""
    bill: dict[str, object] = {
        "id": f"in_{key}",
        "object": "invoice",
        "customer": "cus_1",
        "amount_paid": 9990,
        **FILLER,
    }
    line = {"id": "il_1", "object": "line_item", "amount": 9990, "currency": "clp", "description": "Pro"}
    bill["lines"] = {"object": "list", "data": [line] * 4, "has_more": False}
    return {
        "id": key,
        "object": "event",
        "api_version": "2025-03-31.basil",
        "created": 1_700_000_000,
        "livemode": False,
        "type": "invoice.paid",
        "data": {"object": bill},
    }


def _request(path: str, body: bytes, *headers: str) -> bytes:
    head = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body
