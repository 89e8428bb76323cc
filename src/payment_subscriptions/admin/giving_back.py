"""Give a payment back: how much can be, what asking for it does, and what came of it in words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import verbs
from ..exceptions import BadRequest, ConfigurationError
from ..gateways import gateways
from ..lifecycle import RefundStatus
from ..models import Payment, Refund
from ..money import Money, digits, format_money, make
from . import words
from .abilities import capabilities
from .masking import mask
from .verb import Said, Verb

# As people write thousands: 10.000 or 10,000; where a currency has no decimals it is nothing else.
_THOUSANDS = re.compile(r"\d{1,3}([.,]\d{3})+")


def can_give_back(payment: Payment, running: Iterable[Refund]) -> bool:
    """Whether it may be asked for now: one refund of a payment at a time."""
    return (
        payment.refundable.amount > 0
        and not any(refund.payment_id == payment.pk for refund in running)
        and capabilities(payment.subscription).refund
    )


def _possible(payment: Payment) -> bool:
    return can_give_back(payment, payment.refunds.running())


class RefundForm(forms.Form):
    """How much, and why. An amount is a text: browsers take the dot of "10.000" for a decimal point."""

    amount = forms.CharField(
        label=gettext_lazy("Amount"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("For whoever asks in a year. No e-mails, no card numbers."),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
    )

    def __init__(self, payment: Payment, data: Any) -> None:
        super().__init__(data)
        self.payment = payment
        amount = self.fields["amount"]
        amount.initial = f"{payment.refundable.amount.normalize():f}"
        amount.help_text = _("At most %(most)s can be given back.") % {
            "most": format_money(payment.refundable)
        }

    def clean_amount(self) -> Money:
        most = self.payment.refundable
        text, currency = self.cleaned_data["amount"].strip(), most.currency.code
        if digits(currency) == 0 and _THOUSANDS.fullmatch(text):
            text = re.sub(r"[.,]", "", text)
        try:
            money = make(text.replace(",", "."), currency)
        except BadRequest as error:
            raise forms.ValidationError(str(error)) from error
        if not 0 < money.amount <= most.amount:
            raise forms.ValidationError(str(self.fields["amount"].help_text))
        if money != self.payment.paid_money and not capabilities(self.payment.subscription).partial_refund:
            raise forms.ValidationError(_("This payment can be given back whole only."))
        return money


def _consequences(payment: Payment) -> list[str]:
    subscription = payment.subscription
    said = [
        _("%(provider)s is asked to give back the amount below, of %(paid)s paid on %(day)s.")
        % {
            "provider": payment.provider,
            "paid": words.paid(payment),
            "day": words.day(payment.paid_at),
        },
        *how(payment),
        _("The payer's e-mail there is %(email)s.") % {"email": mask(subscription.customer.email)},
        _(
            "Once it is given back whole, the charge no longer pays for its period, and the access ends that "
            "it gave. In part, the period stays paid."
        ),
    ]
    if subscription.is_open and not subscription.is_cancelling:
        said.append(_("The subscription goes on, and so do its charges: cancel it too if they are to end."))
    said.append(str(IN_DOUBT_MEANS))
    return said


IN_DOUBT_MEANS = gettext_lazy(
    "Should no answer come, it is in doubt: nothing is tried again by itself; it waits for the "
    "provider's callback or for you."
)


def how(payment: Payment) -> list[str]:
    """What each of the gateway's ways does, whole and in part, in the order in which they are tried."""
    gateway = gateways.of(payment.subscription)
    left = payment.refundable
    whole = Refund(payment=payment, amount=left.amount, currency=left.currency.code).as_request("")
    said = _ways(gateway, gateway.refund_methods(whole))
    if capabilities(payment.subscription).partial_refund:
        in_part = gateway.refund_methods(replace(whole, is_whole=False))
        if gateway.refund_methods(whole) != in_part:
            said = [_("All of it: %(how)s") % {"how": line} for line in said[:1]] + said[1:]
            said += [_("A part of it: %(how)s") % {"how": line} for line in _ways(gateway, in_part)[:1]]
    return said


def _ways(gateway: Any, methods: Iterable[str]) -> list[str]:
    first, *others = [gateway.refund_words(method) for method in methods] or [""]
    return [first, *(_("Should that be refused: %(how)s") % {"how": other} for other in others)]


def _give_back(request: HttpRequest, payment: Payment, data: dict[str, Any]) -> Said:
    try:
        refund = verbs.refund(payment, data["amount"], by=request.user.get_username(), reason=data["reason"])
    except ConfigurationError as error:
        if not payment.refunds.running().exists():
            raise
        return put_off(error)
    return came_of(refund)


def put_off(error: ConfigurationError) -> Said:
    """The settings stood in the way of its call: it is asked for all the same, later."""
    text = _(
        "The settings stand in the way, so nothing was given back. It stays asked for, and is tried again "
        "by itself: %s"
    )
    return Said(messages.ERROR, text % f"{error} {error.hint}".strip())


def came_of(refund: Refund) -> Said:
    """What is true of a refund now."""
    level, text = _CAME_OF[RefundStatus(refund.status)]
    return Said(
        level,
        text
        % {
            "money": format_money(refund.money),
            "code": refund.failure_code or "—",
            "email": mask(refund.payment.subscription.customer.email),
        },
    )


_CAME_OF: dict[RefundStatus, tuple[int, Any]] = {
    RefundStatus.REQUESTED: (
        messages.WARNING,
        gettext_lazy(
            "%(money)s is asked for, and its call has not been answered or could not be made yet. It goes on "
            "by itself."
        ),
    ),
    RefundStatus.IN_DOUBT: (
        messages.WARNING,
        gettext_lazy(
            "In doubt: nobody knows yet whether %(money)s was given back. Nothing is tried again by itself; "
            "it waits for the provider's callback or for you. Do not give it back in another way meanwhile."
        ),
    ),
    RefundStatus.OFFERED: (
        messages.SUCCESS,
        gettext_lazy(
            "Offered to %(email)s: %(money)s is given back once they accept. Nothing has moved yet."
        ),
    ),
    RefundStatus.ACCEPTED: (
        messages.SUCCESS,
        gettext_lazy("The payer accepted it: the provider will pay out %(money)s."),
    ),
    RefundStatus.REFUNDED: (messages.SUCCESS, gettext_lazy("%(money)s was given back.")),
    RefundStatus.REJECTED: (
        messages.WARNING,
        gettext_lazy("The payer rejected it: nothing was given back."),
    ),
    RefundStatus.CANCELLED: (
        messages.SUCCESS,
        gettext_lazy("It was called off: nothing was given back."),
    ),
    RefundStatus.REFUSED: (
        messages.ERROR,
        gettext_lazy("It was refused (%(code)s): nothing was given back."),
    ),
}


def _stamp(payment: Payment) -> str:
    return f"{payment.status}:{payment.refunded_amount}:{payment.refunds.count()}"


GIVE_BACK = Verb(
    "refund",
    "payment_subscriptions.refund_payment",
    gettext_lazy("Give back"),
    gettext_lazy("Gives the payer this charge back, whole or in part."),
    _possible,
    _consequences,
    _give_back,
    form=RefundForm,
    stamp=_stamp,
    grave=True,
)
