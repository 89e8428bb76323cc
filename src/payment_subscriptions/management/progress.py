"""How far a long command is, on a terminal: one line that is written over.

A few lines of our own: a library would be one more thing to install on every server for the sake of those
who watch, and most of what is counted here has no known end for it to draw a bar towards.
"""

from __future__ import annotations

import time
from typing import TextIO

WIDTH = 24
LEAST = 0.2  # seconds between two looks


class ProgressBar:
    """``bar("flow", "payments", 300, 1000)``; writes nothing where ``stream`` is no terminal."""

    def __init__(self, stream: TextIO, *, delay: float = 1.0) -> None:
        self._stream = stream
        self._shown = stream.isatty()
        self._next = time.monotonic() + delay
        self._length = 0

    def __call__(self, provider: str, stage: str, done: int, of: int) -> None:
        if self._shown and time.monotonic() >= self._next:
            self._next = time.monotonic() + LEAST
            self._write(f"{provider}: {_bar(done, of)} {stage}")

    def close(self) -> None:
        """Leave the line as it was."""
        if self._length:
            self._write("")
            self._stream.write("\r")

    def _write(self, text: str) -> None:
        self._stream.write("\r" + text.ljust(self._length))
        self._stream.flush()
        self._length = len(text)


def _bar(done: int, of: int) -> str:
    """Without an end that is known, the number alone."""
    if not of:
        return str(done)
    full = min(WIDTH, WIDTH * done // of)
    return f"[{'#' * full}{'.' * (WIDTH - full)}] {done}/{max(of, done)}"
