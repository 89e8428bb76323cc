"""What a payer sends: to subscribe, to get to their own page."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .exceptions import BadRequest
from .plans import Price, catalogue


def _email(missing: Any) -> forms.EmailField:
    """``missing`` is said where nothing was written."""
    invalid = _("That is not an e-mail address.")
    return forms.EmailField(
        label=_("E-mail"), max_length=254, error_messages={"required": missing, "invalid": invalid}
    )


class SubscribeForm(forms.Form):
    """``price`` is a price's key; the recipe's ``amount`` will do where it names exactly one."""

    email = _email(_("Write your e-mail: your receipt goes there."))
    coupon = forms.CharField(label=_("Coupon code"), required=False, max_length=100)
    price = forms.CharField(required=False, max_length=100)
    amount = forms.CharField(required=False, max_length=30)
    form = forms.CharField(required=False, max_length=300)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            cleaned["chosen"] = _chosen(cleaned.get("price") or "", cleaned.get("amount") or "")
        except BadRequest as error:
            self.add_error(None, forms.ValidationError(str(error), code=error.code))
        return cleaned


class LinkForm(forms.Form):
    """Who wants a link to their own page."""

    email = _email(_("Write the e-mail with which you subscribed."))


def _chosen(key: str, amount: str) -> Price:
    """The price that was asked for. Raises BadRequest."""
    if key or not amount:
        return catalogue().price(key)
    return catalogue().price_by_amount(_number(amount))


def _number(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise BadRequest(gettext("There is no plan of that amount."), field="amount", code="unknown_amount")
    return found
