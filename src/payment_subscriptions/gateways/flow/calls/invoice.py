"""invoice/*: what a subscription owes for a period."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from ..results import Invoice, Page
from .family import Family


class InvoiceCalls(Family):
    """``client.invoice``. ``status`` 0 unpaid, 1 paid, 2 void."""

    name = "invoice"

    def get(self, invoice_id: int) -> Invoice:
        """An invoice with its payment and failed charges."""
        return self._get("get", Invoice, {"invoiceId": invoice_id})

    def cancel(self, invoice_id: int) -> Invoice:
        """Void what is unpaid."""
        return self._post("cancel", Invoice, {"invoiceId": invoice_id})

    def outside_payment(self, invoice_id: int, *, date: dt.date, comment: str | None = None) -> Invoice:
        """Mark as paid without Flow, on ``date``."""
        return self._post(
            "outsidePayment", Invoice, {"invoiceId": invoice_id, "date": date, "comment": comment}
        )

    def get_over_due(
        self,
        *,
        start: int | None = None,
        limit: int | None = None,
        filter: str | None = None,
        plan_id: str | None = None,
    ) -> Page[Invoice]:
        """One page of the invoices that are unpaid and past due; ``filter`` by subject."""
        return self._page("getOverDue", Invoice, start, limit, {"filter": filter, "planId": plan_id})

    def iterate_over_due(self, *, filter: str | None = None, plan_id: str | None = None) -> Iterator[Invoice]:
        """All invoices that are unpaid and past due."""
        return self._every("getOverDue", Invoice, {"filter": filter, "planId": plan_id})

    def retry_to_collect(self, invoice_id: int) -> Invoice:
        """Charge an overdue invoice again, now."""
        return self._post("retryToCollect", Invoice, {"invoiceId": invoice_id})
