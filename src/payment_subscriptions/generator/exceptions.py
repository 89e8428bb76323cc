from __future__ import annotations


class NotUnderstood(Exception):
    """An answer that nobody can act on; the message is for whoever gave it, in their language."""


class WillNotWrite(Exception):
    """Something stands in the way, and nothing was written; the message says what, and what to do."""
