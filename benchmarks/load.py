"""Eight connections that are kept open, each sending its next request when the last is answered.

One thread and no library, so that what is measured is the server.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

CONNECTIONS = 8


@dataclass
class Sent:
    """What came of a round."""

    seconds: float
    latencies: list[float]
    failures: int = 0

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, percent: float) -> float:
        """Milliseconds."""
        return percentile(self.latencies, percent) * 1000


def percentile(values: Sequence[float], percent: float) -> float:
    found = sorted(values)
    return found[min(len(found) - 1, int(len(found) * percent / 100))]


@dataclass
class Line:
    """One connection."""

    socket: socket.socket
    begun: float = 0.0
    answer: bytearray = field(default_factory=bytearray)

    def is_answered(self) -> bool:
        head, found, body = bytes(self.answer).partition(b"\r\n\r\n")
        if not found:
            return False
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        return len(body) >= int(lengths[0].split(b":")[1])


def send(port: int, requests: Sequence[bytes], every: float = 0.0) -> Sent:
    """Send each request once; ``every``: seconds between two of them at least, 0 as fast as it goes."""
    waiting = iter(requests)
    begun = time.perf_counter()
    due = begun
    sent = Sent(0.0, [])
    with selectors.DefaultSelector() as selector:
        lines = [_line(port) for _number in range(CONNECTIONS)]
        idle, busy, left = list(lines), 0, True
        while left or busy:
            while idle and left and time.perf_counter() >= due:
                request = next(waiting, None)
                if request is None:
                    left = False
                    break
                line = idle.pop()
                line.begun, line.answer = time.perf_counter(), bytearray()
                line.socket.sendall(request)
                selector.register(line.socket, selectors.EVENT_READ, line)
                busy, due = busy + 1, max(due + every, begun)
            for key, _events in selector.select(timeout=0.001 if every else None if busy else 0):
                line = key.data
                part = line.socket.recv(65536)
                line.answer += part
                if part and not line.is_answered():
                    continue
                sent.latencies.append(time.perf_counter() - line.begun)
                sent.failures += not line.answer.startswith(b"HTTP/1.1 200")
                selector.unregister(line.socket)
                idle.append(line)
                busy -= 1
        for line in lines:
            line.socket.close()
    sent.seconds = time.perf_counter() - begun
    return sent


def _line(port: int) -> Line:
    made = socket.create_connection(("127.0.0.1", port), timeout=30)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Line(made)
