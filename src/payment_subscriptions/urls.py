"""The URLs, to be included under any path: ``path("pagos/", include("payment_subscriptions.urls"))``.

The path of ``notice`` is for good: plans at the gateway keep the address they were made with.
"""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "payments"

urlpatterns = [
    path("success/", views.notice, name="success"),
    path("api/<slug:provider>/webhook/", views.notice, name="notice"),
]
