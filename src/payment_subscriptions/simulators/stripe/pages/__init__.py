"""Stripe's hosted pages: Checkout, the customer portal, a bill, a receipt. They need no JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from . import bills, checkout, portal
from .visit import Visit

if TYPE_CHECKING:
    from ..account import Account

_PAGES = Map(
    [
        Rule("/c/pay/<key>", endpoint=checkout.serve),
        Rule("/c/pay/<key>/confirm", endpoint=checkout.confirm),
        Rule("/p/session/<key>", endpoint=portal.serve),
        Rule("/p/session/<key>/card", endpoint=portal.card),
        Rule("/invoices/<key>.pdf", endpoint=bills.as_pdf),
        Rule("/invoices/<key>", endpoint=bills.invoice),
        Rule("/invoices/<key>/confirm", endpoint=bills.confirm),
        Rule("/receipts/<key>", endpoint=bills.receipt),
    ]
)


def serve(account: Account, request: Request) -> Response | None:
    """The payer's page of that address, or None."""
    try:
        view, values = _PAGES.bind_to_environ(request.environ).match()
    except HTTPException:
        return None
    if request.method not in ("GET", "HEAD", "POST"):
        return None
    response: Response = view(Visit(account, request), **values)
    account.post.flush()  # the site hears of it before the browser is back
    return response
