"""When two spellings of an e-mail address are one mailbox."""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


def normalised(email: str) -> str:
    """One text for all spellings of one mailbox; of nothing, nothing.

    Letters of ASCII lose their case, and a domain is spelled as mail is sent to it (IDNA). No other letter
    is changed: ``ı`` is no ``i`` and the sign for kelvin no ``k``, or whoever has one mailbox would be taken
    for whoever has the other.
    """
    local, at, domain = email.strip().rpartition("@")
    return (local + at + _as_sent(domain)).translate(_LOWER)


def spellings(address: str) -> set[str]:
    """How a normalised address may have been written, but for the case of its letters."""
    local, at, domain = address.rpartition("@")
    try:
        return {address, local + at + domain.encode("ascii").decode("idna")}
    except UnicodeError:
        return {address}


def _as_sent(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain
