"""A merchant on the dummy gateway, and what a payer's browser does with its pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.test import Client

from payment_subscriptions.exceptions import BadRequest, ConfigurationError, OutcomeUnknown, Refused
from payment_subscriptions.gateways import gateways
from payment_subscriptions.gateways.base import (
    NOTHING,
    Attempt,
    Capabilities,
    Card,
    ChangePreview,
    NextStep,
    Outcome,
    Snapshot,
    Step,
)
from payment_subscriptions.gateways.dummy import DummyGateway
from payment_subscriptions.lifecycle import PaymentStatus, Status
from payment_subscriptions.models import Checkout
from payment_subscriptions.money import Money
from payment_subscriptions.plans import Interval, Plan, Price

EMAIL = "ana@correo.cl"
BASE = "https://tienda.cl"

PLANS = [
    Plan(
        "basic",
        "Básico",
        (
            Price("basic_monthly_v1", Money(5000, "CLP")),
            Price("basic_once_v1", Money(60000, "CLP"), Interval.ONCE, access_days=30),
        ),
        description="Para empezar",
        features=("Un proyecto", "Ayuda por correo"),
    ),
    Plan(
        "pro",
        "Pro",
        (
            Price("pro_monthly_v1", Money(10000, "CLP")),
            Price("pro_yearly_v1", Money(100000, "CLP"), Interval.YEAR),
        ),
        description="Para equipos",
        features=("Proyectos sin límite", "Ayuda por correo y teléfono", "Copias de seguridad diarias"),
    ),
    Plan(
        "studio",
        "Estudio",
        (Price("studio_monthly_v1", Money(20000, "CLP"), trial_days=7),),
        description="Con una semana de prueba",
        features=("Todo lo de Pro", "Tu propia marca"),
    ),
    Plan("world", "World", (Price("world_monthly_v1", Money("9.90", "USD")),)),
    Plan(
        "twin",
        "Mellizo",
        (
            Price(
                "twin_monthly_v1",
                Money(10000, "CLP"),
            ),
        ),
        slot="other",
    ),
]


class TillGateway(DummyGateway):
    """The dummy, which can also be told to refuse, to fall silent, to decline, to bill by link, to change
    cards and plans."""

    name = "Caja"
    currencies = frozenset({"CLP"})
    capabilities = Capabilities(
        cancel_at_period_end=True,
        cancel_now=True,
        update_card=True,
        resume="native",
        change_now=True,
        change_at_period_end=True,
    )
    email_refusals = frozenset({"bad-email"})
    # What the next calls do: "refuse:<code>", "retry:<code>", "silent", "unset", "wait", "pay:<code>" (by a
    # link, after a try that was turned down), "paid" (so), "dearer" (a change costs more).
    mood: ClassVar[str] = ""

    def explain(self, code: str) -> str:
        return {"bad-email": "No aceptan ese correo.", "blocked": "Tu tarjeta está bloqueada."}.get(
            code, super().explain(code)
        )

    def advance(self, attempt: Attempt) -> Step:
        mood, _, code = self.mood.partition(":")
        if mood == "refuse":
            raise Refused("no", code=code)
        if mood == "unset":
            raise ConfigurationError("the key S3CR3T is wrong")
        if attempt.purpose in ("change", "resume"):
            return self._alter(attempt)
        if mood == "pay" and attempt.customer_reference:
            return Step(NextStep("pay", f"{BASE}/pay/{attempt.order}"), reason=code)
        if mood == "paid":
            attempt = replace(attempt, returned_at=attempt.now)
        if mood == "silent" and attempt.returned_at:
            raise OutcomeUnknown("nothing heard")
        if mood == "retry" and attempt.returned_at:
            return Step(NextStep("retry"), reason=code)
        if mood == "wait" and attempt.returned_at:
            return Step(NextStep("wait"))
        return super().advance(attempt)

    def _alter(self, attempt: Attempt) -> Step:
        """A change of plan, or a cancellation taken back."""
        if self.mood.startswith("silent"):
            raise OutcomeUnknown("nothing heard")
        found = self.provider.subscriptions[attempt.subscription_reference]
        changes: dict[str, Any] = {"cancel_at_period_end": False}
        if attempt.purpose == "change" and attempt.data["at"]:
            at = datetime.fromisoformat(attempt.data["at"])
            changes |= {"next_price_id": attempt.price.key, "next_price_at": at}
        elif attempt.purpose == "change":
            changes["price_id"] = attempt.price.key
        self.provider.subscriptions[found.reference] = replace(found, **changes)
        return Step(NOTHING, Outcome.DONE)

    def preview_change(
        self,
        reference: str,
        price: Price,
        *,
        period_end: datetime | None,
        at_period_end: bool,
        quantity: int = 1,
        seen: Mapping[str, Any] | None = None,
    ) -> ChangePreview:
        if self.mood.startswith("refuse"):
            raise Refused("no")
        if self.mood == "quiet":
            raise OutcomeUnknown("nothing heard")
        found = self.fetch(reference)
        nothing = Money(0, "CLP")
        more = price.amount - found.payments[0].amount + Money(1000 * (self.mood == "dearer"), "CLP")
        at = period_end if at_period_end else None
        charge, credit = (nothing, nothing) if at else (max(more, nothing), max(-more, nothing))
        return ChangePreview(price, charge, credit, at, found.next_charge_at, {"seen": str(more)})

    def undo_change(self, reference: str) -> None:
        found = self.provider.subscriptions[reference]
        self.provider.subscriptions[reference] = replace(found, next_price_id="", next_price_at=None)

    @property
    def has_coupons(self) -> bool:
        return bool(self.options.get("COUPONS"))

    def check_coupon(self, code: str, price: Price) -> None:
        if code not in self.options.get("COUPONS", ()):
            raise BadRequest("Ese cupón no existe.", field="coupon", code="coupon")

    def resolve(self, attempt: Attempt) -> Step:
        if self.mood == "silent":
            raise OutcomeUnknown("nothing heard")
        if attempt.purpose in ("change", "resume"):
            if self.mood == "silent:lost":
                return Step(NOTHING, Outcome.REFUSED, reason="not_changed")
            return self._alter(attempt)
        return super().resolve(attempt)

    def fetch(self, reference: str) -> Snapshot:
        found = replace(super().fetch(reference), card=Card("Visa", "6623"))
        if self.mood.startswith("declined:"):
            code = self.mood.partition(":")[2]
            failed = replace(found.payments[0], status=PaymentStatus.FAILED, paid_at=None, failure_code=code)
            return replace(found, status=Status.PAST_DUE, payments=(failed,))
        return found


class WorldGateway(DummyGateway):
    """Takes the other currency."""

    name = "Mundo"
    currencies = frozenset({"USD"})


def till_settings(base: str = BASE, **changes: Any) -> dict[str, Any]:
    return {
        "GATEWAYS": {
            "till": {"BACKEND": "tests.views.till.TillGateway"},
            "world": {"BACKEND": "tests.views.till.WorldGateway"},
        },
        "PLANS": "tests.views.till.PLANS",
        "BASE_URL": base,
        "SUPPORT_CONTACT": "ayuda@tienda.cl",
        **changes,
    }


class Till:
    """``with Till() as till``: a provider that knows nothing yet."""

    def __enter__(self) -> Till:
        DummyGateway.providers.clear()
        TillGateway.mood = ""
        gateways.forget()
        return self

    def __exit__(self, *_: object) -> None:
        self.__enter__()

    def mood(self, mood: str) -> None:
        TillGateway.mood = mood


def fields(html: str) -> dict[str, str]:
    """The hidden fields of the order's form."""
    found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html))
    return found


def order(client: Client, price: str = "pro_monthly_v1", email: str = EMAIL, **changes: str) -> Any:
    """Look at the plans, choose, and send the form; the answer."""
    html = client.get("/pagos/", {"price": price}).content.decode()
    return client.post("/pagos/till/create/", fields(html) | {"price": price, "email": email} | changes)


def newest() -> Checkout:
    found = Checkout.objects.last()
    assert found is not None
    return found


def come_back(client: Client, checkout: Checkout | None = None) -> str:
    """Return from the gateway; the result page that follows, as text."""
    checkout = checkout or newest()
    answer = client.get("/pagos/success/", {"checkout": str(checkout.public_id)})
    assert answer.status_code == 303
    return client.get(answer["Location"]).content.decode()


def result(client: Client, checkout: Checkout | UUID) -> str:
    public_id = checkout.public_id if isinstance(checkout, Checkout) else checkout
    return client.get(f"/pagos/resultado/{public_id}/").content.decode()


def state_in(html: str) -> str:
    found = re.search(r'data-state="(\w+)"', html)
    assert found, html
    return found[1]
