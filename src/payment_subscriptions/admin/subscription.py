from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import verbs
from ..lifecycle import ALLOWED, Status
from ..models import Checkout, Payment, Refund, Subscription
from ..money import format_money
from . import pausing, plan_change, resuming, words
from .abilities import capabilities
from .filters import PlanFilter, ProviderFilter
from .giving_back import GIVE_BACK, can_give_back
from .masking import mask, raw
from .readonly import Fact, ReadOnlyAdmin, as_uuid
from .timeline import Entry, timeline
from .verb import Said, Verb

# Sync


def _can_sync(row: Subscription) -> bool:
    return bool(row.reference)


def _sync_consequences(row: Subscription) -> list[str]:
    return [
        _("%(provider)s is asked what it has for %(reference)s.")
        % {"provider": row.provider, "reference": row.reference},
        _("Status, dates and charges here become what it answers."),
        _("No money moves."),
    ]


def _sync(request: HttpRequest, row: Subscription, data: dict[str, Any]) -> Said:
    asked_before = row.synced_at
    row = verbs.sync(row)
    if row.synced_at == asked_before:
        return Said(
            messages.ERROR,
            _("The provider no longer knows it. Nothing was changed here; a discrepancy keeps the fact."),
        )
    return Said(messages.SUCCESS, _now(row))


# Cancel


def _is_only_an_attempt(row: Subscription) -> bool:
    """The provider has no subscription yet: to cancel is to give the attempt up."""
    return row.is_pending and not row.reference


def _can_cancel_later(row: Subscription) -> bool:
    return (
        row.is_begun
        and row.status in ALLOWED["cancel"]
        and not row.is_cancelling
        and capabilities(row).cancel_at_period_end
    )


def _later_consequences(row: Subscription) -> list[str]:
    owed = words.owed_sum(row.owed)
    said = [
        _("%(provider)s is asked to end it with the period: on %(day)s.")
        % {"provider": row.provider, "day": words.day(row.period_end)},
        _("Until then the payer keeps access. No further period is charged, nothing is given back."),
    ]
    if owed:
        said.append(_("%(owed)s stays owed and is still collected.") % {"owed": owed})
    if capabilities(row).resume != "native":
        said.append(_("At this provider it cannot be taken back."))
    return said


def _can_cancel_now(row: Subscription) -> bool:
    if _is_only_an_attempt(row):
        return True
    return row.status in ALLOWED["cancel"] and capabilities(row).cancel_now


def _now_consequences(row: Subscription) -> list[str]:
    if _is_only_an_attempt(row):
        return [
            _("The payer's attempt is given up, at %(provider)s first.") % {"provider": row.provider},
            _("The payer can no longer pay it, and may choose a plan anew."),
            _("Should a call be in doubt, nothing is done and you are told."),
        ]
    return [
        _("%(provider)s is asked to end it at once.") % {"provider": row.provider},
        *_voided(row),
        *_not_given_back(row),
        _("The payer loses access at once."),
        _("It cannot be taken back."),
    ]


def _voided(row: Subscription) -> list[str]:
    """Each open charge by itself: this is money that nobody will ask for again."""
    charges = [
        _("%(money)s (%(reference)s, due on %(day)s) is voided: nobody will ask for it any more.")
        % {
            "money": words.amount(payment.amount, payment.currency),
            "reference": payment.reference,
            "day": words.day(payment.due_at),
        }
        for payment in row.owed
    ]
    return charges or [_("No charge is known to be owed. Should one be open by then, it is voided too.")]


def _not_given_back(row: Subscription) -> list[str]:
    last = row.payments.paid().order_by("paid_at", "pk").last()
    if last is None:
        return [_("Nothing has been paid, so nothing is given back.")]
    return [
        _("What was paid is not given back; the last was %(money)s on %(day)s.")
        % {"money": words.amount(last.amount, last.currency), "day": words.day(last.paid_at)}
    ]


def _cancel(at_period_end: bool) -> Callable[[HttpRequest, Subscription, dict[str, Any]], Said]:
    def carry_out(request: HttpRequest, row: Subscription, data: dict[str, Any]) -> Said:
        row = verbs.cancel(row, at_period_end=at_period_end)
        owed = "" if at_period_end else words.owed_sum(row.owed)
        if row.is_ended and owed:
            return Said(
                messages.WARNING,
                _("It ended, but the provider still shows %(owed)s as owed. Look again in a while.")
                % {"owed": owed},
            )
        if row.is_ended or (at_period_end and row.is_cancelling):
            return Said(messages.SUCCESS, _now(row))
        return Said(
            messages.WARNING,
            _("It was asked for, but the provider does not show it. %(state)s") % {"state": _now(row)},
        )

    return carry_out


def _version(row: Subscription) -> str:
    return str(row.version)


def _now(row: Subscription) -> str:
    return words.sentence(row, list(row.payments.all()))


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    list_display = (
        "plan_and_price",
        "payer",
        "status",
        "provider",
        "mode",
        "money",
        "next_charge",
        "access",
    )
    list_filter = ("status", ProviderFilter, "mode", PlanFilter)
    ordering = ("-created_at", "-pk")
    search_fields = ("reference",)
    search_help_text = gettext_lazy("Whole e-mail, reference, order or public id.")
    email_field = "email"
    verbs: ClassVar[tuple[Verb, ...]] = (
        Verb(
            "sync",
            "payment_subscriptions.sync_subscription",
            gettext_lazy("Ask the provider"),
            gettext_lazy("Brings this page up to what the provider has. No money moves."),
            _can_sync,
            _sync_consequences,
            _sync,
        ),
        plan_change.CHANGE,
        plan_change.UNDO,
        resuming.RESUME,
        pausing.PAUSE,
        pausing.UNPAUSE,
        Verb(
            "cancel-at-period-end",
            "payment_subscriptions.cancel_subscription",
            gettext_lazy("Cancel at the end of the period"),
            gettext_lazy("No further period is charged; what is paid can be used up."),
            _can_cancel_later,
            _later_consequences,
            _cancel(at_period_end=True),
            stamp=_version,
        ),
        Verb(
            "cancel-now",
            "payment_subscriptions.cancel_subscription",
            gettext_lazy("Cancel now"),
            gettext_lazy("Ends at once and voids what is owed; gives nothing back."),
            _can_cancel_now,
            _now_consequences,
            _cancel(at_period_end=False),
            stamp=_version,
            grave=True,
        ),
    )

    @admin.display(description=gettext_lazy("plan"))
    def plan_and_price(self, row: Subscription) -> str:
        return row.price_key

    @admin.display(description=gettext_lazy("e-mail"))
    def payer(self, row: Subscription) -> str:
        return mask(row.email)

    @admin.display(description=gettext_lazy("amount"))
    def money(self, row: Subscription) -> str:
        return words.amount(row.amount, row.currency)

    @admin.display(description=gettext_lazy("next charge"))
    def next_charge(self, row: Subscription) -> str:
        return words.short_day(row.next_charge_at)

    @admin.display(description=gettext_lazy("access until"))
    def access(self, row: Subscription) -> str:
        return words.short_day(row.access_until)

    def about(self, row: Subscription) -> str:
        return f"{row.price_key} · {mask(row.email)}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("customer", "user")

    def sought(self, term: str) -> Iterator[tuple[QuerySet[Any], str]]:
        yield from super().sought(term)
        yield Checkout.objects.filter(order=term), "subscription"
        yield Payment.objects.filter(order=term), "subscription"
        yield Payment.objects.filter(reference=term), "subscription"
        if public_id := as_uuid(term):
            yield Subscription.objects.filter(public_id=public_id), "pk"

    def facts(self, row: Subscription) -> list[Fact]:
        return [
            Fact(_("Plan"), f"{row.plan} ({row.price_key})"),
            Fact(_("Quantity"), str(row.quantity) if row.quantity > 1 else ""),
            Fact(_("Amount"), f"{words.amount(row.amount, row.currency)}, {words.frequency(row.frequency)}"),
            Fact(_("To come"), plan_change.scheduled(row) if row.next_price_key else ""),
            Fact(_("Coupon"), row.coupon),
            Fact(_("E-mail"), mask(row.email)),
            Fact(_("User"), mask(row.user) if row.user else _("none: nobody proved who they are")),
            Fact(_("Card"), words.card(row.customer)),
            Fact(_("Access"), words.access(row)),
            Fact(_("Said when cancelling"), _said_when_leaving(row)),
            Fact(_("Paid until"), words.moment(row.paid_through)),
            Fact(_("Provider"), f"{row.provider}, {row.get_mode_display()}, {row.strategy}"),
            Fact(_("Reference there"), row.reference),
            Fact(_("Goes on there as"), row.successor_reference),
            Fact(_("Public id"), row.public_id),
            Fact(_("Last asked"), words.moment(row.synced_at)),
            Fact(_("Asked again"), words.moment(row.next_sync_at)),
        ]

    def details(self, request: HttpRequest, row: Subscription) -> dict[str, Any]:
        payments, checkouts = list(row.payments.all()), list(row.checkouts.all())
        for payment in payments:
            payment.subscription = row
        refunds = list(Refund.objects.filter(payment__subscription=row).defer("token"))
        line = timeline(row, payments, checkouts, refunds)
        returnable = self._returnable(request, payments, refunds)
        return {
            "elsewhere": self._last_back(payments, returnable),
            "sentence": words.sentence(row, payments),
            "warnings": _warnings(row, payments, checkouts, refunds),
            "sums": words.sums(payments),
            "entries": [
                (self.page(entry.row) if entry.row else "", self._with_way_back(entry, returnable))
                for entry in line.entries
            ],
            "is_cut": line.is_cut,
            "raw": raw({"metadata": row.metadata}),
        }

    def _returnable(self, request: HttpRequest, payments: list[Payment], refunds: list[Refund]) -> set[int]:
        """The payments that whoever asks may give back now."""
        user = request.user
        needed = ("payment_subscriptions.view_payment", GIVE_BACK.permission)
        if not all(user.has_perm(permission) for permission in needed):
            return set()
        running = [refund for refund in refunds if refund.is_running]
        return {payment.pk for payment in payments if can_give_back(payment, running)}

    def _last_back(self, payments: list[Payment], returnable: set[int]) -> list[tuple[str, Verb]]:
        """The verb of the last payment that can be given back; the others' stand in the time line."""
        paid = [payment for payment in payments if payment.pk in returnable]
        if not paid:
            return []
        last = max(paid, key=lambda payment: (payment.paid_at or payment.created_at, payment.pk))
        label = _("Give the last payment back")
        hint = _("%(paid)s of %(day)s, whole or in part; others in the time line.") % {
            "paid": words.paid(last),
            "day": words.day(last.paid_at),
        }
        return [(self.page(last, GIVE_BACK.name), replace(GIVE_BACK, label=label, hint=hint))]

    def _with_way_back(self, entry: Entry, returnable: set[int]) -> Entry:
        payment = entry.gives_back
        if payment is None or payment.pk not in returnable:
            return entry
        return replace(entry, way_back=self.page(payment, "refund"))


def _said_when_leaving(row: Subscription) -> str:
    return " · ".join(filter(None, (str(row.get_cancel_reason_display()), row.cancel_comment)))


def _warnings(
    row: Subscription, payments: list[Payment], checkouts: list[Checkout], refunds: list[Refund]
) -> list[str]:
    """What the sentence does not say, and a person should know before acting."""
    found = []
    if row.status != Status.PAST_DUE and (owed := words.owed_sum(payments)):
        found.append(_("%(owed)s is owed.") % {"owed": owed})
    if row.cancel_requested:
        found.append(_("A cancellation was asked for, and the provider has not shown it done yet."))
    found += [_doubt(checkout) for checkout in checkouts if checkout.is_in_doubt]
    found += [_under_way(refund) for refund in refunds if refund.is_running]
    if row.mode == "demo":
        found.append(_("Demo: no money, and no access."))
    waiting = row.discrepancies.filter(resolved_at__isnull=True).count()
    if waiting:
        found.append(_("Discrepancies that wait for a person: %(number)s.") % {"number": waiting})
    return found


def _doubt(checkout: Checkout) -> str:
    if checkout.purpose == "open":
        return _("An attempt is in doubt: the payer should not pay again until it is over.")
    return _("In doubt: nobody knows yet whether this happened: %(what)s.") % {
        "what": checkout.get_purpose_display()
    }


def _under_way(refund: Refund) -> str:
    if refund.is_in_doubt:
        return _("Nobody knows yet whether %(money)s was given back: a person may have to say.") % {
            "money": format_money(refund.money)
        }
    return _("A refund of %(money)s is under way: %(status)s.") % {
        "money": format_money(refund.money),
        "status": refund.get_status_display(),
    }
