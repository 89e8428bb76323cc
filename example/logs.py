"""How a line of the log looks, and what an address shows in it.

The app logs no secret by itself. What a web server adds does: a request line holds the query
(tokens, ids of orders), and the path of a result page is the key to it.
"""

from __future__ import annotations

import logging
import re

ADDRESSES = ("django.server", "django.request", "django.security")
_QUERY = re.compile(r"\?\S*")
_ID = re.compile(r"\b([0-9a-f]{4})[0-9a-f]{4}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
# What every record has; the rest was given as ``extra``.
_ORDINARY = set(vars(logging.makeLogRecord({})))
_ORDINARY |= {"message", "asctime", "taskName", "request", "server_time", "status_code"}


class ShortAddresses(logging.Filter):
    """Of an address in the web server's lines: the path, ids shortened, no query."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith(ADDRESSES):
            record.msg = _ID.sub(r"\1…", _QUERY.sub("", record.getMessage()))
            record.args = None
        return True


class Line(logging.Formatter):
    """``12:04:31 WARNING payment_subscriptions.checkout: In doubt checkout=3 provider=flow``."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        extra = {name: value for name, value in vars(record).items() if name not in _ORDINARY}
        return " ".join([line, *(f"{k}={v}" for k, v in extra.items() if f"{k}=" not in line)])
