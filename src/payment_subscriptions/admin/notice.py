from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import inbox
from ..models import Notice, Refund
from ..models.notice import NoticeState
from . import words
from .filters import ProviderFilter
from .masking import mask
from .readonly import Fact, ReadOnlyAdmin
from .verb import Said, Verb


def _replay_consequences(row: Notice) -> list[str]:
    if row.about:
        return [
            _("%(provider)s is asked what became of the refund that this notice is about.")
            % {"provider": row.provider},
            _("The refund becomes what it answers, and its payment with it."),
            _("Doing it twice does no harm. Nothing is given back by it."),
        ]
    return [
        _("%(provider)s is asked what this notice is about, as when it arrived.")
        % {"provider": row.provider},
        _("If it is about a subscription of ours, that one becomes what the provider answers."),
        _("Doing it twice does no harm. No money moves."),
    ]


def _replay(request: HttpRequest, row: Notice, data: dict[str, Any]) -> Said:
    row = inbox.replay(row)
    row.refresh_from_db()
    if row.state == NoticeState.DONE and row.about:
        return Said(messages.SUCCESS, _("Done: the refund is as the provider reports it."))
    if row.state == NoticeState.DONE:
        return Said(messages.SUCCESS, _("Done: the subscription is as the provider reports it."))
    if row.state == NoticeState.FOREIGN:
        return Said(messages.WARNING, _("It is about nothing of ours."))
    if row.state == NoticeState.UNKNOWN:
        return Said(messages.WARNING, _("The provider does not know it."))
    return Said(
        messages.ERROR,
        _("It did not work; it is tried again by itself. Trouble: %(error)s") % {"error": row.error or "—"},
    )


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = (
        "received_at",
        "provider",
        "state",
        "arrivals",
        "tries",
        "trouble",
        "subscription_link",
        "done_at",
    )
    list_filter = ("state", ProviderFilter)
    list_select_related = ("subscription",)
    ordering = ("-pk",)
    search_fields = ("key",)
    search_help_text = gettext_lazy("Whole key.")
    lookups = ("id", "subscription")
    verbs: ClassVar[tuple[Verb, ...]] = (
        Verb(
            "replay",
            "payment_subscriptions.replay_notice",
            gettext_lazy("Replay"),
            gettext_lazy("Works it once more, as if it had just arrived."),
            lambda row: not row.is_pruned,
            _replay_consequences,
            _replay,
        ),
    )

    @admin.display(description=gettext_lazy("last trouble"))
    def trouble(self, row: Notice) -> str:
        return mask(row.error)

    @admin.display(description=gettext_lazy("subscription"))
    def subscription_link(self, row: Notice) -> str:
        return self.link(row.subscription)

    def _refund(self, row: Notice) -> str:
        found = Refund.objects.filter(public_id=row.about).defer("token").first() if row.about else None
        return self.link(found) if found else ""

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("body")

    def facts(self, row: Notice) -> list[Fact]:
        since = row.unanswered_since
        return [
            Fact(_("State"), row.get_state_display()),
            Fact(_("Provider"), row.provider),
            Fact(_("Received"), words.moment(row.received_at)),
            Fact(_("Arrivals"), row.arrivals),
            Fact(_("Tries"), row.tries),
            Fact(_("Gateway in trouble since"), words.moment(since) if since else ""),
            Fact(_("Last trouble"), mask(row.error)),
            Fact(_("Tried again"), words.moment(row.due_at)),
            Fact(_("Done"), words.moment(row.done_at)),
            Fact(_("What it said"), _("removed: it cannot be replayed") if row.is_pruned else ""),
            Fact(_("Key"), row.key),
            Fact(_("Refund"), self._refund(row)),
            Fact(_("Subscription"), self.link(row.subscription)),
        ]
