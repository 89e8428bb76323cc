"""merchant/*: associated merchants, for integrators."""

from __future__ import annotations

from collections.abc import Iterator

from ..results import Merchant, MerchantDeleted, Page
from .family import Family


class MerchantCalls(Family):
    """``client.merchant``. ``status`` 0 pending, 1 approved, 2 rejected."""

    name = "merchant"

    def create(self, *, id: str, name: str, url: str) -> Merchant:
        """Add one; Flow has to approve it."""
        return self._post("create", Merchant, {"id": id, "name": name, "url": url})

    def edit(self, id: str, *, name: str, url: str) -> Merchant:
        """Change one."""
        return self._post("edit", Merchant, {"id": id, "name": name, "url": url})

    def delete(self, id: str) -> MerchantDeleted:
        """Remove one."""
        return self._post("delete", MerchantDeleted, {"id": id})

    def get(self, id: str) -> Merchant:
        """One by its id."""
        return self._get("get", Merchant, {"id": id})

    def list(
        self,
        *,
        start: int | None = None,
        limit: int | None = None,
        filter: str | None = None,
        status: int | None = None,
    ) -> Page[Merchant]:
        """One page of them."""
        return self._page("list", Merchant, start, limit, {"filter": filter, "status": status})

    def iterate(self, *, filter: str | None = None, status: int | None = None) -> Iterator[Merchant]:
        """All of them."""
        return self._every("list", Merchant, {"filter": filter, "status": status})
