"""The plans that the tests sell."""

from __future__ import annotations

from payment_subscriptions.money import Money
from payment_subscriptions.plans import Interval, Plan, Price

PRO = Plan(
    "pro",
    "Pro",
    (
        Price("pro_monthly_v1", Money(10000, "CLP")),
        Price("pro_yearly_v1", Money(100000, "CLP"), Interval.YEAR),
    ),
)
BASIC = Plan("basic", "Básico", (Price("basic_monthly_v1", Money(5000, "CLP")),))
CLUB = Plan("club", "Club", (Price("club_monthly_v1", Money(5000, "CLP")),), slot="club", grace_days=0)
TRIAL = Plan("trial", "A prueba", (Price("trial_monthly_v1", Money(20000, "CLP"), trial_days=7),))
UF = Plan("uf", "En UF", (Price("uf_monthly_v1", Money("1.5", "CLF")),))
BOOK = Plan("book", "Libro", (Price("book_once_v1", Money(30000, "CLP"), Interval.ONCE),), slot="book")
PASS = Plan(
    "pass", "Pase", (Price("pass_once_v1", Money(7000, "CLP"), Interval.ONCE, access_days=30),), slot="pass"
)

PLANS = [PRO, BASIC, CLUB, TRIAL, UF, BOOK, PASS]
