"""subscription/*: recurring charges of a customer by a plan."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from ..results import (
    ItemChange,
    Page,
    PlanChange,
    PlanChangeCancelled,
    PlanChangePreview,
    Subscription,
)
from .family import Family


class SubscriptionCalls(Family):
    """``client.subscription``."""

    name = "subscription"

    def create(
        self,
        *,
        plan_id: str,
        customer_id: str,
        subscription_start: dt.date | None = None,
        coupon_id: int | None = None,
        trial_period_days: int | None = None,
        periods_number: int | None = None,
        plan_additional_list: Sequence[int] | None = None,
    ) -> Subscription:
        """Subscribe a customer. **With a card and no trial the first invoice is charged in this
        call**, without a callback: look at ``invoices``, and never repeat the call blindly, each is a
        subscription of its own. ``coupon_id`` is the number, not the code; ``plan_additional_list``
        are item ids."""
        return self._post(
            "create",
            Subscription,
            {
                "planId": plan_id,
                "customerId": customer_id,
                "subscription_start": subscription_start,
                "couponId": coupon_id,
                "trial_period_days": trial_period_days,
                "periods_number": periods_number,
                "planAdditionalList": plan_additional_list,
            },
        )

    def get(self, subscription_id: str) -> Subscription:
        """A subscription (``sus_...``) with its invoices."""
        return self._get("get", Subscription, {"subscriptionId": subscription_id})

    def list(
        self,
        plan_id: str,
        *,
        start: int | None = None,
        limit: int | None = None,
        filter: str | None = None,
        status: int | None = None,
    ) -> Page[Subscription]:
        """One page of the subscriptions of a plan; ``filter`` by the customer's name."""
        params = {"planId": plan_id, "filter": filter, "status": status}
        return self._page("list", Subscription, start, limit, params)

    def iterate(
        self, plan_id: str, *, filter: str | None = None, status: int | None = None
    ) -> Iterator[Subscription]:
        """All subscriptions of a plan."""
        return self._every("list", Subscription, {"planId": plan_id, "filter": filter, "status": status})

    def change_trial(self, subscription_id: str, *, trial_period_days: int) -> Subscription:
        """Only before the start or during the trial."""
        return self._post(
            "changeTrial",
            Subscription,
            {"subscriptionId": subscription_id, "trial_period_days": trial_period_days},
        )

    def cancel(self, subscription_id: str, *, at_period_end: bool) -> Subscription:
        """At the end of the paid period, which cannot be undone, or now."""
        return self._post(
            "cancel", Subscription, {"subscriptionId": subscription_id, "at_period_end": at_period_end}
        )

    def add_coupon(self, subscription_id: str, *, coupon_id: int) -> Subscription:
        """Replaces the discount that is there."""
        return self._post(
            "addCoupon", Subscription, {"subscriptionId": subscription_id, "couponId": coupon_id}
        )

    def delete_coupon(self, subscription_id: str) -> Subscription:
        """Takes the discount off."""
        return self._post("deleteCoupon", Subscription, {"subscriptionId": subscription_id})

    def add_item(self, subscription_id: str, *, item_id: int, quantity: int | None = None) -> ItemChange:
        """From the next invoice on; ``quantity`` 1 to 999. AlreadyExists if it is there."""
        return self._post(
            "addItem",
            ItemChange,
            {"subscriptionId": subscription_id, "itemId": item_id, "quantity": quantity},
        )

    def update_item(self, subscription_id: str, *, item_id: int, quantity: int) -> ItemChange:
        """Another quantity, 1 to 999."""
        return self._post(
            "updateItem",
            ItemChange,
            {"subscriptionId": subscription_id, "itemId": item_id, "quantity": quantity},
        )

    def delete_item(self, subscription_id: str, *, item_id: int) -> ItemChange:
        """Takes the item off."""
        return self._post("deleteItem", ItemChange, {"subscriptionId": subscription_id, "itemId": item_id})

    def change_plan(
        self, subscription_id: str, *, new_plan_id: str, start_date_of_new_plan: dt.date | None = None
    ) -> PlanChange:
        """On a day of the current cycle, or **now** when None: a positive balance is then invoiced
        and charged at once. Ask ``change_plan_preview`` first."""
        return self._post(
            "changePlan", PlanChange, _change(subscription_id, new_plan_id, start_date_of_new_plan)
        )

    def change_plan_preview(
        self, subscription_id: str, *, new_plan_id: str, start_date_of_new_plan: dt.date | None = None
    ) -> PlanChangePreview:
        """What ``change_plan`` would charge or credit. Changes nothing, items are not counted."""
        return self._post(
            "changePlanPreview",
            PlanChangePreview,
            _change(subscription_id, new_plan_id, start_date_of_new_plan),
        )

    def change_plan_cancel(self, subscription_id: str) -> PlanChangeCancelled:
        """Calls off a change that was scheduled."""
        return self._post("changePlanCancel", PlanChangeCancelled, {"subscriptionId": subscription_id})


def _change(subscription_id: str, new_plan_id: str, start: dt.date | None) -> dict[str, str | dt.date | None]:
    return {"subscriptionId": subscription_id, "newPlanId": new_plan_id, "startDateOfNewPlan": start}
