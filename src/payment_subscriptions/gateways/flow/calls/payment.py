"""payment/*: one-off payment orders, and what became of any payment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from ..results import Page, PaymentStatus, PaymentStatusExtended, PayResponse
from ..signature import Value
from .family import Amount, Family, Params


class PaymentCalls(Family):
    """``client.payment``. ``status`` of an order: 1 pending, 2 paid, 3 rejected, 4 annulled."""

    name = "payment"

    def create(
        self,
        *,
        commerce_order: str,
        subject: str,
        amount: Amount,
        email: str,
        url_confirmation: str,
        url_return: str,
        currency: str | None = None,
        payment_method: int | None = None,
        optional: Mapping[str, Any] | None = None,
        timeout: int | None = None,
        checkout_timeout: int | None = None,
        merchant_id: str | None = None,
        payment_currency: str | None = None,
        extra: Mapping[str, Value] | None = None,
    ) -> PayResponse:
        """Make an order and get the link where the payer pays it.

        ``amount`` in whole pesos for CLP (350 at least); ``commerce_order`` ours, 45 characters at
        most, refused (1605) once paid; ``payment_method`` 9 offers all; ``timeout`` seconds until
        the order expires (None: never), ``checkout_timeout`` seconds to choose a medium.
        ``extra``: parameters that Flow does not document, signed and sent as they are.
        """
        params: Params = {
            "commerceOrder": commerce_order,
            "subject": subject,
            "currency": currency,
            "amount": amount,
            "email": email,
            "paymentMethod": payment_method,
            "urlConfirmation": url_confirmation,
            "urlReturn": url_return,
            "optional": optional,
            "timeout": timeout,
            "checkout_timeout": checkout_timeout,
            "merchantId": merchant_id,
            "payment_currency": payment_currency,
        }
        return self._post("create", PayResponse, _with_extra(params, extra or {}))

    def create_email(
        self,
        *,
        commerce_order: str,
        subject: str,
        amount: Amount,
        email: str,
        url_confirmation: str,
        url_return: str,
        currency: str | None = None,
        forward_days_after: int | None = None,
        forward_times: int | None = None,
        optional: Mapping[str, Any] | None = None,
        timeout: int | None = None,
        checkout_timeout: int | None = None,
        merchant_id: str | None = None,
        payment_currency: str | None = None,
    ) -> PayResponse:
        """Make an order whose link Flow e-mails, and e-mails again ``forward_times`` times,
        ``forward_days_after`` days apart. The rest as in ``create``."""
        return self._post(
            "createEmail",
            PayResponse,
            {
                "commerceOrder": commerce_order,
                "subject": subject,
                "currency": currency,
                "amount": amount,
                "email": email,
                "urlConfirmation": url_confirmation,
                "urlReturn": url_return,
                "forward_days_after": forward_days_after,
                "forward_times": forward_times,
                "optional": optional,
                "timeout": timeout,
                "checkout_timeout": checkout_timeout,
                "merchantId": merchant_id,
                "payment_currency": payment_currency,
            },
        )

    def get_status(self, token: str) -> PaymentStatus:
        """The order that a token of a callback stands for; NotFound (1700) if there is none."""
        return self._get("getStatus", PaymentStatus, {"token": token})

    def get_status_by_commerce_id(self, commerce_id: str) -> PaymentStatus:
        """The order by our own number of it (``commerce_order``)."""
        return self._get("getStatusByCommerceId", PaymentStatus, {"commerceId": commerce_id})

    def get_status_by_flow_order(self, flow_order: int) -> PaymentStatus:
        """The order by Flow's number of it."""
        return self._get("getStatusByFlowOrder", PaymentStatus, {"flowOrder": flow_order})

    def get_status_extended(self, token: str) -> PaymentStatusExtended:
        """``get_status`` with the card and the last error (see DECLINES)."""
        return self._get("getStatusExtended", PaymentStatusExtended, {"token": token})

    def get_status_by_flow_order_extended(self, flow_order: int) -> PaymentStatusExtended:
        """``get_status_by_flow_order`` with the card and the last error."""
        return self._get("getStatusByFlowOrderExtended", PaymentStatusExtended, {"flowOrder": flow_order})

    def get_payments(
        self, date: dt.date, *, start: int | None = None, limit: int | None = None
    ) -> Page[PaymentStatus]:
        """One page of the payments received on a day (``limit`` 10 by default, 100 at most)."""
        return self._page("getPayments", PaymentStatus, start, limit, {"date": date})

    def iterate_payments(self, date: dt.date) -> Iterator[PaymentStatus]:
        """All payments received on a day."""
        return self._every("getPayments", PaymentStatus, {"date": date})

    def get_transactions(
        self, date: dt.date, *, start: int | None = None, limit: int | None = None
    ) -> Page[PaymentStatus]:
        """One page of all transactions of a day, paid or not."""
        return self._page("getTransactions", PaymentStatus, start, limit, {"date": date})

    def iterate_transactions(self, date: dt.date) -> Iterator[PaymentStatus]:
        """All transactions of a day."""
        return self._every("getTransactions", PaymentStatus, {"date": date})


def _with_extra(params: Params, extra: Mapping[str, Value]) -> Params:
    taken = {*params, "apiKey", "s"} & set(extra)
    if taken:
        raise ValueError(f"extra must not replace {', '.join(sorted(taken))}")
    return {**params, **extra}
