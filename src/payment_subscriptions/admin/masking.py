"""What a page of the admin may show: no whole e-mail, no token, no address that carries one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "•••"

_EMAIL = re.compile(r"([^\s@:;,<>\"()])[^\s@:;,<>\"()]*@([\w.-]+)")
_QUERY = re.compile(r"(https?://[^\s?#]+)[?#]\S+")
# The nonce of a payer's page: who has it is taken for that payer.
_NONCE = re.compile(r"\bform:[^\s\"]+")
# "checkout" is the attempt's public id, which is the token that JSON callers get.
_SECRET_NAME = re.compile(
    r"token|secret|signature|passw|authori[sz]ation|api_?key|nonce|url|body|^checkout$", re.IGNORECASE
)


def mask(text: object) -> str:
    """The text with e-mails as "a•••@correo.cl", and addresses without their query."""
    masked = _EMAIL.sub(rf"\1{HIDDEN}@\2", str(text))
    return _NONCE.sub(f"form:{HIDDEN}", _QUERY.sub(rf"\1?{HIDDEN}", masked))


def masked(data: Any) -> Any:
    """JSON data, masked throughout: what is under a secret's name is not shown at all."""
    if isinstance(data, Mapping):
        return {
            mask(name): HIDDEN if value and _SECRET_NAME.search(str(name)) else masked(value)
            for name, value in data.items()
        }
    if isinstance(data, list | tuple):
        return [masked(item) for item in data]
    return mask(data) if isinstance(data, str) else data


def raw(data: Mapping[str, Any]) -> str:
    """Data as the pages fold it away: masked JSON, without what is empty."""
    kept = {name: value for name, value in data.items() if value not in (None, "", {}, [])}
    return json.dumps(masked(kept), indent=2, ensure_ascii=False, default=str) if kept else ""
