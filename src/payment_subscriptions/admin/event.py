from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import dispatch, outbox
from ..models import Event, Receipt
from . import words
from .filters import DeliveryFilter, EventNameFilter
from .masking import mask, raw
from .readonly import Fact, ReadOnlyAdmin
from .verb import Said, Verb


def _given_up(row: Event) -> list[Receipt]:
    return [receipt for receipt in row.receipts.all() if receipt.done_at is None and receipt.due_at is None]


class RetryForm(forms.Form):
    """Which handlers to retry: one that mails people may better stay undone."""

    handlers = forms.MultipleChoiceField(
        label=gettext_lazy("Handlers"), widget=forms.CheckboxSelectMultiple, required=True
    )

    def __init__(self, row: Event, data: Any) -> None:
        super().__init__(data)
        field = self.fields["handlers"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101
        receipts = _given_up(row)
        field.choices = [(str(receipt.pk), f"{receipt.handler}: {_words(receipt)}") for receipt in receipts]
        field.initial = [str(receipt.pk) for receipt in receipts]


def _words(receipt: Receipt) -> str:
    if receipt.done_at:
        return _("done on %(moment)s") % {"moment": words.moment(receipt.done_at)}
    trouble = _("%(tries)s tries, last trouble: %(error)s") % {
        "tries": receipt.tries,
        "error": mask(receipt.error) or "—",
    }
    if receipt.due_at:
        return _("due on %(moment)s") % {"moment": words.moment(receipt.due_at)} + f"; {trouble}"
    return _("given up") + f"; {trouble}"


def _retry_consequences(row: Event) -> list[str]:
    return [
        _("The handlers chosen below run once more for this event: “%(event)s”.")
        % {"event": words.event_words(row.name)},
        _("What they do is your project's: a mail may be sent, a door opened."),
        _("Payments and subscriptions stay as they are. No money moves by this."),
    ]


def _retry(request: HttpRequest, row: Event, data: dict[str, Any]) -> Said:
    pks = outbox.retry(Receipt.objects.filter(event=row, pk__in=data["handlers"]))
    if not dispatch.is_inline():
        return Said(messages.SUCCESS, _("Handed to the workers. Look again in a moment."))
    failed = Receipt.objects.filter(pk__in=pks, done_at__isnull=True)
    if failed:
        names = ", ".join(f"{receipt.handler} ({receipt.error})" for receipt in failed)
        return Said(
            messages.ERROR,
            _("It failed again, and is tried again by itself: %(names)s") % {"names": names},
        )
    return Said(messages.SUCCESS, _("Done."))


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "name", "what", "subscription_link", "delivery")
    list_filter = (DeliveryFilter, EventNameFilter)
    list_select_related = ("subscription",)
    ordering = ("-pk",)
    lookups = ("id", "subscription")
    verbs: ClassVar[tuple[Verb, ...]] = (
        Verb(
            "retry",
            "payment_subscriptions.retry_receipt",
            gettext_lazy("Retry handlers"),
            gettext_lazy("Runs the handlers that were given up once more."),
            lambda row: bool(_given_up(row)),
            _retry_consequences,
            _retry,
            form=RetryForm,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("receipts")

    @admin.display(description=gettext_lazy("what happened"))
    def what(self, row: Event) -> str:
        return words.event_words(row.name)

    @admin.display(description=gettext_lazy("subscription"))
    def subscription_link(self, row: Event) -> str:
        return self.link(row.subscription)

    @admin.display(description=gettext_lazy("delivery"))
    def delivery(self, row: Event) -> str:
        receipts = list(row.receipts.all())
        if not receipts:
            return _("nobody listens")
        if given_up := _given_up(row):
            return _("given up: %(number)s") % {"number": len(given_up)}
        owed = [receipt for receipt in receipts if not receipt.done_at]
        return _("owed: %(number)s") % {"number": len(owed)} if owed else _("done")

    def facts(self, row: Event) -> list[Fact]:
        return [
            Fact(_("What happened"), words.event_words(row.name)),
            Fact(_("Event"), row.name),
            Fact(_("Written"), words.moment(row.created_at)),
            Fact(_("Subscription"), self.link(row.subscription)),
        ]

    def details(self, request: HttpRequest, row: Event) -> dict[str, Any]:
        return {
            "receipts": [(receipt.handler, _words(receipt)) for receipt in row.receipts.all()],
            "raw": raw(row.payload),
        }
