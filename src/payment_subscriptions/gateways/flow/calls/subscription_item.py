"""subscription_item/*: extras and discounts that subscriptions can take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ..results import ItemAdditional, Page
from .family import Amount, Family

ChangeType = Literal["to_future", "all"]


class SubscriptionItemCalls(Family):
    """``client.subscription_item``. ``change_type`` "all" reaches subscriptions that live already."""

    name = "subscription_item"

    def create(self, *, name: str, currency: str, amount: Amount) -> ItemAdditional:
        """``name``: letters, digits, blanks; a negative ``amount`` is a discount."""
        return self._post("create", ItemAdditional, {"name": name, "currency": currency, "amount": amount})

    def get(self, item_id: int) -> ItemAdditional:
        """An item."""
        return self._get("get", ItemAdditional, {"itemId": item_id})

    def edit(
        self,
        item_id: int,
        *,
        name: str | None = None,
        amount: Amount | None = None,
        change_type: ChangeType | None = None,
    ) -> ItemAdditional:
        """Change what is not None."""
        return self._post(
            "edit",
            ItemAdditional,
            {"itemId": item_id, "name": name, "amount": amount, "changeType": change_type},
        )

    def delete(self, item_id: int, *, change_type: ChangeType) -> ItemAdditional:
        """For new subscriptions, or off all of them."""
        return self._post("delete", ItemAdditional, {"itemId": item_id, "changeType": change_type})

    def list(
        self,
        *,
        start: int | None = None,
        limit: int | None = None,
        filter: str | None = None,
        status: int | None = None,
    ) -> Page[ItemAdditional]:
        """One page of items."""
        return self._page("list", ItemAdditional, start, limit, {"filter": filter, "status": status})

    def iterate(self, *, filter: str | None = None, status: int | None = None) -> Iterator[ItemAdditional]:
        """All items."""
        return self._every("list", ItemAdditional, {"filter": filter, "status": status})
