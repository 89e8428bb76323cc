"""Lists that cost the same at a million rows as at a thousand.

Django's change list counts every row and skips to a page by OFFSET, which reads all that it skips. Here
a page begins beside a row, named in the address by its place in the list (``?after=``, ``?before=``):
the index is entered there, and nothing is counted. For that the order is the list's own, newest first,
and every filter has an index in that order: see the models' ``indexes``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest

AFTER, BEFORE = "after", "before"
# Between the parts of a place.
SEPARATOR = "~"

# A row's place in its list: the values that it is ordered by, the primary key last.
Place = tuple[Any, ...]


class KeysetChangeList(ChangeList):
    """One page of a list, the addresses of its neighbours, and no count."""

    older: str = ""
    newer: str = ""

    def get_queryset(self, request: HttpRequest, *arguments: Any, **named: Any) -> QuerySet[Any]:
        for parameters in (self.params, getattr(self, "filter_params", self.params)):
            for name in (AFTER, BEFORE, PAGE_VAR):
                parameters.pop(name, None)
        return super().get_queryset(request, *arguments, **named)

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """The list's own order, whatever the address asks: any other would sort the table."""
        return list(self.model_admin.get_ordering(request))

    def get_results(self, request: HttpRequest) -> None:
        ordering = self.get_ordering(request, self.queryset)
        names = [name.removeprefix("-") for name in ordering]
        backwards = BEFORE in request.GET
        places = self._places(
            names, read(request.GET.get(AFTER) or request.GET.get(BEFORE), names), backwards
        )
        more = len(places) > self.list_per_page
        places = places[: self.list_per_page]
        if backwards:
            places.reverse()
        self._name_neighbours(
            places, older=backwards or more, newer=more if backwards else AFTER in request.GET
        )
        self.result_list = self._rows([place[-1] for place in places], ordering)
        self.result_count = len(places)
        self.full_result_count = None
        self.can_show_all = True
        self.multi_page = False  # no numbered pages: pagination.html has ours
        self.paginator = Paginator(places, max(len(places), 1))

    def _places(self, names: list[str], start: Place | None, backwards: bool) -> list[Place]:
        """The places of the rows from ``start`` on, one more than a page shows."""
        sign = "" if backwards else "-"
        queryset = self.queryset.order_by(*(f"{sign}{name}" for name in names))
        if start is not None:
            queryset = queryset.filter(beyond(names, start, backwards))
        return list(queryset.values_list(*names)[: self.list_per_page + 1])

    def _rows(self, pks: list[Any], ordering: list[str]) -> QuerySet[Any]:
        rows = self.apply_select_related(self.root_queryset.filter(pk__in=pks))
        return rows.order_by(*ordering)

    def _name_neighbours(self, places: list[Place], *, older: bool, newer: bool) -> None:
        if places and older:
            self.older = self.get_query_string({AFTER: written(places[-1])})
        if places and newer:
            self.newer = self.get_query_string({BEFORE: written(places[0])})

    @property
    def first(self) -> str:
        """The address of the newest page."""
        return self.get_query_string()


def beyond(names: list[str], place: Place, backwards: bool) -> Q:
    """The rows after a place in the order; ``backwards``: those before it.

    The first comparison is what the index is entered by; by itself it would also let in rows of the
    same moment, which the second one tells apart.
    """
    less = "gt" if backwards else "lt"
    *moments, pk = place
    if not moments:
        return Q(**{f"pk__{less}": pk})
    name, moment = names[0], moments[0]
    return Q(**{f"{name}__{less}e": moment}) & (Q(**{f"{name}__{less}": moment}) | Q(**{f"pk__{less}": pk}))


def written(place: Place) -> str:
    """A place as the address has it."""
    return SEPARATOR.join(part.isoformat() if isinstance(part, datetime) else str(part) for part in place)


def read(text: str | None, names: list[str]) -> Place | None:
    """The place that an address names; None where it names none.

    Raises IncorrectLookupParameters, which Django answers with the list's beginning, for what is none.
    """
    if not text:
        return None
    *texts, pk = text.split(SEPARATOR)
    try:
        moments = [datetime.fromisoformat(moment) for moment in texts]
        number = int(pk)
    except ValueError as error:
        raise IncorrectLookupParameters(error) from error
    if len(moments) + 1 != len(names) or any(moment.tzinfo is None for moment in moments):
        raise IncorrectLookupParameters(f"{text} is no place in this list")
    return (*moments, number)
