"""What all our pages of the admin share: nothing is writable, the detail page is our own, and an
e-mail is searched by a POST, so that it stands in no access log.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models.functions import Upper
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from .keyset import AFTER, BEFORE, KeysetChangeList
from .verb import Verb, verb_view

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin

# Rows that a search by e-mail shows at most.
MOST_FOUND = 200


@dataclass(frozen=True)
class Fact:
    """A line of a detail page."""

    label: Any
    text: Any


class ReadOnlyAdmin(ModelAdmin):
    """A list, and a page for each row; ``verbs`` are what can be done to one."""

    verbs: ClassVar[tuple[Verb, ...]] = ()
    email_field: ClassVar[str] = ""
    # Lookups of the address line that are allowed besides those of the filters: any other could ask
    # the columns that are not shown (a notice's body, say) character by character.
    lookups: ClassVar[tuple[str, ...]] = ("id",)
    actions = None
    list_per_page = 50
    # What would read the whole table: see keyset.py.
    show_full_result_count = False
    sortable_by = ()
    if hasattr(admin, "ShowFacets"):  # Django 5.0 on
        show_facets = admin.ShowFacets.NEVER

    class Media:
        css = {"all": ("payment_subscriptions/admin.css",)}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        filters = (
            item.parameter_name if isinstance(item, type) else item
            for item in self.list_filter or ()
            if isinstance(item, str) or hasattr(item, "parameter_name")
        )
        allowed = {*self.lookups, *filters}
        return lookup.partition("__")[0] in allowed

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    # Pages

    def get_urls(self) -> list[URLPattern]:
        info = f"{self.opts.app_label}_{self.opts.model_name}"
        own = [
            path(
                f"<path:object_id>/{verb.name}/",
                verb_view(self, verb),
                name=f"{info}_{verb.name.replace('-', '_')}",
            )
            for verb in self.verbs
        ]
        if self.email_field:
            find = self.admin_site.admin_view(require_POST(self.find_view))
            own.append(path("find/", find, name=f"{info}_find"))
        return own + super().get_urls()

    @method_decorator(require_safe)
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The detail page, in place of Django's form."""
        row = self.row(request, object_id)
        context = {
            "facts": [fact for fact in self.facts(row) if fact.text not in (None, "", "—")],
            "verbs": [
                (self.page(row, verb.name.replace("-", "_")), verb)
                for verb in self.verbs
                if request.user.has_perm(verb.permission) and verb.possible(row)
            ],
            **self.details(request, row),
        }
        return self.render(request, "detail", row, {**context, **(extra_context or {})})

    def row(self, request: HttpRequest, object_id: str) -> Any:
        """Raises Http404, and PermissionDenied for one who may not look."""
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        if not self.has_view_permission(request, found):
            raise PermissionDenied
        return found

    def about(self, row: Any) -> str:
        """The row in a heading."""
        return str(row)

    def facts(self, row: Any) -> list[Fact]:
        """The lines of the page; empty ones are left out."""
        raise NotImplementedError

    def details(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """More for the template."""
        return {}

    def render(
        self, request: HttpRequest, template: str, row: Any, context: dict[str, Any]
    ) -> TemplateResponse:
        request.current_app = self.admin_site.name
        label, model = self.opts.app_label, self.opts.model_name
        return TemplateResponse(
            request,
            [f"admin/{label}/{model}/{template}.html", f"admin/{label}/{template}.html"],
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": row,
                "title": self.about(row),
                "list_url": reverse(f"admin:{label}_{model}_changelist", current_app=self.admin_site.name),
                "row_url": self.page(row),
                **context,
            },
        )

    def page(self, row: models.Model, name: str = "change") -> str:
        """The address of a row's page, of this noun or another."""
        return reverse(
            f"admin:{row._meta.label_lower.replace('.', '_')}_{name}",
            args=[row.pk],
            current_app=self.admin_site.name,
        )

    def link(self, row: models.Model | None) -> str:
        return format_html('<a href="{}">{}</a>', self.page(row), row) if row else "—"

    # Search

    def find_view(self, request: HttpRequest) -> HttpResponse:
        """A search: an e-mail becomes the numbers of its rows, anything else Django's ``?q=``."""
        if not self.has_view_permission(request):
            raise Http404
        wanted = request.POST.get("q", "").strip()
        query = request.GET.copy()
        for name in ("q", "p", "e", "id__in", AFTER, BEFORE):
            query.pop(name, None)
        if "@" in wanted:
            rows = self.get_queryset(request).alias(email_found=Upper(self.email_field))
            rows = rows.filter(email_found=wanted.upper()).order_by()  # the column's index is on Upper()
            query["id__in"] = ",".join(map(str, rows.values_list("pk", flat=True)[:MOST_FOUND])) or "0"
        elif wanted:
            query["q"] = wanted
        return HttpResponseRedirect(self._list(query))

    def _list(self, query: QueryDict) -> str:
        address = reverse(
            f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist", current_app=self.admin_site.name
        )
        return f"{address}?{query.urlencode()}" if query else address

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """Whole references only: a part of one helps nobody, and would read every row."""
        term = search_term.strip()
        return (queryset.filter(self.matches(term)) if term else queryset), False

    def matches(self, term: str) -> models.Q:
        """The rows that a search for ``term`` shows: each place is looked into by itself, since a database
        that is asked for one *or* the other of two tables reads both."""
        pks: set[Any] = set()
        for queryset, column in self.sought(term):
            pks.update(queryset.order_by().values_list(column, flat=True)[:MOST_FOUND])
        return models.Q(pk__in=sorted(pks))

    def sought(self, term: str) -> Iterator[tuple[models.QuerySet[Any], str]]:
        """Where a search looks, and which column names a row of this list there."""
        for name in self.search_fields or ():
            yield self.model._default_manager.filter(**{name: term}), "pk"


def as_uuid(term: str) -> UUID | None:
    try:
        return UUID(term)
    except ValueError:
        return None
