"""plans/*: what subscriptions are sold at. The path is plural; plan/get does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from ..results import Page, Plan
from .family import Amount, Family


class PlansCalls(Family):
    """``client.plans``."""

    name = "plans"

    def create(
        self,
        *,
        plan_id: str,
        name: str,
        amount: Amount,
        interval: int,
        currency: str | None = None,
        interval_count: int | None = None,
        trial_period_days: int | None = None,
        days_until_due: int | None = None,
        periods_number: int | None = None,
        url_callback: str | None = None,
        charges_retries_number: int | None = None,
        currency_convert_option: int | None = None,
    ) -> Plan:
        """Make a plan; AlreadyExists if the id is taken.

        ``amount`` in ``currency`` (CLP: whole pesos; UF has decimals) each ``interval_count``
        times ``interval`` (1 day, 2 week, 3 month, 4 year); ``periods_number`` 0 for ever;
        ``currency_convert_option`` 1 at payment, 2 at invoice. Payments are told to ``url_callback``.
        """
        return self._post(
            "create",
            Plan,
            {
                "planId": plan_id,
                "name": name,
                "currency": currency,
                "amount": amount,
                "interval": interval,
                "interval_count": interval_count,
                "trial_period_days": trial_period_days,
                "days_until_due": days_until_due,
                "periods_number": periods_number,
                "urlCallback": url_callback,
                "charges_retries_number": charges_retries_number,
                "currency_convert_option": currency_convert_option,
            },
        )

    def get(self, plan_id: str) -> Plan:
        """A plan by its id, which is any text, blanks included."""
        return self._get("get", Plan, {"planId": plan_id})

    def edit(
        self,
        plan_id: str,
        *,
        name: str | None = None,
        currency: str | None = None,
        amount: Amount | None = None,
        interval: int | None = None,
        interval_count: int | None = None,
        trial_period_days: int | None = None,
        days_until_due: int | None = None,
        periods_number: int | None = None,
        url_callback: str | None = None,
        charges_retries_number: int | None = None,
        currency_convert_option: int | None = None,
    ) -> Plan:
        """Change what is not None. With subscribers only ``trial_period_days`` can change."""
        return self._post(
            "edit",
            Plan,
            {
                "planId": plan_id,
                "name": name,
                "currency": currency,
                "amount": amount,
                "interval": interval,
                "interval_count": interval_count,
                "trial_period_days": trial_period_days,
                "days_until_due": days_until_due,
                "periods_number": periods_number,
                "urlCallback": url_callback,
                "charges_retries_number": charges_retries_number,
                "currency_convert_option": currency_convert_option,
            },
        )

    def delete(self, plan_id: str) -> Plan:
        """Take no new subscriptions; those that live go on."""
        return self._post("delete", Plan, {"planId": plan_id})

    def list(
        self,
        *,
        start: int | None = None,
        limit: int | None = None,
        filter: str | None = None,
        status: int | None = None,
    ) -> Page[Plan]:
        """One page of plans; ``filter`` by name, ``status`` 1 active, 0 deleted."""
        return self._page("list", Plan, start, limit, {"filter": filter, "status": status})

    def iterate(self, *, filter: str | None = None, status: int | None = None) -> Iterator[Plan]:
        """All plans."""
        return self._every("list", Plan, {"filter": filter, "status": status})
