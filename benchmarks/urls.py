from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from .bare import bare

urlpatterns = [
    path("bare/", bare),
    path("pagos/", include("payment_subscriptions.urls")),
    path("admin/", admin.site.urls),
]
