"""The e-mails that the provider would have sent, kept to be looked at."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from itertools import count


@dataclass(frozen=True)
class Mail:
    id: int
    time: datetime
    kind: str
    to: str
    subject: str
    text: str
    link: str | None = None


class Outbox:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = count(1)
        self.mails: list[Mail] = []

    def send(
        self, time: datetime, kind: str, to: str, subject: str, text: str, link: str | None = None
    ) -> Mail:
        with self._lock:
            mail = Mail(next(self._numbers), time, kind, to, subject, text, link)
            self.mails.append(mail)
        return mail

    def of(self, kind: str) -> list[Mail]:
        return [mail for mail in self.mails if mail.kind == kind]

    def clear(self) -> None:
        with self._lock:
            self.mails.clear()
