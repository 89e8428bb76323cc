"""settlement/*: what Flow paid out to the merchant."""

from __future__ import annotations

import datetime as dt

from ..results import Settlement, SettlementBaseV2, SettlementV2
from .family import Family


class SettlementCalls(Family):
    """``client.settlement``. ``get_by_date`` and ``get_by_id`` are for those before 2021-06-01."""

    name = "settlement"

    def get_by_date(self, date: dt.date) -> tuple[Settlement, ...]:
        """The settlements of a day, in the first form."""
        return self._get_all("getByDate", Settlement, {"date": date})

    def get_by_id(self, id: str) -> Settlement:
        """A settlement in the first form."""
        return self._get("getById", Settlement, {"id": id})

    def search(
        self,
        *,
        start_date: dt.date,
        end_date: dt.date,
        currency: str | None = None,
        enterprise: str | None = None,
    ) -> tuple[SettlementBaseV2, ...]:
        """The heads of the settlements of some days; ``enterprise`` R or N."""
        return self._get_all(
            "search",
            SettlementBaseV2,
            {"startDate": start_date, "endDate": end_date, "currency": currency, "enterprise": enterprise},
        )

    def get_by_id_v2(self, id: str) -> SettlementV2:
        """A whole settlement."""
        return self._get("getByIdv2", SettlementV2, {"id": id})
