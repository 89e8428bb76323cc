"""What the families of Flow's services share."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial
from inspect import isfunction, isgeneratorfunction
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.views.decorators.debug import sensitive_variables

from ..errors import unknown
from ..results.reading import Page, Result, read, read_all, read_page
from ..signature import Value

if TYPE_CHECKING:
    from ..client import FlowClient

Amount = Decimal | int  # whole pesos for CLP; UF and others may have decimals

R = TypeVar("R", bound=Result)
Params = Mapping[str, Value]

PAGE = 100  # Flow's most
OVERLAP = 5  # rows read twice at each seam: a list that shifts by less loses nothing
MOST_STALE = 3  # pages in a row without news: the list does not move on


class Family:
    """A family of services: ``payment``, ``customer`` ... Method by method as in Flow's reference."""

    name: ClassVar[str]

    def __init__(self, client: FlowClient) -> None:
        self._client = client

    def __init_subclass__(cls) -> None:
        """Error pages do not show the arguments of these methods: they are tokens and e-mails."""
        for name, member in list(vars(cls).items()):
            if isfunction(member) and not isgeneratorfunction(member):
                setattr(cls, name, sensitive_variables()(member))

    @sensitive_variables()
    def _get(self, service: str, kind: type[R], params: Params) -> R:
        return self._client.call("GET", f"{self.name}/{service}", params, partial(read, kind))

    @sensitive_variables()
    def _get_all(self, service: str, kind: type[R], params: Params) -> tuple[R, ...]:
        return self._client.call("GET", f"{self.name}/{service}", params, partial(read_all, kind))

    @sensitive_variables()
    def _post(self, service: str, kind: type[R], params: Params) -> R:
        return self._client.call("POST", f"{self.name}/{service}", params, partial(read, kind))

    @sensitive_variables()
    def _page(
        self, service: str, kind: type[R], start: int | None, limit: int | None, params: Params
    ) -> Page[R]:
        paging: dict[str, Value] = {"start": start, "limit": limit}
        return self._client.call(
            "GET", f"{self.name}/{service}", {**params, **paging}, partial(read_page, kind)
        )

    def _every(self, service: str, kind: type[R], params: Params) -> Iterator[R]:
        """Every row of a list, 100 a page. A row is given once, unless it changed meanwhile.

        Lists shift while they are paged, so pages overlap a little. OutcomeUnknown if the list
        says that more follows and keeps repeating itself: half a list is never taken for a whole.
        """
        seen: set[int] = set()
        start, stale = 0, 0
        while True:
            page = self._page(service, kind, start, PAGE, params)
            news = [row for row in page.data if _is_new(row, seen)]
            yield from news
            if not page.data or not _more(page, start):
                return
            stale = 0 if news else stale + 1
            if stale == MOST_STALE:
                raise unknown(f"{self.name}/{service}", f"{self.name}/{service}: the list repeats itself")
            start += len(page.data) - min(OVERLAP, len(page.data) // 2)


def _is_new(row: Result, seen: set[int]) -> bool:
    mark = hash(json.dumps(row.raw, sort_keys=True, default=str))
    if mark in seen:
        return False
    seen.add(mark)
    return True


def _more(page: Page[Any], start: int) -> bool:
    """Flow's hasMore; where it is missing, by the total."""
    if page.has_more is not None:
        return page.has_more
    return page.total is None or start + len(page.data) < page.total
