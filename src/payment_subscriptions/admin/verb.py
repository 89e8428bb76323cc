"""What can be done to a row: a page that spells out what will happen, and the deed by POST.

The core does it, outside any transaction: a gateway may be asked (Django's change form is atomic,
and ATOMIC_REQUESTS would be too). Who asked for it is kept before it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from .. import conf
from ..budget import time_budget
from ..clock import now
from ..exceptions import (
    BadRequest,
    ConfigurationError,
    NotFound,
    NotPossible,
    OutcomeUnknown,
    PaymentsError,
    Refused,
)
from .masking import mask

if TYPE_CHECKING:
    from .readonly import ReadOnlyAdmin


DOUBT = gettext_lazy(
    "In doubt: the provider gave no answer, so nobody knows yet whether it happened. What was "
    "asked for is kept, and the provider is asked again by itself. Do not do it in another way "
    "meanwhile."
)


@dataclass(frozen=True)
class Preview:
    """What the provider says would happen; ``sealed`` comes back with the yes."""

    lines: Sequence[str]
    sealed: str


@dataclass(frozen=True)
class Said:
    """What a verb has to tell: ``level`` of django.contrib.messages. ``preview``: nothing was done, and
    this is what would happen now."""

    level: int
    text: str
    preview: Preview | None = None


@dataclass(frozen=True)
class Verb:
    """``hint`` stands beside the button, ``consequences`` on the page that asks.

    ``carry_out`` gets the request, the row and the form's data, and says what came of it.
    ``stamp``: what must not have changed between the question and the yes. ``preview``: the provider
    has to be asked what would happen, once the form is filled in; ``carry_out`` gets it as "sealed".
    ``doubt``: what is true when no answer came.
    """

    name: str
    permission: str
    label: Any
    hint: Any
    possible: Callable[[Any], bool]
    consequences: Callable[[Any], Sequence[str]]
    carry_out: Callable[[HttpRequest, Any, dict[str, Any]], Said]
    form: Callable[[Any, Any], forms.Form] = lambda row, data: forms.Form(data)
    stamp: Callable[[Any], str] = lambda row: ""
    grave: bool = False
    preview: Callable[[Any, dict[str, Any]], Preview] | None = None
    doubt: Any = DOUBT


def verb_view(admin: ReadOnlyAdmin, verb: Verb) -> Callable[..., HttpResponse]:
    """The view of one verb: GET asks, POST does."""

    def view(request: HttpRequest, object_id: str) -> HttpResponse:
        row = admin.row(request, object_id)
        if not request.user.has_perm(verb.permission):
            raise PermissionDenied
        if not verb.possible(row):
            messages.warning(request, _("That cannot be done any more: look at how it stands now."))
            return HttpResponseRedirect(admin.page(row))
        form = verb.form(row, request.POST if request.method == "POST" else None)
        if request.method == "POST":
            if request.POST.get("stamp", "") != verb.stamp(row):
                messages.warning(request, _("It has changed meanwhile. This is what would happen now."))
                return HttpResponseRedirect(request.path)
            if form.is_valid():
                return _answer(admin, verb, request, row, form)
        return _ask(admin, verb, request, row, form)

    guarded = admin.admin_site.admin_view(require_http_methods(["GET", "HEAD", "POST"])(view))
    return transaction.non_atomic_requests(guarded)


def _answer(
    admin: ReadOnlyAdmin, verb: Verb, request: HttpRequest, row: Any, form: forms.Form
) -> HttpResponse:
    """Do it; or show first what the provider says would happen."""
    data, sealed = form.cleaned_data, request.POST.get("sealed", "")
    if verb.preview and not sealed:
        found = _look(verb, row, data)
        if isinstance(found, Said):
            messages.add_message(request, found.level, mask(found.text))
            return _ask(admin, verb, request, row, form)
        return _ask(admin, verb, request, row, form, found)
    said = _do(verb, request, row, data | {"sealed": sealed})
    messages.add_message(request, said.level, mask(said.text))
    if said.preview:
        return _ask(admin, verb, request, row, form, said.preview)
    return HttpResponseRedirect(admin.page(row))


def _ask(
    admin: ReadOnlyAdmin,
    verb: Verb,
    request: HttpRequest,
    row: Any,
    form: forms.Form,
    preview: Preview | None = None,
) -> HttpResponse:
    return admin.render(
        request,
        "confirm",
        row,
        {
            "title": verb.label,
            "subtitle": admin.about(row),
            "verb": verb,
            "consequences": preview.lines if preview else verb.consequences(row),
            "form": form,
            "preview": preview,
            "is_asked_first": verb.preview is not None and preview is None,
            "stamp": verb.stamp(row),
        },
    )


def _look(verb: Verb, row: Any, data: dict[str, Any]) -> Preview | Said:
    assert verb.preview is not None  # noqa: S101
    try:
        with time_budget(conf.get("INLINE_SECONDS")):
            return verb.preview(row, data)
    except (PaymentsError, ConfigurationError) as error:
        return in_plain_words(
            error, _("The provider gave no answer. Nothing was asked for, nothing changed.")
        )


def _do(verb: Verb, request: HttpRequest, row: Any, data: dict[str, Any]) -> Said:
    _keep(request, row, str(verb.label))
    try:
        with time_budget(conf.get("INLINE_SECONDS")):
            return verb.carry_out(request, row, data)
    except (PaymentsError, ConfigurationError) as error:
        return in_plain_words(error, verb.doubt)


def _keep(request: HttpRequest, row: Any, said: str) -> None:
    """Who asked for it, in Django's own log; by our clock, which Django's ``log_change`` does not know."""
    LogEntry.objects.create(
        user_id=cast(int, request.user.pk),
        content_type=ContentType.objects.get_for_model(row),
        object_id=str(row.pk),
        object_repr=str(row)[:200],
        action_flag=CHANGE,
        change_message=said,
        action_time=now(),
    )


def in_plain_words(error: PaymentsError | ConfigurationError, doubt: Any = DOUBT) -> Said:
    """What an error means for the person who pressed the button, and what to do now. ``doubt``: what is
    true where no answer came."""
    if isinstance(error, ConfigurationError):
        return Said(messages.ERROR, _("The settings stand in the way: %s") % _with_hint(error))
    if isinstance(error, OutcomeUnknown):
        return Said(messages.WARNING, str(doubt))
    if isinstance(error, NotFound):
        return Said(messages.ERROR, _("The provider does not know it. Nothing was changed."))
    if isinstance(error, Refused):
        return Said(messages.ERROR, _("The provider refused; nothing was done. It says: %s") % error)
    if isinstance(error, NotPossible | BadRequest):
        return Said(messages.ERROR, str(error))
    return Said(
        messages.WARNING, _("Somebody else is at work on it right now. Look again in a moment, then retry.")
    )


def _with_hint(error: ConfigurationError) -> str:
    return f"{error} {error.hint}".strip()
