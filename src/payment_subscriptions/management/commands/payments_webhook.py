from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...addresses import notice_url
from ...gateways import gateways
from ...gateways.base import EndpointDifference, Gateway
from ..errors import told_plainly


class Command(BaseCommand):
    help = (
        "Compare the addresses to which the gateways send their notices with what they should be (diff), or "
        "make them so (push), where a gateway keeps such a list. A new one's secret is shown this once. Ends "
        "with 1 while there are differences."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("verb", choices=("diff", "push"))
        parser.add_argument("--provider", help="this gateway only, by its alias in GATEWAYS")
        parser.add_argument("--json", action="store_true", help="say it as one line of JSON, secrets too")

    def handle(self, *args: Any, **options: Any) -> None:
        secrets: dict[str, str] = {}
        left: dict[str, list[EndpointDifference]] = {}
        try:
            with told_plainly():
                chosen = [gateways[options["provider"]]] if options["provider"] else gateways.all()
                if options["verb"] == "push":
                    self.push(chosen, secrets)
                left = {gateway.alias: gateway.diff_endpoint(notice_url(gateway)) for gateway in chosen}
        finally:  # also where another gateway failed: a secret is shown this once
            if options["json"] and (secrets or left):
                self.stdout.write(json.dumps(_as_json(secrets, left)))
            elif not options["json"]:
                self.tell(secrets, left)
        if any(left.values()):
            raise CommandError(
                "Set it right with: payments_webhook push. An API version is for good: where that differs, "
                "make a new endpoint by removing the old one in the provider's dashboard first."
            )

    def push(self, chosen: list[Gateway], secrets: dict[str, str]) -> None:
        """``secrets`` gets the new ones, by alias."""
        for gateway in chosen:
            if gateway.diff_endpoint(notice_url(gateway)) and (
                secret := gateway.push_endpoint(notice_url(gateway))
            ):
                secrets[gateway.alias] = secret

    def tell(self, secrets: dict[str, str], left: dict[str, list[EndpointDifference]]) -> None:
        for alias, secret in secrets.items():
            self.stdout.write(
                f"{alias}: made. Keep its secret where your settings read it (WEBHOOK_SECRETS of "
                f"{alias!r}); it is not shown again:\n{secret}"
            )
        for alias, differences in left.items():
            for found in differences:
                self.stdout.write(f"{alias}: {found.field}: {found.there or 'not there'}, not {found.here}")
            if not differences:
                self.stdout.write(f"{alias}: no difference.")


def _as_json(secrets: dict[str, str], left: dict[str, list[EndpointDifference]]) -> dict[str, Any]:
    return {
        "secrets": secrets,
        "differences": [
            {"gateway": alias, **asdict(found)}
            for alias, differences in left.items()
            for found in differences
        ],
    }
