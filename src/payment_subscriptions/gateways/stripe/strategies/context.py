"""What an action at Stripe needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ... import actions
from ...base import Attempt

if TYPE_CHECKING:
    from ..client import Client


@dataclass(frozen=True)
class Context:
    """The client, the attempt, the account's options, and Stripe's id of the attempt's price (asked for,
    where it is needed)."""

    client: Client
    attempt: Attempt
    options: Mapping[str, Any]
    price: Callable[[], str]


Action = actions.Action[Context]
