from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import recording
from ..models import Discrepancy, Payment
from ..money import format_money
from . import words
from .filters import ProviderFilter, SettledFilter
from .giving_back import can_give_back
from .masking import raw
from .readonly import Fact, ReadOnlyAdmin
from .timeline import settled_words
from .verb import Said, Verb


class SettleForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("What was done about it"),
        help_text=gettext_lazy("For whoever asks in a year. No e-mails, no card numbers."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
    )


def _settle_consequences(row: Discrepancy) -> list[str]:
    money = words.amount(row.amount, row.currency)
    if (payment := proposed(row)) and can_give_back(payment, payment.refunds.running()):
        left = _("%(money)s has not been given back: give it back first, on the page of its payment.")
        money_words = left % {"money": format_money(payment.refundable)}
    elif money:
        money_words = _("No money moves: give %(money)s back, or collect it, at the provider itself.") % {
            "money": money
        }
    else:
        money_words = _("No money moves, and the subscription stays as it is.")
    return [_("It no longer waits for a person; your name and note are kept with it."), money_words]


def _settle(request: HttpRequest, row: Discrepancy, data: dict[str, Any]) -> Said:
    if recording.settle(row, by=request.user.get_username(), note=data["note"]):
        return Said(messages.SUCCESS, _("Settled."))
    return Said(messages.WARNING, _("Somebody else has settled it already."))


def proposed(row: Discrepancy) -> Payment | None:
    """The payment that it proposes to give back."""
    if row.subscription is None or row.kind not in words.PROPOSE_REFUND:
        return None
    return words.payment_meant(row, list(row.subscription.payments.select_related("subscription")))


@admin.register(Discrepancy)
class DiscrepancyAdmin(ReadOnlyAdmin):
    list_display = ("kind", "money", "provider", "mode", "subscription_link", "created_at", "resolved_at")
    list_filter = (SettledFilter, "kind", ProviderFilter, "mode")
    list_select_related = ("subscription",)
    ordering = ("-pk",)
    lookups = ("id", "subscription")
    verbs: ClassVar[tuple[Verb, ...]] = (
        Verb(
            "settle",
            "payment_subscriptions.settle_discrepancy",
            gettext_lazy("Mark as settled"),
            gettext_lazy("Keeps what was done about it, and by whom. No money moves."),
            lambda row: row.resolved_at is None,
            _settle_consequences,
            _settle,
            form=lambda row, data: SettleForm(data),
        ),
    )

    @admin.display(description=gettext_lazy("amount"))
    def money(self, row: Discrepancy) -> str:
        return words.amount(row.amount, row.currency)

    @admin.display(description=gettext_lazy("subscription"))
    def subscription_link(self, row: Discrepancy) -> str:
        return self.link(row.subscription)

    def facts(self, row: Discrepancy) -> list[Fact]:
        return [
            Fact(_("What"), row.get_kind_display()),
            Fact(_("Amount"), words.amount(row.amount, row.currency)),
            Fact(_("More"), words.discrepancy(row)),
            Fact(_("Proposed refund"), self._proposed(row)),
            Fact(_("Provider"), f"{row.provider}, {row.get_mode_display()}"),
            Fact(_("Seen"), words.moment(row.created_at)),
            Fact(_("Settled"), settled_words(row)),
            Fact(_("Subscription"), self.link(row.subscription)),
        ]

    def _proposed(self, row: Discrepancy) -> Any:
        """Where to give it back; the payment itself where that is done, or under way."""
        payment = proposed(row)
        if payment is None:
            return ""
        if not can_give_back(payment, payment.refunds.running()):
            return self.link(payment)
        label = _("Give back %(money)s") % {"money": format_money(payment.refundable)}
        return format_html('<a href="{}">{}</a>', self.page(payment, "refund"), label)

    def details(self, request: HttpRequest, row: Discrepancy) -> dict[str, Any]:
        return {"raw": raw({name: value for name, value in row.detail.items() if name != "settled"})}
