from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaymentSubscriptionsConfig(AppConfig):
    """The app: label and template folder ``payment_subscriptions``, URL namespace ``payments``."""

    name = "payment_subscriptions"
    verbose_name = _("Payments")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks  # noqa: F401
        from .mails import handlers  # noqa: F401
