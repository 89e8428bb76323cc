"""customer/*: payers, their cards, and charges outside of subscriptions."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..results import (
    BatchCollectResponse,
    BatchCollectStatus,
    Charge,
    ChargeAttempt,
    CollectResponse,
    Customer,
    Page,
    PaymentStatus,
    RegisterLink,
    RegisterResult,
    ReverseCharge,
    Subscription,
)
from .family import Amount, Family


@dataclass(frozen=True)
class CollectRow:
    """A row for ``batch_collect``: ``amount`` as in ``charge``."""

    customer_id: str
    commerce_order: str
    subject: str
    amount: Amount
    currency: str | None = None
    payment_method: int | None = None
    optional: Mapping[str, Any] | None = None

    def as_flow_object(self) -> dict[str, Any]:
        """Flow's CollectObject, whose ``optional`` is JSON in a string."""
        return {
            "customerId": self.customer_id,
            "commerceOrder": self.commerce_order,
            "subject": self.subject,
            "amount": self.amount,
            "currency": self.currency,
            "paymentMethod": self.payment_method,
            "optional": None if self.optional is None else json.dumps(self.optional, ensure_ascii=False),
        }


class CustomerCalls(Family):
    """``client.customer``."""

    name = "customer"

    def create(self, *, name: str, email: str, external_id: str) -> Customer:
        """Make a customer; AlreadyExists if ``external_id`` is taken. Flow cannot look one up by it."""
        return self._post("create", Customer, {"name": name, "email": email, "externalId": external_id})

    def edit(
        self,
        customer_id: str,
        *,
        name: str | None = None,
        email: str | None = None,
        external_id: str | None = None,
    ) -> Customer:
        """Change what is not None."""
        return self._post(
            "edit",
            Customer,
            {"customerId": customer_id, "name": name, "email": email, "externalId": external_id},
        )

    def delete(self, customer_id: str) -> Customer:
        """Refused while there are active subscriptions or unpaid invoices."""
        return self._post("delete", Customer, {"customerId": customer_id})

    def get(self, customer_id: str) -> Customer:
        """A customer by Flow's id (``cus_...``)."""
        return self._get("get", Customer, {"customerId": customer_id})

    def list(
        self,
        *,
        start: int | None = None,
        limit: int | None = None,
        filter: str | None = None,
        status: int | None = None,
    ) -> Page[Customer]:
        """One page of customers; ``filter`` matches the name only, never e-mail or external id."""
        return self._page("list", Customer, start, limit, {"filter": filter, "status": status})

    def iterate(self, *, filter: str | None = None, status: int | None = None) -> Iterator[Customer]:
        """All customers: the way to find one by external id."""
        return self._every("list", Customer, {"filter": filter, "status": status})

    def register(self, customer_id: str, *, url_return: str) -> RegisterLink:
        """Where the payer enters a card. Refused with scope "strategy" (7001) without the contract."""
        return self._post("register", RegisterLink, {"customerId": customer_id, "url_return": url_return})

    def get_register_status(self, token: str) -> RegisterResult:
        """Whether the card was registered; "0" can turn into "1" within seconds of the return."""
        return self._get("getRegisterStatus", RegisterResult, {"token": token})

    def un_register(self, customer_id: str) -> Customer:
        """Forget the card: from then on Flow e-mails a payment link instead of charging."""
        return self._post("unRegister", Customer, {"customerId": customer_id})

    def charge(
        self,
        customer_id: str,
        *,
        amount: Amount,
        subject: str,
        commerce_order: str,
        currency: str | None = None,
        optionals: Mapping[str, Any] | None = None,
    ) -> PaymentStatus:
        """Charge the card now. **Not guarded by commerce_order**: two calls are two charges. No
        callback is sent. ``amount`` in ``currency``: CLP (whole pesos) or UF."""
        return self._post(
            "charge",
            PaymentStatus,
            {
                "customerId": customer_id,
                "amount": amount,
                "subject": subject,
                "commerceOrder": commerce_order,
                "currency": currency,
                "optionals": optionals,
            },
        )

    def collect(
        self,
        customer_id: str,
        *,
        commerce_order: str,
        subject: str,
        amount: Amount,
        url_confirmation: str,
        url_return: str,
        currency: str | None = None,
        payment_method: int | None = None,
        by_email: bool | None = None,
        forward_days_after: int | None = None,
        forward_times: int | None = None,
        ignore_auto_charging: bool | None = None,
        optionals: Mapping[str, Any] | None = None,
        timeout: int | None = None,
    ) -> CollectResponse:
        """Charge the card if there is one, else give a link, e-mailed with ``by_email``;
        ``ignore_auto_charging`` forces the link. ``timeout`` in seconds."""
        return self._post(
            "collect",
            CollectResponse,
            {
                "customerId": customer_id,
                "commerceOrder": commerce_order,
                "subject": subject,
                "amount": amount,
                "urlConfirmation": url_confirmation,
                "urlReturn": url_return,
                "currency": currency,
                "paymentMethod": payment_method,
                "byEmail": by_email,
                "forward_days_after": forward_days_after,
                "forward_times": forward_times,
                "ignore_auto_charging": ignore_auto_charging,
                "optionals": optionals,
                "timeout": timeout,
            },
        )

    def batch_collect(
        self,
        rows: Sequence[CollectRow],
        *,
        url_callback: str,
        url_confirmation: str,
        url_return: str,
        by_email: bool | None = None,
        forward_days_after: int | None = None,
        forward_times: int | None = None,
        timeout: int | None = None,
    ) -> BatchCollectResponse:
        """``collect`` for many, done later; ``url_callback`` is told when."""
        return self._post(
            "batchCollect",
            BatchCollectResponse,
            {
                "urlCallBack": url_callback,
                "urlConfirmation": url_confirmation,
                "urlReturn": url_return,
                "batchRows": [row.as_flow_object() for row in rows],
                "byEmail": by_email,
                "forward_days_after": forward_days_after,
                "forward_times": forward_times,
                "timeout": timeout,
            },
        )

    def get_batch_collect_status(self, token: str) -> BatchCollectStatus:
        """What became of a batch."""
        return self._get("getBatchCollectStatus", BatchCollectStatus, {"token": token})

    def reverse_charge(
        self, *, commerce_order: str | None = None, flow_order: int | None = None
    ) -> ReverseCharge:
        """Take back a whole charge, named by either number, until 14:00 of the next day (of the same
        day, if charged before 14:00). There is no partial one."""
        return self._post(
            "reverseCharge", ReverseCharge, {"commerceOrder": commerce_order, "flowOrder": flow_order}
        )

    def get_charges(
        self,
        customer_id: str,
        *,
        start: int | None = None,
        limit: int | None = None,
        filter: str | None = None,
        from_date: dt.date | None = None,
        status: int | None = None,
    ) -> Page[Charge]:
        """One page of the charges of a customer; ``filter`` by description."""
        params = {"customerId": customer_id, "filter": filter, "fromDate": from_date, "status": status}
        return self._page("getCharges", Charge, start, limit, params)

    def iterate_charges(
        self,
        customer_id: str,
        *,
        filter: str | None = None,
        from_date: dt.date | None = None,
        status: int | None = None,
    ) -> Iterator[Charge]:
        """All charges of a customer."""
        params = {"customerId": customer_id, "filter": filter, "fromDate": from_date, "status": status}
        return self._every("getCharges", Charge, params)

    def get_charge_attempts(
        self,
        customer_id: str,
        *,
        start: int | None = None,
        limit: int | None = None,
        filter: str | None = None,
        from_date: dt.date | None = None,
        commerce_order: str | None = None,
    ) -> Page[ChargeAttempt]:
        """One page of the failed charges of a customer; ``filter`` by the error's text."""
        params = {
            "customerId": customer_id,
            "filter": filter,
            "fromDate": from_date,
            "commerceOrder": commerce_order,
        }
        return self._page("getChargeAttemps", ChargeAttempt, start, limit, params)

    def iterate_charge_attempts(
        self, customer_id: str, *, from_date: dt.date | None = None, commerce_order: str | None = None
    ) -> Iterator[ChargeAttempt]:
        """All failed charges of a customer."""
        params = {"customerId": customer_id, "fromDate": from_date, "commerceOrder": commerce_order}
        return self._every("getChargeAttemps", ChargeAttempt, params)

    def get_subscriptions(
        self,
        customer_id: str,
        *,
        start: int | None = None,
        limit: int | None = None,
        filter: str | None = None,
    ) -> Page[Subscription]:
        """One page of the subscriptions of a customer; ``filter`` by subscription id."""
        params = {"customerId": customer_id, "filter": filter}
        return self._page("getSubscriptions", Subscription, start, limit, params)

    def iterate_subscriptions(self, customer_id: str, *, filter: str | None = None) -> Iterator[Subscription]:
        """All subscriptions of a customer."""
        return self._every("getSubscriptions", Subscription, {"customerId": customer_id, "filter": filter})
