"""Whether an address is answered by this project: asked over HTTP, proved by the SECRET_KEY.

Whoever looks puts a signed question into a header of what is otherwise a callback, a POST; the view of
notices, and nothing else, knows the answer. It is given before anything is read, asked or stored, so that
looking leaves nothing behind. A question that this project has not signed is no question.
"""

from __future__ import annotations

import secrets

from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

HEADER = "Payments-Probe"
#: For how many seconds a question is answered: the clocks of the two machines may differ.
SECONDS = 300
_QUESTION, _ANSWER = "payment_subscriptions.probe", "payment_subscriptions.probe.answer"


def question() -> str:
    """To be sent as ``HEADER``."""
    return signing.TimestampSigner(salt=_QUESTION).sign(secrets.token_hex(8))


def answer(question: str, provider: str) -> str:
    """What proves that the notices of that provider are received here; "" for what is no question of ours."""
    try:
        signing.TimestampSigner(salt=_QUESTION).unsign(question, max_age=SECONDS)
    except signing.BadSignature:
        return ""
    return _proof(question, provider)


def is_answered(question: str, provider: str, told: str) -> bool:
    return constant_time_compare(told, _proof(question, provider))


def _proof(question: str, provider: str) -> str:
    return salted_hmac(_ANSWER, f"{provider} {question}", algorithm="sha256").hexdigest()
