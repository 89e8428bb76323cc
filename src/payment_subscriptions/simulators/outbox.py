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
    about: str = ""  # the order, if it is of one


class Outbox:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = count(1)
        self.mails: list[Mail] = []

    def send(
        self,
        time: datetime,
        kind: str,
        to: str,
        subject: str,
        text: str,
        link: str | None = None,
        about: str = "",
    ) -> Mail:
        with self._lock:
            mail = Mail(next(self._numbers), time, kind, to, subject, text, link, about)
            self.mails.append(mail)
        return mail

    def of(self, kind: str) -> list[Mail]:
        return [mail for mail in self.mails if mail.kind == kind]

    def about(self, order: str) -> list[Mail]:
        """The letters of one order, oldest first."""
        return [mail for mail in self.mails if mail.about == order]

    def clear(self) -> None:
        with self._lock:
            self.mails.clear()
