"""A report in words: people and money first, then row by row what, why and what to do; and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..money import Money, format_money
from .findings import Account, Cause, Finding, Kind, Line, Outcome, Report

HEADS: dict[Kind, Callable[[int], str]] = {
    Kind.ACCESS_WITHOUT_PAYMENT: lambda n: ngettext(
        "%(n)s payer has access without a payment", "%(n)s payers have access without a payment", n
    ),
    Kind.PAID_WITHOUT_ACCESS: lambda n: ngettext(
        "%(n)s payer paid and has no access", "%(n)s payers paid and have no access", n
    ),
    Kind.PAID_NOT_HERE: lambda n: ngettext(
        "%(n)s payer paid what is not on our books", "%(n)s payers paid what is not on our books", n
    ),
    Kind.PAID_HERE_ONLY: lambda n: ngettext(
        "%(n)s payer paid by our books only", "%(n)s payers paid by our books only", n
    ),
    Kind.GIVEN_BACK: lambda n: ngettext(
        "%(n)s payer got money back that our books do not know of",
        "%(n)s payers got money back that our books do not know of",
        n,
    ),
    Kind.DISPUTED: lambda n: ngettext(
        "%(n)s payer disputes a payment, or did, unknown to our books",
        "%(n)s payers dispute a payment, or did, unknown to our books",
        n,
    ),
    Kind.DUPLICATE: lambda n: ngettext(
        "%(n)s payer pays twice for the same", "%(n)s payers pay twice for the same", n
    ),
    Kind.AMOUNT: lambda n: ngettext(
        "%(n)s payer was charged another amount", "%(n)s payers were charged another amount", n
    ),
    Kind.ORPHAN_SUBSCRIPTION: lambda n: ngettext(
        "%(n)s payer has a subscription there that is not on our books",
        "%(n)s payers have a subscription there that is not on our books",
        n,
    ),
    Kind.ORPHAN_PAYMENT: lambda n: ngettext(
        "%(n)s order was paid there that is not on our books",
        "%(n)s orders were paid there that are not on our books",
        n,
    ),
    Kind.ORPHAN_CUSTOMER: lambda n: ngettext(
        "%(n)s customer there bears our mark and is not on our books",
        "%(n)s customers there bear our mark and are not on our books",
        n,
    ),
    Kind.GONE: lambda n: ngettext(
        "%(n)s payer's subscription is gone there", "%(n)s payers' subscriptions are gone there", n
    ),
    Kind.CUSTOMER_GONE: lambda n: ngettext(
        "%(n)s customer is gone there", "%(n)s customers are gone there", n
    ),
    Kind.STATUS: lambda n: ngettext(
        "%(n)s payer's subscription has another status there",
        "%(n)s payers' subscriptions have another status there",
        n,
    ),
    Kind.LEAVING: lambda n: ngettext(
        "%(n)s payer leaves, or no longer leaves, with the period",
        "%(n)s payers leave, or no longer leave, with the period",
        n,
    ),
    Kind.PRICE: lambda n: ngettext(
        "%(n)s payer pays another price there", "%(n)s payers pay another price there", n
    ),
    Kind.PAYMENT: lambda n: ngettext(
        "%(n)s payer has a charge that stands otherwise there",
        "%(n)s payers have a charge that stands otherwise there",
        n,
    ),
    Kind.PERIOD: lambda n: ngettext(
        "%(n)s payer's dates differ there", "%(n)s payers' dates differ there", n
    ),
}  # fmt: skip

CAUSES: dict[Cause, Any] = {
    Cause.NOTICE_LOST: gettext_lazy("a notice of the provider did not arrive, or was not worked"),
    Cause.PANEL: gettext_lazy("done in the provider's own panel"),
    Cause.BANK: gettext_lazy("the payer went to their bank"),
    Cause.ANSWER_LOST: gettext_lazy("the answer that named it never came"),
    Cause.MADE_ELSEWHERE: gettext_lazy("made in the provider's own panel, or by another system"),
    Cause.BOOKS_LOST: gettext_lazy("made with other books than these, or books that were lost"),
    Cause.OTHER_ACCOUNT: gettext_lazy("deleted there, or the keys are of another account"),
    Cause.NOT_AGREED: gettext_lazy("not what the payer agreed to"),
    Cause.BOUGHT_TWICE: gettext_lazy("bought twice, or made once more in the provider's own panel"),
    Cause.WRITTEN_HERE: gettext_lazy("our books were changed by hand, or restored from a copy"),
}

#: What to do where recording what the provider says is not enough.
REMEDIES: dict[Kind, Any] = {
    Kind.PAID_HERE_ONLY: gettext_lazy("compare with the provider's panel; nothing is struck off by itself"),
    Kind.PAID_NOT_HERE: gettext_lazy("give it back or book it, then settle its discrepancy in the admin"),
    Kind.PAID_WITHOUT_ACCESS: gettext_lazy("give them access, or give it back in the provider's panel"),
    Kind.ACCESS_WITHOUT_PAYMENT: gettext_lazy("look at the keys, then cancel it in the admin"),
    Kind.DUPLICATE: gettext_lazy(
        "cancel all but one, in the admin or the provider's panel; give back what was paid twice"
    ),
    Kind.AMOUNT: gettext_lazy("give it back or agree on it, then settle its discrepancy in the admin"),
    Kind.PRICE: gettext_lazy("mend its plan in the provider's panel, then settle its discrepancy"),
    Kind.ORPHAN_SUBSCRIPTION: gettext_lazy(
        "cancel it in the provider's panel, or have its payer subscribe here; settle its discrepancy"
    ),
    Kind.ORPHAN_PAYMENT: gettext_lazy("find its payer in the provider's panel; settle its discrepancy"),
    Kind.ORPHAN_CUSTOMER: gettext_lazy("nothing to do, unless it has a subscription: see above"),
    Kind.GONE: gettext_lazy("look at the keys of this provider; else cancel it in the admin"),
    Kind.CUSTOMER_GONE: gettext_lazy("their card is gone: ask them for another"),
}

OUTCOMES: dict[Outcome, Any] = {
    Outcome.FOUND: "",
    Outcome.REPAIRED: gettext_lazy("repaired"),
    Outcome.REMAINS: gettext_lazy("remains: a person decides"),
}


def lines(report: Report) -> Iterator[str]:
    """The whole report, for people."""
    for account in report.accounts:
        yield account_line(account)
    summary = report.summary()
    if summary:
        yield ""
        yield from (head(line) for line in summary)
        yield ""
        yield from (row(found) for found in report.findings)
    for account in report.accounts:
        for name in account.unanswered:
            yield _("%(provider)s gave no answer about %(name)s: not compared") % {
                "provider": account.provider,
                "name": name,
            }
    yield ""
    yield conclusion(report)


def account_line(account: Account) -> str:
    about = f"{account.provider} ({account.mode})"
    if account.reason == "cannot list":
        return _("%(account)s: not comparable, this gateway cannot list what it has") % {"account": about}
    if not account.compared:
        return _("%(account)s: NOT compared: %(reason)s") % {"account": about, "reason": account.reason}
    return _(
        "%(account)s: %(customers)s customers, %(subscriptions)s subscriptions and %(payments)s payments "
        "compared with %(rows)s of ours; not ours: %(others)s"
    ) % {
        "account": about,
        "customers": account.customers,
        "subscriptions": account.subscriptions,
        "payments": account.payments,
        "rows": account.rows,
        "others": account.others.customers + account.others.subscriptions + account.others.payments,
    }


def head(line: Line) -> str:
    """ "3 payers have access without a payment: CLP 89,970"."""
    text = HEADS[line.kind](line.payers) % {"n": line.payers}
    return f"{text}: {amounts(line.money)}" if line.money else text


def amounts(money: tuple[Money, ...]) -> str:
    return " + ".join(format_money(each) for each in money)


def row(found: Finding) -> str:
    """One line: what, where, why, what to do."""
    names = [found.provider, found.subscription or found.customer, *(found.names or (found.reference,))]
    about = " ".join(name for name in [*names, found.payment] if name)
    change = " → ".join(filter(None, (found.here, found.there)))
    money = format_money(found.money) if found.money else ""
    told = ", ".join(filter(None, (what(found), change, money)))
    parts = [f"[{about}] {told}", cause(found), remedy(found), str(OUTCOMES[found.outcome])]
    return "; ".join(part for part in parts if part)


def what(found: Finding) -> str:
    return HEADS[found.kind](1) % {"n": 1}


def cause(found: Finding) -> str:
    return str(CAUSES[found.cause])


def remedy(found: Finding) -> str:
    """The command or the step that ends it."""
    if found.repairs:
        return "" if found.outcome == Outcome.REPAIRED else _("run payments_reconcile without --dry-run")
    return str(REMEDIES.get(found.kind, ""))


def conclusion(report: Report) -> str:
    number, left = len(report.findings), len(report.remaining)
    if number and report.dry_run:
        text = ngettext(
            "%(n)s difference. Nothing was written.", "%(n)s differences. Nothing was written.", number
        )
        return text % {"n": number}
    if number:
        text = ngettext(
            "%(n)s difference: %(repaired)s repaired, %(left)s to be decided by a person.",
            "%(n)s differences: %(repaired)s repaired, %(left)s to be decided by a person.",
            number,
        )
        return text % {"n": number, "repaired": number - left, "left": left}
    if any(account.compared for account in report.accounts):
        return _("No difference.")
    return _("Nothing was compared.")


def as_json(report: Report) -> dict[str, Any]:
    """The shape of docs/reconcile.md."""
    return {
        "since": report.since.isoformat(),
        "dry_run": report.dry_run,
        "complete": report.is_complete,
        "drift": report.has_drift,
        "accounts": [_account(account) for account in report.accounts],
        "summary": [
            {
                "kind": line.kind.value,
                "findings": line.findings,
                "payers": line.payers,
                "money": [_money(each) for each in line.money],
                "text": head(line),
            }
            for line in report.summary()
        ],
        "findings": [_finding(found) for found in report.findings],
    }


def _account(account: Account) -> dict[str, Any]:
    return {
        "provider": account.provider,
        "mode": account.mode,
        "compared": account.compared,
        "reason": account.reason,
        "customers": account.customers,
        "subscriptions": account.subscriptions,
        "payments": account.payments,
        "rows": account.rows,
        "not_ours": vars(account.others),
        "unanswered": account.unanswered,
    }


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "kind": found.kind.value,
        "provider": found.provider,
        "mode": found.mode,
        "subscription": found.subscription,
        "reference": found.reference,
        "names": list(found.names),
        "customer": found.customer,
        "payment": found.payment,
        "here": found.here,
        "there": found.there,
        "money": _money(found.money) if found.money else None,
        "cause": {"code": found.cause.value, "text": cause(found)},
        "remedy": remedy(found),
        "outcome": found.outcome.value,
    }


def _money(money: Money) -> dict[str, str]:
    return {"amount": f"{money.amount.normalize():f}", "currency": money.currency.code}
