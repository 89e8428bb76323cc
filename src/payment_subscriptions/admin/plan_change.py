"""Another price: what it costs is asked first, shown, and applied only as it was shown."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import verbs
from ..exceptions import BadRequest, ConfigurationError
from ..gateways.base import ChangePreview
from ..lifecycle import ALLOWED
from ..models import Subscription
from ..money import format_money
from ..plans import Price
from . import attempts, words
from .abilities import capabilities
from .verb import Preview, Said, Verb


def can_change(row: Subscription) -> bool:
    able = capabilities(row)
    return (
        (able.change_now or able.change_at_period_end)
        and row.status in ALLOWED["change_plan"]
        and not (row.cancel_at_period_end or row.cancel_requested)
        and not (row.successor_reference or row.next_price_key)
        and bool(_choices(row))
    )


def _choices(row: Subscription) -> list[Price]:
    try:
        return verbs.choices(row)
    except (BadRequest, ConfigurationError):
        return []


class ChangeForm(forms.Form):
    """To which price, and when."""

    price = forms.ChoiceField(label=gettext_lazy("New price"))
    when = forms.ChoiceField(label=gettext_lazy("When"))

    def __init__(self, row: Subscription, data: Any) -> None:
        super().__init__(data)
        able = capabilities(row)
        moments = [
            ("now", _("At once"), able.change_now),
            ("later", _("When the paid period ends"), able.change_at_period_end),
        ]
        self._offer("price", [(price.key, words.price(price)) for price in _choices(row)])
        self._offer("when", [(value, label) for value, label, is_able in moments if is_able])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = choices


def _consequences(row: Subscription) -> list[str]:
    return [
        _("%(provider)s is asked what the change would cost, and you are shown it.")
        % {"provider": row.provider},
        _("Nothing is changed before you have said yes to that."),
    ]


def _preview(row: Subscription, data: dict[str, Any]) -> Preview:
    found = verbs.preview_change(row, data["price"], at_period_end=data["when"] == "later")
    return shown(row, found)


def shown(row: Subscription, preview: ChangePreview) -> Preview:
    """A preview in words, and sealed, so that the yes is a yes to this one."""
    said = [
        _("From %(old)s to %(new)s.")
        % {
            "old": words.price(row.agreed_price, row.quantity),
            "new": words.price(preview.price, preview.quantity),
        },
        _("It takes effect on %(day)s; until then nothing changes.") % {"day": words.day(preview.at)}
        if preview.at
        else _("It takes effect at once."),
        _moved(preview),
    ]
    if preview.next_charge_at:
        said.append(_next_charge(preview))
    return Preview(said, verbs.seal_preview(row, preview))


def _moved(preview: ChangePreview) -> str:
    if preview.charge.amount:
        return _("%(money)s is charged now.") % {"money": format_money(preview.charge)}
    if preview.credit.amount:
        return _("Nothing is charged now; the next charges are less by %(money)s.") % {
            "money": format_money(preview.credit)
        }
    return _("Nothing is charged or credited now.")


def _next_charge(preview: ChangePreview) -> str:
    return _("The next charge of %(money)s is on %(day)s.") % {
        "money": format_money(preview.money),
        "day": words.day(preview.next_charge_at),
    }


def _seen(row: Subscription, sealed: str) -> ChangePreview | None:
    """None for one that is not ours, not this row's, or was looked at for too long."""
    try:
        preview, is_old = verbs.unseal_preview(row, sealed)
    except BadRequest:
        return None
    return None if is_old else preview


def _change(request: HttpRequest, row: Subscription, data: dict[str, Any]) -> Said:
    preview = _seen(row, data["sealed"])
    if preview is None:
        return Said(messages.WARNING, _("You looked at it for too long: look at it once more."))
    try:
        attempt = verbs.change_plan(row, preview)
    except verbs.PreviewChanged as error:
        return Said(messages.WARNING, str(error), shown(row, error.preview))
    if attempt is not None and (said := attempts.unfinished(attempt)):
        return said
    row.refresh_from_db()
    if row.next_price_key == preview.price.key:
        return Said(messages.SUCCESS, scheduled(row))
    if (row.price_key, row.quantity) == (preview.price.key, preview.quantity):
        return Said(messages.SUCCESS, _("Changed. %(state)s") % {"state": words.state(row)})
    text = _("It was asked for, but the provider does not show it. %(state)s")
    return Said(messages.WARNING, text % {"state": words.state(row)})


def scheduled(row: Subscription) -> str:
    """ "Changes to pro_yearly_v1 on 22 December": what is to come."""
    return _("Changes to %(price)s on %(day)s.") % {
        "price": row.next_price_key,
        "day": words.day(row.next_price_at),
    }


# Undo


def _can_undo(row: Subscription) -> bool:
    return bool(row.next_price_key) and row.is_open and capabilities(row).change_at_period_end


def _undo_consequences(row: Subscription) -> list[str]:
    return [
        _("The change to %(price)s on %(day)s is called off.")
        % {"price": row.next_price_key, "day": words.day(row.next_price_at)},
        _("It stays at %(price)s. No money moves.") % {"price": words.price(row.agreed_price)},
    ]


def _undo(request: HttpRequest, row: Subscription, data: dict[str, Any]) -> Said:
    row = verbs.undo_change(row)
    if row.next_price_key:
        text = _("It was asked for, but the provider does not show it. %(state)s")
        return Said(messages.WARNING, text % {"state": scheduled(row)})
    return Said(messages.SUCCESS, _("Called off. %(state)s") % {"state": words.state(row)})


CHANGE = Verb(
    "change-plan",
    "payment_subscriptions.change_plan_subscription",
    gettext_lazy("Change the plan"),
    gettext_lazy("Shows what another price would cost, then changes to it."),
    can_change,
    _consequences,
    _change,
    form=ChangeForm,
    stamp=lambda row: f"{row.price_key}:{row.next_price_key}:{row.status}",
    preview=_preview,
)
UNDO = Verb(
    "undo-change",
    "payment_subscriptions.change_plan_subscription",
    gettext_lazy("Undo the change"),
    gettext_lazy("Calls off the change of plan that has not taken effect."),
    _can_undo,
    _undo_consequences,
    _undo,
    stamp=lambda row: str(row.version),
    doubt=gettext_lazy(
        "In doubt: the provider gave no answer, so nobody knows yet whether the change was called off. It is "
        "asked how it stands by itself; should the change still be there then, undo it once more."
    ),
)
