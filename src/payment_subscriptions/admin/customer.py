from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Customer
from . import words
from .filters import ProviderFilter
from .masking import mask
from .readonly import Fact, ReadOnlyAdmin


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    list_display = ("payer", "name", "provider", "mode", "reference", "card", "created_at")
    list_filter = (ProviderFilter, "mode")
    ordering = ("-pk",)
    search_fields = ("reference",)
    search_help_text = gettext_lazy("Whole e-mail or reference.")
    email_field = "email"

    @admin.display(description=gettext_lazy("e-mail"))
    def payer(self, row: Customer) -> str:
        return mask(row.email)

    @admin.display(description=gettext_lazy("card"))
    def card(self, row: Customer) -> str:
        return words.card(row) or "—"

    def facts(self, row: Customer) -> list[Fact]:
        return [
            Fact(_("E-mail"), mask(row.email)),
            Fact(_("Name"), mask(row.name)),
            Fact(_("Payer"), mask(row.payer_key)),
            Fact(_("Card"), words.card(row)),
            Fact(_("Provider"), f"{row.provider}, {row.get_mode_display()}"),
            Fact(_("Reference there"), row.reference),
            Fact(_("Created"), words.moment(row.created_at)),
            Fact(_("Subscriptions"), self._subscriptions(row)),
        ]

    def _subscriptions(self, row: Customer) -> Any:
        return format_html_join(", ", "{}", ((self.link(each),) for each in row.subscriptions.all()))
