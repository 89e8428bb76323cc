"""Filters of the lists. Their choices come from the settings and the code: none scans a table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from ..clock import now
from ..events import EVENTS
from ..gateways import gateways
from ..models import Receipt
from ..plans import catalogue

# Up to so many events are named to the database: asked for "those that owe", it may take the rare for the
# common, and walk all events to find a page of them.
FEW = 1000


class ProviderFilter(admin.SimpleListFilter):
    title = _("provider")
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(alias, alias) for alias in gateways]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(provider=self.value()) if self.value() else queryset


class PlanFilter(admin.SimpleListFilter):
    title = _("plan")
    parameter_name = "plan"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(plan.key, plan.name) for plan in catalogue()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(plan=self.value()) if self.value() else queryset


class EventNameFilter(admin.SimpleListFilter):
    title = _("event")
    parameter_name = "name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, name) for name in EVENTS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(name=self.value()) if self.value() else queryset


class MonthFilter(admin.ListFilter):
    """The month in which it was paid, by its address ``?paid_at__year=2026&paid_at__month=11``."""

    title = _("paid in")
    year, month = "paid_at__year", "paid_at__month"
    MONTHS = 24

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in (self.year, self.month):
            value = params.pop(name, None)
            if value is not None:
                self.used_parameters[name] = value[-1] if isinstance(value, list) else value

    @classmethod
    def is_chosen(cls, request: HttpRequest) -> bool:
        return cls.year in request.GET and cls.month in request.GET

    def expected_parameters(self) -> list[str | None]:
        return [self.year, self.month]

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        chosen = tuple(str(self.used_parameters.get(name)) for name in (self.year, self.month))
        yield {
            "selected": not self.used_parameters,
            "query_string": changelist.get_query_string(remove=[self.year, self.month]),
            "display": _("All"),
        }
        day = timezone.localtime(now()).date().replace(day=1)
        for _month in range(self.MONTHS):
            yield {
                "selected": chosen == (str(day.year), str(day.month)),
                "query_string": changelist.get_query_string({self.year: day.year, self.month: day.month}),
                "display": capfirst(date_format(day, "YEAR_MONTH_FORMAT")),
            }
            day = (day - timedelta(days=1)).replace(day=1)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.is_chosen(request):
            return queryset
        try:
            year, month = (int(str(self.used_parameters[name])) for name in (self.year, self.month))
            start = datetime(year, month, 1)
            end = datetime(year + month // 12, month % 12 + 1, 1)
        except ValueError as error:
            raise IncorrectLookupParameters(error) from error
        return queryset.filter(paid_at__gte=timezone.make_aware(start), paid_at__lt=timezone.make_aware(end))


class SettledFilter(admin.SimpleListFilter):
    title = _("settled")
    parameter_name = "settled"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("Waits for a person")), ("yes", _("Settled"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("no", "yes"):
            return queryset
        return queryset.filter(resolved_at__isnull=self.value() == "no")


class DeliveryFilter(admin.SimpleListFilter):
    title = _("delivery")
    parameter_name = "delivery"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("owed", _("Not delivered yet")), ("given_up", _("Given up: waits for a person"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("owed", "given_up"):
            return queryset
        given_up = self.value() == "given_up"
        owed = Receipt.objects.filter(done_at__isnull=True, due_at__isnull=given_up)
        few = list(owed.values_list("event_id", flat=True)[: FEW + 1])
        return queryset.filter(pk__in=few if len(few) <= FEW else owed.values("event"))
