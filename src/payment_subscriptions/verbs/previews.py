"""A preview of a change of plan as a form carries it until the yes: signed, bound to its subscription,
and good for a quarter of an hour."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core import signing
from django.utils.translation import gettext as _

from ..exceptions import BadRequest
from ..gateways.base import ChangePreview
from ..models import Subscription
from ..money import Money
from ..plans import catalogue

SALT = "payment_subscriptions.change"
MAX_AGE = 15 * 60


def seal_preview(subscription: Subscription, preview: ChangePreview) -> str:
    written = {
        "subscription": str(subscription.public_id),
        "price": preview.price.key,
        "at": _written(preview.at),
        "charge": _amount(preview.charge),
        "credit": _amount(preview.credit),
        "next_charge_at": _written(preview.next_charge_at),
        "data": dict(preview.data),
        "quantity": preview.quantity,
    }
    return signing.dumps(written, salt=SALT)


def unseal_preview(subscription: Subscription, sealed: str) -> tuple[ChangePreview, bool]:
    """What was seen, and whether that was too long ago.

    Raises BadRequest for what is not ours, was tampered with, or is another subscription's.
    """
    try:
        written, is_old = _read(sealed)
    except signing.BadSignature:
        written, is_old = {}, False
    if written.get("subscription") != str(subscription.public_id):
        raise BadRequest(
            _("That is not what was shown. Nothing has been changed or charged."),
            field="preview",
            code="preview",
        )
    return _preview(written), is_old


def _read(sealed: str) -> tuple[dict[str, Any], bool]:
    try:
        return signing.loads(sealed, salt=SALT, max_age=MAX_AGE), False
    except signing.SignatureExpired:
        return signing.loads(sealed, salt=SALT), True


def _preview(written: dict[str, Any]) -> ChangePreview:
    return ChangePreview(
        price=catalogue().price(written["price"]),
        charge=_money(written["charge"]),
        credit=_money(written["credit"]),
        at=_moment(written["at"]),
        next_charge_at=_moment(written["next_charge_at"]),
        data=written["data"],
        quantity=written["quantity"],
    )


def _written(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _moment(written: str) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def _amount(money: Money) -> list[str]:
    return [str(money.amount), money.currency.code]


def _money(written: list[str]) -> Money:
    return Money(Decimal(written[0]), written[1])
