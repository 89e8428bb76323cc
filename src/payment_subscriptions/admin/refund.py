from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import verbs
from ..exceptions import ConfigurationError
from ..gateways import gateways
from ..lifecycle import RefundStatus
from ..models import Refund
from ..money import format_money
from . import words
from .filters import ProviderFilter
from .giving_back import IN_DOUBT_MEANS, came_of, how, put_off
from .masking import mask
from .readonly import Fact, ReadOnlyAdmin
from .verb import Said, Verb

# Go on


def _is_to_be_made(row: Refund) -> bool:
    """Its call was never begun."""
    return row.status == RefundStatus.REQUESTED and row.call_begun_at is None


def _can_go_on(row: Refund) -> bool:
    try:
        gateways.of(row.payment.subscription)
    except ConfigurationError:
        return False
    return row.is_running


def _go_on_consequences(row: Refund) -> list[str]:
    if _is_to_be_made(row):
        said = _("The call that gives %(money)s back has not been made yet: it is made now.")
        return [said % {"money": format_money(row.money)}, *how(row.payment), str(IN_DOUBT_MEANS)]
    return [
        _("%(provider)s is asked what became of it.") % {"provider": row.provider},
        _("It becomes what is answered. Nothing is given back a second time by this."),
    ]


def _go_on(request: HttpRequest, row: Refund, data: dict[str, Any]) -> Said:
    try:
        return came_of(verbs.go_on_with_refund(row))
    except ConfigurationError as error:
        return put_off(error)


# Call off


def _call_off_consequences(row: Refund) -> list[str]:
    return [
        _("%(provider)s is asked to take the offer back: the payer can no longer accept it.")
        % {"provider": row.provider},
        _("Nothing has been given back, and nothing will be by it."),
        _("Should they have accepted it meanwhile, it is refused, and the money goes its way."),
    ]


def _call_off(request: HttpRequest, row: Refund, data: dict[str, Any]) -> Said:
    row = verbs.call_off_refund(row)
    if row.status == RefundStatus.OFFERED:
        text = _("It was asked for, but the provider does not show it. %(state)s")
        return Said(messages.WARNING, text % {"state": came_of(row).text})
    return came_of(row)


# Settle


class SettleRefundForm(forms.Form):
    happened = forms.ChoiceField(
        label=gettext_lazy("What the provider shows"),
        choices=(
            ("yes", gettext_lazy("It was given back")),
            ("no", gettext_lazy("It was not given back")),
        ),
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=gettext_lazy("How you know"),
        help_text=gettext_lazy("For whoever asks in a year. No e-mails, no card numbers."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
    )


def _settle_consequences(row: Refund) -> list[str]:
    return [
        _("Look first: in the provider's own panel, for %(money)s under the order %(order)s.")
        % {"money": format_money(row.money), "order": row.order},
        _("No money moves by this: your word is written down, with your name and note."),
        _("Given back: the charge here is less by it. Whole, it no longer pays for its period."),
        _("Not given back: it ends as refused, and the payment can be given back anew."),
        _("Said wrongly, the payer is given the money twice, or not at all."),
    ]


def _settle(request: HttpRequest, row: Refund, data: dict[str, Any]) -> Said:
    happened = data["happened"] == "yes"
    verbs.settle_refund(row, happened=happened, by=request.user.get_username(), note=data["note"])
    if happened:
        return Said(messages.SUCCESS, _("Settled: it was given back."))
    return Said(messages.SUCCESS, _("Settled: it was not given back."))


def _stamp(row: Refund) -> str:
    return f"{row.status}:{row.call_begun_at}"


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = (
        "status",
        "money",
        "payment_link",
        "asked_by",
        "created_at",
        "settled_at",
        "provider",
        "mode",
    )
    list_filter = ("status", ProviderFilter, "mode")
    list_select_related = ("payment",)
    ordering = ("-pk",)
    search_fields = ("order", "reference")
    search_help_text = gettext_lazy("Whole reference or order.")
    lookups = ("id", "payment")
    verbs: ClassVar[tuple[Verb, ...]] = (
        Verb(
            "go-on",
            "payment_subscriptions.refund_payment",
            gettext_lazy("Go on now"),
            gettext_lazy("Asks what became of it; makes its call, where that has not been made."),
            _can_go_on,
            _go_on_consequences,
            _go_on,
            stamp=_stamp,
        ),
        Verb(
            "call-off",
            "payment_subscriptions.refund_payment",
            gettext_lazy("Call off"),
            gettext_lazy("Takes the offer back, which the payer has not accepted yet."),
            lambda row: row.status == RefundStatus.OFFERED and _can_go_on(row),
            _call_off_consequences,
            _call_off,
            stamp=_stamp,
            doubt=gettext_lazy(
                "In doubt: the provider gave no answer, so nobody knows yet whether it was called off. It is "
                "not called off again by itself: go on with it now or later, to see how it stands."
            ),
        ),
        Verb(
            "settle",
            "payment_subscriptions.settle_refund",
            gettext_lazy("Say what became of it"),
            gettext_lazy("Ends the doubt by your word, after a look at the provider."),
            lambda row: row.is_in_doubt,
            _settle_consequences,
            _settle,
            form=lambda row, data: SettleRefundForm(data),
            stamp=_stamp,
            grave=True,
        ),
    )

    @admin.display(description=gettext_lazy("amount"))
    def money(self, row: Refund) -> str:
        return words.amount(row.amount, row.currency)

    @admin.display(description=gettext_lazy("payment"))
    def payment_link(self, row: Refund) -> str:
        return self.link(row.payment)

    @admin.display(description=gettext_lazy("asked for by"))
    def asked_by(self, row: Refund) -> str:
        return mask(row.requested_by)

    def get_queryset(self, request: HttpRequest) -> Any:
        found = super().get_queryset(request).select_related("payment__subscription__customer")
        return found.defer("token", "payment__pay_url")

    def facts(self, row: Refund) -> list[Fact]:
        return [
            Fact(_("Amount"), words.amount(row.amount, row.currency)),
            Fact(_("Status"), row.get_status_display()),
            Fact(_("Asked for"), words.moment(row.created_at)),
            Fact(_("By"), mask(row.requested_by)),
            Fact(_("Reason"), mask(row.reason)),
            Fact(_("In doubt since"), words.moment(row.in_doubt_since)),
            Fact(_("Asked about again"), words.moment(row.due_at)),
            Fact(_("Settled"), words.moment(row.settled_at)),
            Fact(_("Code of the refusal"), row.failure_code),
            Fact(_("Way"), row.method),
            Fact(_("Order"), row.order),
            Fact(_("Reference there"), row.reference),
            Fact(_("Provider"), f"{row.provider}, {row.get_mode_display()}"),
            Fact(_("Payment"), self.link(row.payment)),
            Fact(_("Subscription"), self.link(row.payment.subscription)),
        ]
