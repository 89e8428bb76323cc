"""A project that put a login in front of everything, callbacks too."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.urls import include, path

from payment_subscriptions import views

urlpatterns = [
    path("pagos/api/<slug:provider>/webhook/", login_required(views.notice)),
    path("pagos/", include("payment_subscriptions.urls")),
]
