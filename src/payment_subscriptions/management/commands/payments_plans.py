from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...addresses import notice_url
from ...gateways import gateways
from ...gateways.base import Gateway, PriceDifference
from ...plans import Price, catalogue
from ..errors import told_plainly

HEAD = ("price", "gateway", "field", "here", "there")
Sold = tuple[Gateway, Price]
Difference = tuple[Gateway, PriceDifference]


class Command(BaseCommand):
    help = (
        "Compare the catalogue with the plans at the gateways (diff), or make those that are missing there "
        "(push). A plan that exists is never edited: a changed price gets a new key. Ends with 1 while "
        "there are differences; push does not where only the address of callbacks differs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("verb", choices=("diff", "push"))
        parser.add_argument("--provider", help="this gateway only, by its alias in GATEWAYS")
        parser.add_argument("--json", action="store_true", help="say it as one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with told_plainly():
            sold = self.sold(options["provider"])
            made = self.push(sold) if options["verb"] == "push" else []
            left = [(gateway, found) for gateway, price in sold for found in _differences(gateway, price)]
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(sold, made, left)))
        else:
            for gateway, price in made:
                self.stdout.write(f"{price.key}: made at {gateway.alias}.")
            self.table(left)
        if left:
            self.advise(options["verb"], [found for _gateway, found in left])
        elif not options["json"]:
            self.stdout.write(f"{_prices(sold)} prices: no difference.")

    def sold(self, provider: str | None) -> list[Sold]:
        """Each price with each gateway that may sell it."""
        if provider:
            gateways[provider]  # raises for an alias that does not exist
        found: list[Sold] = []
        for price in catalogue().prices():
            aliases = gateways.taking(price)
            if not aliases:
                self.stderr.write(f"{price.key}: no gateway takes {price.currency}; it cannot be bought.")
            found += [(gateways[alias], price) for alias in aliases if provider in (None, alias)]
        return found

    def push(self, sold: list[Sold]) -> list[Sold]:
        """What was made, where it was missing."""
        made = []
        for gateway, price in sold:
            if any(found.field == "missing" for found in gateway.diff_price(price)):
                gateway.push_price(price, notice_url(gateway))
                made.append((gateway, price))
        return made

    def advise(self, verb: str, left: list[PriceDifference]) -> None:
        """Raises CommandError; for ``push`` not where callbacks alone differ: what it makes is there."""
        if verb == "push" and all(found.field == "callback" for found in left):
            self.stderr.write(_advice(left))
        else:
            raise CommandError(_advice(left))

    def table(self, left: list[Difference]) -> None:
        if not left:
            return
        rows = [HEAD, *((d.price, gateway.alias, d.field, d.here, d.there) for gateway, d in left)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.stdout.write(line.rstrip())


def _differences(gateway: Gateway, price: Price) -> list[PriceDifference]:
    return gateway.diff_price(price, notice_url(gateway))


def _prices(sold: list[Sold]) -> int:
    """How many there are, each at one gateway or at several."""
    return len({price.key for _gateway, price in sold})


def _as_json(sold: list[Sold], made: list[Sold], left: list[Difference]) -> dict[str, Any]:
    return {
        "prices": _prices(sold),
        "made": [{"gateway": gateway.alias, "price": price.key} for gateway, price in made],
        "differences": [{"gateway": gateway.alias, **asdict(found)} for gateway, found in left],
    }


def _advice(left: list[PriceDifference]) -> str:
    missing = sum(found.field == "missing" for found in left)
    elsewhere = sum(found.field == "callback" for found in left)
    said = [f"{len(left)} differences."]
    if missing:
        said.append("Make the missing ones: payments_plans push.")
    if elsewhere:
        said.append(
            "Callbacks that go elsewhere do not reach this site: payments_sweep finds those renewals, "
            "later. A plan with subscribers keeps its address; a price under a new key gets this one."
        )
    if missing + elsewhere < len(left):
        said.append(
            "A plan that exists is never edited, somebody may be paying it: "
            "give the changed price a new key (pro_monthly_v2) and push that."
        )
    return " ".join(said)
