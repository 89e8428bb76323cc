"""Checking the signature ``s``: HMAC-SHA256 over names and values, sorted, nothing between."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping


def string_to_sign(params: Mapping[str, str], *, legacy: bool = False) -> str:
    pairs = sorted((name, value) for name, value in params.items() if name != "s")
    if legacy:  # the form of before October 2019
        return "&".join(f"{name}={value}" for name, value in pairs)
    return "".join(name + value for name, value in pairs)


def sign(params: Mapping[str, str], secret_key: str, *, legacy: bool = False) -> str:
    text = string_to_sign(params, legacy=legacy)
    return hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()


def is_signed(params: Mapping[str, str], secret_key: str, *, legacy_too: bool) -> bool:
    given = params.get("s", "").encode()
    forms = (False, True) if legacy_too else (False,)
    return any(hmac.compare_digest(sign(params, secret_key, legacy=f).encode(), given) for f in forms)
