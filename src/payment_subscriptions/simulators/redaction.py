"""What may not stand in a log: keys, signatures, tokens, card numbers, whole e-mails."""

from __future__ import annotations

import logging
import re

_PATTERNS = (
    (re.compile(r"[^\s@<>\"'=&,;:]+(@|%40)(?=[\w-]+\.)", re.IGNORECASE), r"***\1"),
    (re.compile(r"\b(?:[sr]k_(?:test|live)|whsec)_\w+"), "[key]"),
    (re.compile(r"\b[0-9A-Za-z]{32,}\b"), "[secret]"),
    (re.compile(r"\b[0-9A-Z]{4,8}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{12}\b"), "[key]"),
    (re.compile(r"\b(?:\d[ -]?){12,18}\d\b"), "[card]"),
    (re.compile(r"\b(token|s|apiKey|secretKey|tarjeta)=[^&\s\"']+"), r"\1=[secret]"),
)


def redact(text: str) -> str:
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def path_only(target: str) -> str:
    """A request's path without its query, with anything secret masked."""
    return redact(target.partition("?")[0])


class RedactingFilter(logging.Filter):
    """The last net: masks the finished line, traceback included."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + logging.Formatter().formatException(record.exc_info)
        record.msg, record.args, record.exc_info, record.exc_text = redact(text), None, None, None
        return True


def logger(name: str) -> logging.Logger:
    log = logging.getLogger(name)
    if not any(isinstance(each, RedactingFilter) for each in log.filters):
        log.addFilter(RedactingFilter())
    return log
