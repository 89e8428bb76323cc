from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...addresses import notice_url
from ...exceptions import BadRequest
from ...gateways import gateways
from ...gateways.base import Gateway, PriceDifference
from ...plans import Price, catalogue
from ..errors import told_plainly

HEAD = ("price", "gateway", "field", "here", "there")
Difference = tuple[Gateway, PriceDifference]


class Command(BaseCommand):
    help = (
        "Compare the catalogue with the plans at the gateways (diff), or make those that are missing there "
        "(push). A plan that exists is never edited: a changed price gets a new key."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("verb", choices=("diff", "push"))
        parser.add_argument("--provider", help="this gateway only, by its alias in GATEWAYS")

    def handle(self, *args: Any, **options: Any) -> None:
        with told_plainly():
            sold = self.sold(options["provider"])
            if options["verb"] == "push":
                self.push(sold)
            left = [(gateway, found) for gateway, price in sold for found in gateway.diff_price(price)]
        self.table(left)
        if left:
            raise CommandError(_advice([found for _gateway, found in left]))
        self.stdout.write(f"{len(sold)} prices: no difference.")

    def sold(self, provider: str | None) -> list[tuple[Gateway, Price]]:
        """Each price with the gateway that sells it."""
        if provider:
            gateways[provider]  # raises for an alias that does not exist
        found = []
        for price in catalogue().prices():
            try:
                gateway = gateways.for_price(price)
            except BadRequest:
                self.stderr.write(f"{price.key}: no gateway takes {price.currency}; it cannot be bought.")
                continue
            if provider in (None, gateway.alias):
                found.append((gateway, price))
        return found

    def push(self, sold: list[tuple[Gateway, Price]]) -> None:
        for gateway, price in sold:
            if any(found.field == "missing" for found in gateway.diff_price(price)):
                gateway.push_price(price, notice_url(gateway))
                self.stdout.write(f"{price.key}: made at {gateway.alias}.")

    def table(self, left: list[Difference]) -> None:
        if not left:
            return
        rows = [HEAD, *((d.price, gateway.alias, d.field, d.here, d.there) for gateway, d in left)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.stdout.write(line.rstrip())


def _advice(left: list[PriceDifference]) -> str:
    missing = sum(found.field == "missing" for found in left)
    said = [f"{len(left)} differences."]
    if missing:
        said.append("Make the missing ones: payments_plans push.")
    if missing < len(left):
        said.append(
            "A plan that exists is never edited, somebody may be paying it: "
            "give the changed price a new key (pro_monthly_v2) and push that."
        )
    return " ".join(said)
