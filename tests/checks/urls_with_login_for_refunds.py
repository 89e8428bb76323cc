"""A project that put a login in front of what is told about refunds."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.urls import include, path

from payment_subscriptions import views

urlpatterns = [
    path("pagos/api/<slug:provider>/webhook/<uuid:refund>/", login_required(views.notice)),
    path("pagos/", include("payment_subscriptions.urls")),
]
