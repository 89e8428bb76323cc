"""The front page for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from ..page import facts, page, table

if TYPE_CHECKING:
    from .simulator import StripeSimulator


def serve(stripe: StripeSimulator, request: Request) -> Response:
    if request.path == "/" and request.method == "GET":
        return _index(stripe)
    return page("No existe", '<div class="card"><h1>Esta página no existe</h1></div>', status=404)


def _index(stripe: StripeSimulator) -> Response:
    about = {
        "API": stripe.api_url,
        "Clave": stripe.api_key,
        "Hora de Stripe": f"{stripe.clock.local()} ({stripe.options.zone})",
        "Clientes": str(len(stripe.table("customers"))),
        "Suscripciones": str(len(stripe.table("subscriptions"))),
        "Cobros": str(len(stripe.books.taken())),
    }
    control = [(r.method, "/control" + r.path, r.says, r.example) for r in stripe.control_api.routes]
    kinds = [
        (name, kind.says, ", ".join(f"{k}={v}" for k, v in kind.options.items()))
        for name, kind in stripe.faults.kinds.items()
    ]
    body = (
        '<div class="card"><h1>Simulador de Stripe</h1><p>Un Stripe en tu máquina: Checkout, suscripciones, '
        "cobros, reembolsos, disputas y el portal del cliente, con reloj movible y fallas a pedido.</p>"
        f"{facts(about)}</div>"
        f'<div class="card"><h2>API de control</h2>{table(("", "Ruta", "Qué hace", "Cuerpo"), control)}</div>'
        f'<div class="card"><h2>Fallas</h2>{table(("Tipo", "Qué pasa", "Opciones"), kinds)}</div>'
    )
    return page("Simulador de Stripe", body, wide=True)
