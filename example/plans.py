"""What can be bought: the seven amounts of the recipe, by the month and by the year, one plan in UF,
and two that are paid once; in pesos for Chile, in dollars and euros for everybody else.

A year costs eleven months, not ten: at ten, a year of 10.000 would be the 100.000 of another
plan's month, and the recipe's form, which sends the bare amount, could not say which it means.
"""

from __future__ import annotations

from decimal import Decimal

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from payment_subscriptions.gateways import gateways
from payment_subscriptions.money import Money
from payment_subscriptions.plans import Interval, Plan, Price

MONTHS_IN_A_YEAR = 11
# Pesos are paid at Flow, everything else at Stripe.
CHILEAN = frozenset({"CLP", "CLF"})


def gateway_for(plan: Plan, currency: str, request: HttpRequest | None) -> tuple[str, ...]:
    """The rule GATEWAY_FOR; where the site has no account there, the price is not sold."""
    alias = "flow" if currency in CHILEAN else "stripe"
    return (alias,) if alias in gateways else ()


def plan(key: str, name: str, pesos: int, *features: object) -> Plan:
    """Keys are versioned: who pays ``_v1`` goes on paying it when ``_v2`` costs more."""
    month = Price(f"{key}_monthly_v1", Money(pesos, "CLP"))
    year = Price(f"{key}_yearly_v1", Money(pesos * MONTHS_IN_A_YEAR, "CLP"), Interval.YEAR)
    dollars = Decimal(pesos) / 1000
    abroad = (
        Price(f"{key}_monthly_usd_v1", Money(dollars, "USD")),
        Price(f"{key}_yearly_usd_v1", Money(dollars * MONTHS_IN_A_YEAR, "USD"), Interval.YEAR),
        Price(f"{key}_monthly_eur_v1", Money(dollars * Decimal("0.9"), "EUR")),
    )
    return Plan(key, name, (month, year, *abroad), features=features)


PLANS = [
    plan("semilla", "Semilla", 5_000, _("One native tree a year"), _("Our monthly letter")),
    plan("brote", "Brote", 10_000, _("Two native trees a year"), _("Our monthly letter")),
    plan("arbusto", "Arbusto", 20_000, _("Four native trees a year"), _("A guided walk for two")),
    plan("arbol", "Árbol", 40_000, _("Eight native trees a year"), _("A guided walk for four")),
    plan(
        "bosque", "Bosque", 100_000, _("Twenty native trees a year"), _("A day of planting for your family")
    ),
    plan("cuenca", "Cuenca", 250_000, _("Fifty native trees a year"), _("A day of planting for your team")),
    plan(
        "cordillera",
        "Cordillera",
        500_000,
        _("A hundred native trees a year"),
        _("Your name on the reserve's gate"),
    ),
    Plan(
        "empresa",
        "Empresa",
        (Price("empresa_monthly_v1", Money("1.5", "CLF")),),
        features=(_("A grove that grows with the price of living"), _("A yearly certificate")),
    ),
    Plan(
        "padrino",
        _("Godparent"),
        (
            Price("padrino_once_v1", Money(15_000, "CLP"), Interval.ONCE),
            Price("padrino_once_usd_v1", Money(15, "USD"), Interval.ONCE),
        ),
        slot="padrino",
        features=(_("One tree in your name, for good"),),
    ),
    Plan(
        "visita",
        _("Visits"),
        (
            Price("visita_once_v1", Money(7_000, "CLP"), Interval.ONCE, access_days=30),
            Price("visita_once_usd_v1", Money(7, "USD"), Interval.ONCE, access_days=30),
        ),
        slot="visita",
        features=(_("Thirty days of walks in the reserve"),),
    ),
]
