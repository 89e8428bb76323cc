"""No provider is asked inside a database transaction: what it did could not be rolled back with it."""

from __future__ import annotations

from django.db import transaction


def refuse_inside_one() -> None:
    """Raise RuntimeError in a transaction of the caller, as ``atomic(durable=True)`` does, without a
    statement. Django's TestCase, which wraps each test in one, is let through, as it is there."""
    blocks = transaction.get_connection().atomic_blocks
    if any(not getattr(block, "_from_testcase", False) for block in blocks):
        raise RuntimeError(
            "A payment provider cannot be asked inside a transaction: rolled back later, the row would "
            "forget what was done there. Call this outside atomic(), in a view with non_atomic_requests."
        )
