from __future__ import annotations

import json
import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from ... import personal_data

logger = logging.getLogger("payment_subscriptions.personal_data")


class Command(BaseCommand):
    help = (
        "Write all that is held of one payer as JSON: every column of every row. Hand it to nobody whose "
        "wish you have not checked: an e-mail finds all that bear it. That it was told is kept."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("person", help="an e-mail, or a payer's key: user:5")

    def handle(self, *args: Any, **options: Any) -> None:
        told = personal_data.export(found(options["person"]))
        logger.info("Personal data exported", extra={"customers": [row["id"] for row in told["customer"]]})
        self.stdout.write(json.dumps(told, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False))


def found(name: str) -> personal_data.Person:
    """Raises CommandError where nothing is held; the e-mail is not repeated, as logs keep what is said."""
    person = personal_data.find(name)
    if not person.customers.exists():
        raise CommandError("Nothing is held of a payer of that e-mail or key.")
    return person
