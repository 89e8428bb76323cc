"""The URLs, to be included under any path: ``path("pagos/", include("payment_subscriptions.urls"))``.

The path of ``notice`` is for good: plans at the gateway keep the address they were made with.
"""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "payments"

urlpatterns = [
    path("", views.plans, name="plans"),
    path("continuar/<uuid:checkout>/", views.hand_over, name="continue"),
    path("success/", views.success, name="success"),
    path("resultado/<uuid:checkout>/", views.result, name="result"),
    path("resultado/<uuid:checkout>/intentar/", views.retry, name="retry"),
    path("resultado/<uuid:checkout>/tarjeta/", views.card, name="card"),
    path("resultado/<uuid:checkout>/cancelar/", views.cancel, name="cancel"),
    path("resultado/<uuid:checkout>/cambiar/", views.change, name="change"),
    path("resultado/<uuid:checkout>/cambiar/deshacer/", views.undo_change, name="undo_change"),
    path("resultado/<uuid:checkout>/seguir/", views.resume, name="resume"),
    path("resultado/<uuid:checkout>/reanudar/", views.unpause, name="unpause"),
    path("resultado/<uuid:checkout>/portal/", views.portal, name="portal"),
    path("mi-suscripcion/", views.my_subscription, name="my_subscription"),
    path("mi-suscripcion/entrar/<str:token>/", views.prove, name="prove"),
    path("mi-suscripcion/enlace/", views.send_link, name="send_link"),
    path("mi-suscripcion/olvidar/", views.forget, name="forget"),
    path("mi-suscripcion/<uuid:subscription>/", views.subscription, name="subscription"),
    path("mi-suscripcion/<uuid:subscription>/recibo/<int:number>/", views.receipt, name="receipt"),
    path("api/<slug:provider>/webhook/", views.notice, name="notice"),
    path("api/<slug:provider>/webhook/<uuid:refund>/", views.notice, name="refund_notice"),
    path("<slug:provider>/create/", views.create, name="create"),
]
