"""A refund's life: offered by e-mail, accepted or rejected there, then paid out."""

from __future__ import annotations

from datetime import timedelta

from .account import Account
from .money import shown
from .records import Refund


def offer(account: Account, refund: Refund) -> None:
    account.refunds[refund.token] = refund
    link = f"{account.base_url}/app/refund?token={refund.token}"
    text = (
        f"Tiene un reembolso de {shown(refund.amount, account.options.currency)}. Acepte o rechace en: {link}"
    )
    account.mail("refund", refund.email, "Tiene un reembolso", text, link)


def decide(account: Account, refund: Refund, *, accepted: bool) -> bool:
    """What the receiver says; False where there is nothing left to say."""
    if refund.status != "created":
        return False
    refund.status = "accepted" if accepted else "rejected"
    account.post.post("refund", refund.callback, refund.token)
    if accepted:
        _pay_out_later(account, refund)
    return True


def _pay_out_later(account: Account, refund: Refund) -> None:
    def job() -> None:
        refund.status = "refunded"

    account.clock.at_wall(account.clock.local() + timedelta(days=account.options.refund_days), job)
