"""How long a provider asks to be left alone: the header ``Retry-After`` (RFC 9110, 10.2.3)."""

from __future__ import annotations

from collections.abc import Mapping

from urllib3 import Retry
from urllib3.exceptions import InvalidHeader

# Whatever is asked for, a row is looked at again after an hour: a header may be wrong by days.
LONGEST = 3600.0


def seconds(headers: Mapping[str, str]) -> float:
    """From now, at most an hour; 0.0 where nothing is asked for, or nothing that can be read."""
    written = headers.get("Retry-After")
    if not written:
        return 0.0
    try:
        asked = float(Retry().parse_retry_after(written))  # a number of seconds, or a date
    except (InvalidHeader, ValueError, OverflowError):
        return 0.0
    return min(asked, LONGEST)
