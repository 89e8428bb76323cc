"""How often a provider is asked about notices that anybody may have made up.

A notice that is not signed costs its sender nothing and us a question. What is bounded is how many of one
sender's notices a minute may turn out to be unknown to the provider: who brings genuine ones is never held
up, however many they are. What is over the bound stays due, and gets a turn later; nothing is dropped.

The evidence is the notices' own rows, so that it holds for all processes and machines: beside the bound there
may be as many questions as are being asked at the same moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from . import conf
from .clock import now
from .gateways import gateways
from .models import Notice
from .models.notice import NoticeState

MINUTE = timedelta(minutes=1)
# What all senders together may cost, in times of what one may. Over it, those who have brought a genuine
# notice before are still asked about at once.
TOGETHER = 4
# So many copies of one notice are each looked into when they come; of more, one a minute.
MOST_COPIES = 250
# The queue of those who are held for what others did.
STRANGERS = "strangers"


@dataclass(frozen=True)
class Turn:
    """When a notice may be asked about, and in which queue it waits until then."""

    at: datetime
    held_by: str = ""


def turn_of(notice: Notice) -> Turn | None:
    """None where it may be asked about now. Raises ConfigurationError."""
    if notice.about or gateways[notice.provider].signs_notices:
        return None
    moment, most = now(), int(conf.get("UNKNOWN_NOTICES_PER_MINUTE"))
    if notice.done_at and notice.done_at > moment - MINUTE and _is_repeated_in_vain(notice):
        return Turn(notice.done_at + MINUTE)
    unknown = _unknown_of_late(notice.provider, moment, most)
    if unknown.count(notice.sender) >= most:
        return _next_turn(notice.sender, moment, most)
    if len(unknown) >= most * TOGETHER and not _is_known(notice.sender):
        return _next_turn(STRANGERS, moment, most * TOGETHER)
    return None


def _is_repeated_in_vain(notice: Notice) -> bool:
    """A copy of what led to nothing a moment ago, or one of very many copies."""
    return notice.subscription_id is None or notice.arrivals > MOST_COPIES


def _unknown_of_late(provider: str, moment: datetime, most: int) -> list[str]:
    """The senders of what the provider did not know, one for each question of the last minute."""
    found = Notice.objects.filter(
        state=NoticeState.UNKNOWN, done_at__gt=moment - MINUTE, provider=provider
    ).values_list("sender", flat=True)
    return list(found[: most * TOGETHER * 2])


def _is_known(sender: str) -> bool:
    """Whether a genuine notice has ever come from there."""
    return Notice.objects.filter(state=NoticeState.DONE, sender=sender).exists()


def _next_turn(queue: str, moment: datetime, most: int) -> Turn:
    """Behind the last who waits in that queue: its turns are as far apart as the bound wants."""
    waiting = Notice.objects.filter(held_by=queue, held_by__gt="", due_at__gt=moment)
    last = waiting.order_by("-due_at").values_list("due_at", flat=True).first()
    return Turn(max(moment + MINUTE, (last or moment) + MINUTE / most), queue)
