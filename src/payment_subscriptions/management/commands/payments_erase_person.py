from __future__ import annotations

import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ... import personal_data
from ..errors import told_plainly
from .payments_export_person import found

logger = logging.getLogger("payment_subscriptions.personal_data")


class Command(BaseCommand):
    help = (
        "Make all that is held of one payer name nobody; payments, amounts and the provider's references "
        "stay. It cannot be taken back. Whatever still runs has to be cancelled first. Repeating it does no "
        "harm."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("person", help="an e-mail, or a payer's key: user:5")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        person = found(options["person"])
        if not options["yes"]:
            self.confirm(person)
        with told_plainly():
            counted = personal_data.erase(person)
        customers = list(person.customers.values_list("pk", flat=True))
        logger.info("Personal data erased", extra={"customers": customers})
        told = ", ".join(f"{number} {noun}" for noun, number in counted.items() if number)
        self.stdout.write(f"Names nobody any more: {told}.")

    def confirm(self, person: personal_data.Person) -> None:
        """Raises CommandError where the answer is not yes."""
        told = ", ".join(
            f"{rows.count()} {model._meta.model_name}" for model, rows in person.rows.items() if rows.exists()
        )
        self.stdout.write(f"This makes {told} name nobody. It cannot be taken back.")
        if input("Write yes to go on: ").strip().lower() != "yes":
            raise CommandError("Nothing was done.")
