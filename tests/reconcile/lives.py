"""A month of many subscribers at one simulated provider, told to us or not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management import call_command

from payment_subscriptions.billing import form_payer
from payment_subscriptions.checkout import returned
from payment_subscriptions.gateways import gateways
from payment_subscriptions.models import Checkout, Discrepancy, Subscription
from payment_subscriptions.reconcile import Finding, Kind, Report
from payment_subscriptions.simulators.stripe.cards import OK
from payment_subscriptions.testing.contract import Bench
from payment_subscriptions.testing.contract.steps import PAYMENT_TRUTH, TRUTH
from tests.contract.flow_bench import FlowBench
from tests.contract.stripe_bench import StripeBench

BEGINNING = datetime(2026, 1, 13, 13, tzinfo=UTC)
YEARLY = {"flow": "pro_yearly_v1", "stripe": "pro_yearly_usd_v1"}
#: What befalls a subscriber in the month, and what of it must be told.
FATES: Mapping[str, frozenset[Kind]] = {
    "renews": frozenset({Kind.PAID_NOT_HERE}),
    "declined": frozenset({Kind.STATUS, Kind.PAYMENT}),
    "nothing": frozenset(),
    "leaves": frozenset({Kind.STATUS, Kind.LEAVING}),
    "ended": frozenset({Kind.STATUS}),
    "refund": frozenset({Kind.GIVEN_BACK, Kind.PAID_NOT_HERE}),
    "dispute": frozenset({Kind.DISPUTED, Kind.PAID_NOT_HERE}),
}
AT_FLOW = ("renews", "declined", "nothing", "leaves", "ended")  # it tells of no refund, and has no disputes
#: What follows from those: told as well, and of nobody else.
FOLLOWS = frozenset({Kind.ACCESS_WITHOUT_PAYMENT, Kind.PAID_WITHOUT_ACCESS})
# Names that the provider gave, which differ from life to life.
NAMES = frozenset({"reference", "successor_reference", "slot_key"})


@dataclass
class Month:
    """``told``: whether the provider's notices arrive. ``fates``: by the payer's key."""

    bench: Bench
    number: int
    told: bool
    fates: dict[str, str] = field(default_factory=dict)
    made_there: list[str] = field(default_factory=list)

    def live(self) -> Month:
        fates = AT_FLOW if isinstance(self.bench, FlowBench) else tuple(FATES)
        for number in range(self.number):
            fate = fates[number % len(fates)]
            price = YEARLY[self.bench.alias] if fate == "nothing" else self.bench.monthly
            row = subscribe(self.bench, number, price)
            self.fates[row.payer_key] = fate
            if fate == "declined":
                self.decline(row)
        self.hear()
        self.move(days=10)
        for row in Subscription.objects.order_by("pk"):
            getattr(self, self.fates[row.payer_key], lambda row: None)(row)
        self.made_there = [self.make_there(number) for number in range(1 + self.number // 50)]
        self.hear()
        self.move(days=24)
        return self

    def move(self, days: int) -> None:
        """A day at a time, as notices come."""
        for _day in range(days):
            self.bench.move(days=1)
            self.hear()

    def hear(self) -> None:
        if self.told:
            self.bench.deliver_new()

    # At the provider, behind our back

    def decline(self, row: Subscription) -> None:
        customer = str(row.customer.reference)
        if isinstance(self.bench, FlowBench):
            self.bench.flow.decline_next(times=None, customer_id=customer)
        elif isinstance(self.bench, StripeBench):
            self.bench.stripe.decline_next(times=None, customer=customer)

    def leaves(self, row: Subscription) -> None:
        self._panel.cancel_subscription(str(row.reference), at_period_end=True)

    def ended(self, row: Subscription) -> None:
        self._panel.cancel_subscription(str(row.reference))

    def refund(self, row: Subscription) -> None:
        self._panel.refund_charge(self._charge(row))

    def dispute(self, row: Subscription) -> None:
        self._panel.open_dispute(self._charge(row))

    def make_there(self, number: int) -> str:
        """A customer who is subscribed to a plan of ours by somebody else."""
        if isinstance(self.bench, FlowBench):
            return made_at_flow(self.bench, number)
        assert isinstance(self.bench, StripeBench)
        return made_at_stripe(self.bench, number)

    def _charge(self, row: Subscription) -> str:
        found = [c for c in self._panel.table("charges") if c["customer"] == row.customer.reference]
        return str(found[0]["id"])

    @property
    def _panel(self) -> Any:
        return self.bench.flow if isinstance(self.bench, FlowBench) else self.bench.stripe  # type: ignore[attr-defined]


def subscribe(bench: Bench, number: int = 0, price: str = "") -> Subscription:
    """One payer of many, each with an address of their own, who pays and comes back."""
    checkout = form_payer(f"payer-{number}", f"payer{number}@correo.cl").subscribe(price or bench.monthly)
    bench.pay(checkout)
    return returned(Checkout.objects.get(pk=checkout.pk)).subscription


def made_at_flow(bench: FlowBench, number: int, price: str = "") -> str:
    client = gateways["flow"].client  # type: ignore[attr-defined]
    customer = client.customer.create(
        name="Eva", email=f"eva{number}@correo.cl", external_id=f"panel-{number}"
    )
    bench.flow.enrol_card(customer.customer_id)
    made = client.subscription.create(plan_id=price or bench.monthly, customer_id=customer.customer_id)
    return str(made.subscription_id)


def made_at_stripe(bench: StripeBench, number: int, email: str = "", customer: str = "") -> str:
    client = gateways["stripe"].client  # type: ignore[attr-defined]
    prices = {each["lookup_key"]: each["id"] for each in bench.stripe.table("prices")}
    made = {"id": customer} if customer else client.call(
        client.v1.customers.create, params={"email": email or f"eva{number}@mail.example"}
    )  # fmt: skip
    session = client.call(
        client.v1.checkout.sessions.create,
        params={
            "mode": "subscription",
            "customer": made["id"],
            "line_items": [{"price": prices[bench.monthly], "quantity": 1}],
            "success_url": "https://elsewhere.example/",
        },
    )
    assert bench.stripe.complete_session(session["id"], OK) == ""
    return str(bench.stripe.table("subscriptions")[-1]["id"])


def truth() -> dict[str, Any]:
    """Our rows, by payer; what the provider named is left out, for it names anew in each life."""
    found: dict[str, Any] = {}
    for row in Subscription.objects.order_by("email"):
        payments = row.payments.order_by("period_start", "pk")
        found[row.email] = (
            [plain(getattr(row, name)) for name in TRUTH if name not in NAMES],
            [
                [plain(getattr(each, name)) for name in PAYMENT_TRUTH if name not in NAMES]
                for each in payments
            ],
        )
    kinds = Discrepancy.objects.exclude(kind="foreign_payment").order_by("kind", "subscription__email")
    found["discrepancies"] = list(kinds.values_list("kind", "subscription__email"))
    return found


def plain(value: Any) -> Any:
    """Moments by the day after the beginning: no two lives are lived in the same second."""
    return round((value - BEGINNING) / timedelta(days=1)) if isinstance(value, datetime) else value


def by_payer(findings: list[Finding]) -> dict[str, set[Kind]]:
    found: dict[str, set[Kind]] = defaultdict(set)
    for each in findings:
        found[each.payer if each.subscription else each.reference].add(each.kind)
    return dict(found)


def clear() -> None:
    """Our books are as empty as at the beginning."""
    call_command("flush", verbosity=0, interactive=False)


def kinds(report: Report) -> list[Kind]:
    return [found.kind for found in report.findings]
