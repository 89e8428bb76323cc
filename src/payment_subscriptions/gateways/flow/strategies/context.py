"""What an action at Flow needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ... import actions
from ...base import Attempt
from ..client import FlowClient


@dataclass(frozen=True)
class Context:
    """The client, the attempt, Flow's ids of the price and the coupon, and the account's options."""

    client: FlowClient
    attempt: Attempt
    plan_id: str
    coupon_id: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


Action = actions.Action[Context]
