from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("pagos/", include("payment_subscriptions.urls")),
    path("admin/", admin.site.urls),
]
