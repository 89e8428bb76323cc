from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from payment_subscriptions.demo import simulator
from payment_subscriptions.views import notice

from . import bar, mails, views

urlpatterns = [
    path("", views.index, name="index"),
    path("pagos/", include("payment_subscriptions.urls")),
    # The address that the recipe's FLOW_WEBHOOK_URL names.
    path("api/payments/<slug:provider>/webhook/", notice),
    path("idioma/", set_language, name="set_language"),
    path("admin/", admin.site.urls),
]

if simulator.flow.address():
    urlpatterns += [
        path("demo/mover/", bar.move, name="demo_move"),
        path("demo/rechazar/", bar.decline, name="demo_decline"),
        path("demo/perder/", bar.lose, name="demo_lose"),
        path("demo/barrer/", bar.sweep, name="demo_sweep"),
        path("demo/correos/", mails.every, name="demo_mails"),
        path("demo/correo/", mails.sent, name="demo_mail_sent"),
    ]
