"""One request for a page: of whom, in which language, and how words, money and days are written in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from babel.dates import format_date
from babel.numbers import format_currency
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from ...page import page
from .. import money
from .words import INTERVALS, SPANISH

if TYPE_CHECKING:
    from ..account import Account, Thing

LOCALES = {"es": "es_CL", "en": "en_US"}


@dataclass(frozen=True)
class Visit:
    account: Account
    request: Request
    language: str = "en"

    def in_language_of(self, locale: str | None) -> Visit:
        """``locale`` is a page's own ("es-419"), or None or "auto" for the browser's."""
        if locale in (None, "auto"):
            language = self.request.accept_languages.best_match(list(LOCALES)) or "en"
        else:
            language = "es" if str(locale).startswith("es") else "en"
        return Visit(self.account, self.request, language)

    @property
    def posted(self) -> bool:
        return self.request.method == "POST"

    def field(self, name: str) -> str:
        return self.request.form.get(name, "").strip()

    # --- writing --------------------------------------------------------------------------------

    def say(self, text: str, **values: object) -> str:
        return (SPANISH[text] if self.language == "es" else text).format(**values)

    def money(self, amount: int, currency: str) -> str:
        value = Decimal(amount).scaleb(-money.digits(currency))
        text: str = format_currency(value, currency.upper(), locale=LOCALES[self.language])
        return re.sub(r"([A-Z])(\d)", "\\1\N{NO-BREAK SPACE}\\2", text)  # babel writes EUR10

    def day(self, seconds: int) -> str:
        return format_date(self.account.at(seconds), "long", locale=LOCALES[self.language])

    def price(self, price: Thing, quantity: int = 1) -> str:
        """``$10.000 al mes``"""
        amount = self.money(price["unit_amount"] * quantity, price["currency"])
        recurring = price.get("recurring")
        if not recurring:
            return self.say("{amount} once", amount=amount)
        unit, count = recurring["interval"], recurring["interval_count"]
        if count == 1:
            return self.say(f"{{amount}} a {unit}", amount=amount)
        return self.say(f"{{amount}} every {{count}} {INTERVALS[unit]}", amount=amount, count=count)

    # --- answering ------------------------------------------------------------------------------

    def page(
        self, title: str, body: str, *, status: int = 200, leads_to: Sequence[str | None] = ()
    ) -> Response:
        """``body`` in a card under the title; ``leads_to``: where its forms may end, besides here."""
        origins = sorted({_origin(url) for url in leads_to if url})
        content = f'<div class="card"><h1>{escape(title)}</h1>{body}</div>'
        return page(title, content, status=status, language=self.language, forms_to=origins)

    def nothing_here(self) -> Response:
        text = self.say("Go back to the site and start again.")
        return self.page(self.say("This link is not valid"), f"<p>{text}</p>", status=404)

    def link(self, url: str, text: str) -> str:
        return f'<p><a href="{escape(url)}">{escape(text)}</a></p>'

    def back_to(self, url: str | None) -> str:
        """The link that leaves for the site, by its name."""
        return self.link(url, "← " + self.say("Back to {site}", site=urlsplit(url).netloc)) if url else ""

    def go(self, url: str) -> Response:
        return redirect(url, 303)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
