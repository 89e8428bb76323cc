from __future__ import annotations

from django.contrib import admin
from django.urls import path

from .bare import bare

urlpatterns = [path("bare/", bare), path("admin/", admin.site.urls)]
