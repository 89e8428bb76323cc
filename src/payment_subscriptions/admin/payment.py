from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Payment
from ..money import format_money
from . import words
from .filters import MonthFilter, ProviderFilter
from .giving_back import GIVE_BACK
from .readonly import Fact, ReadOnlyAdmin
from .verb import Verb


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = ("status", "money", "paid", "of", "order", "reference", "provider", "mode")
    list_filter = (MonthFilter, "status", ProviderFilter, "mode")
    list_select_related = ("subscription",)
    ordering = ("-pk",)
    search_fields = ("reference", "order")
    search_help_text = gettext_lazy("Whole reference or order.")
    lookups = ("id", "subscription", "paid_at")

    verbs: ClassVar[tuple[Verb, ...]] = (GIVE_BACK,)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """What was paid in a month goes by when it was paid, as its index does."""
        return ("-paid_at", "-pk") if MonthFilter.is_chosen(request) else ("-pk",)

    @admin.display(description=gettext_lazy("amount"))
    def money(self, row: Payment) -> str:
        return words.amount(row.amount, row.currency)

    @admin.display(description=gettext_lazy("paid"))
    def paid(self, row: Payment) -> str:
        return words.moment(row.paid_at)

    @admin.display(description=gettext_lazy("subscription"))
    def of(self, row: Payment) -> str:
        return self.link(row.subscription)

    def facts(self, row: Payment) -> list[Fact]:
        return [
            Fact(_("Amount"), words.amount(row.amount, row.currency)),
            Fact(_("Paid in money"), words.settled(row)),
            Fact(_("Rate"), words.rate(row)),
            Fact(_("Status"), row.get_status_display()),
            Fact(_("Given back"), format_money(row.refunded) if row.refunded_amount else ""),
            Fact(_("Refunds"), self._refunds(row)),
            Fact(_("Paid"), words.moment(row.paid_at)),
            Fact(_("For"), words.period(row)),
            Fact(_("Due"), words.moment(row.due_at)),
            Fact(_("Next attempt"), words.moment(row.next_attempt_at)),
            Fact(_("Attempts"), row.attempts or ""),
            Fact(_("Code of the decline"), row.failure_code),
            Fact(_("Receipt"), _receipt(row)),
            Fact(_("Order"), row.order),
            Fact(_("Reference there"), row.reference),
            Fact(_("Provider"), f"{row.provider}, {row.get_mode_display()}"),
            Fact(_("Subscription"), self.link(row.subscription)),
        ]

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("subscription__customer").defer("pay_url")

    def _refunds(self, row: Payment) -> Any:
        return format_html_join(", ", "{}", ((self.link(each),) for each in row.refunds.defer("token")))


def _receipt(row: Payment) -> Any:
    if not row.receipt_url:
        return ""
    return format_html('<a href="{}" rel="noreferrer">{}</a>', row.receipt_url, _("at the provider"))
