"""What may be shown of a text that Flow sent: no key, token, card number or whole e-mail."""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST = 200

_LINE_MASKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+"), " "),
    (re.compile(r"[^\s@<>,;:\"']+@[^\s@<>,;\"']+"), "<e-mail>"),
)
_MASKS = (
    *_LINE_MASKS,
    # apiKey (8-4-4-4-12, not always hex) and UUIDs; tokens, signatures and secrets (32 or more)
    (re.compile(r"\b[0-9A-Za-z]{8}(?:-[0-9A-Za-z]{4}){3}-[0-9A-Za-z]{12}\b"), "<key>"),
    (re.compile(r"[0-9A-Za-z]{32,}"), "<token>"),
    # whole card numbers, grouped or not, and Flow's masked ones ("457630 **** **** 9876")
    (re.compile(r"(?<![0-9A-Za-z])\d(?:[ -]?\d){12,18}(?![0-9A-Za-z])"), "<card>"),
    (re.compile(r"\b\d{4,6}[ -]?(?:\*+[ -]?)+\d{2,4}\b"), "<card>"),
)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """One short line without ``secrets`` (values that the caller knows) and whatever looks like one."""
    for secret in sorted((each for each in secrets if len(each) > 2), key=len, reverse=True):
        text = text.replace(secret, "<hidden>")
    return _masked(text, _MASKS)


def one_line(text: str) -> str:
    """An id of ours for the log: no line break, no whole e-mail; long digits are left as they are."""
    return _masked(text, _LINE_MASKS)


def _masked(text: str, masks: tuple[tuple[re.Pattern[str], str], ...]) -> str:
    for pattern, mask in masks:
        text = pattern.sub(mask, text)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
