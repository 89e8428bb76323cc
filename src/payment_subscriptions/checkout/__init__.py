"""Open, advance and resolve an attempt.

Every call that may change something at a provider is made by ``advance``: the row is committed
first, with "call begun"; the answer is stored after it. What lies between, a lost answer or a
killed process, is resolved by asking, never by guessing.
"""

from .attempts import by_token, token_hash
from .attempts import new as new_attempt
from .attempts import newest as newest_attempt
from .calls import attempt_of
from .opening import (
    AlreadySubscribed,
    Payer,
    check_quantity,
    open_card_change,
    open_checkout,
    open_plan_change,
    open_resumption,
)
from .progress import advance, close, expire, go_on, resolve, retry, returned

__all__ = [
    "AlreadySubscribed",
    "Payer",
    "advance",
    "attempt_of",
    "by_token",
    "check_quantity",
    "close",
    "expire",
    "go_on",
    "new_attempt",
    "newest_attempt",
    "open_card_change",
    "open_checkout",
    "open_plan_change",
    "open_resumption",
    "resolve",
    "retry",
    "returned",
    "token_hash",
]
