"""What a step of an attempt is: an action of a gateway's table, the first that is not done.

A step makes at most one call that changes something; reads that fail are asked again later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Generic, Literal, Protocol, TypeVar

from ..exceptions import NotFound, OutcomeUnknown, Refused
from .base import AGAIN, NOTHING, Attempt, Outcome, Step


class Context(Protocol):
    """What a step needs: the attempt, and whatever else its gateway's actions ask for."""

    @property
    def attempt(self) -> Attempt: ...


C = TypeVar("C", bound=Context)


@dataclass(frozen=True)
class Action(Generic[C]):
    """``is_done`` on the attempt; ``take`` takes the step; ``settle`` says what became of it when the
    answer was lost, AGAIN where it may be taken once more."""

    is_done: Callable[[Attempt], bool]
    take: Callable[[C], Step]
    settle: Callable[[C], Step]


def take(context: C, actions: tuple[Action[C], ...], verb: Literal["take", "settle"]) -> Step:
    """The step of the first action that is not done; done where it was the last."""
    action = _next(context.attempt, actions)
    if action is None:
        return Step(NOTHING, Outcome.DONE)
    step: Step = getattr(action, verb)(context)
    after = _after(context.attempt, step)
    is_last = step.next_step == AGAIN and _next(after, actions) is None
    return replace(step, next_step=NOTHING, outcome=Outcome.DONE) if is_last else step


def again(_: object) -> Step:
    """For a call that changes nothing which a repetition would do twice."""
    return Step(AGAIN)


@contextmanager
def asking() -> Iterator[None]:
    """A question whose answer is lost has begun nothing, and one that is refused answers nothing: it is
    asked again, nobody is in doubt, and nothing ends by it. NotFound is an answer."""
    try:
        yield
    except NotFound:
        raise
    except Refused as error:
        unanswered = OutcomeUnknown(str(error), code=error.code, service=error.service, hint=error.hint)
        unanswered.sent = False
        raise unanswered from error
    except OutcomeUnknown as error:
        error.sent = False
        raise


def _next(attempt: Attempt, actions: tuple[Action[C], ...]) -> Action[C] | None:
    return next((action for action in actions if not action.is_done(attempt)), None)


def _after(attempt: Attempt, step: Step) -> Attempt:
    """The attempt as it will be once the step is stored."""
    customer = step.customer_reference or attempt.customer_reference
    return replace(
        attempt,
        data={**attempt.data, **step.data},
        customer_reference="" if step.customer_gone else customer,
        subscription_reference=step.subscription_reference or attempt.subscription_reference,
    )
