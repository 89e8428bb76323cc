"""A project that put the payments under a language prefix."""

from __future__ import annotations

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

urlpatterns = i18n_patterns(path("pagos/", include("payment_subscriptions.urls")))
