"""The front page for people, and the outbox as a page."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from ..page import facts, page, table

if TYPE_CHECKING:
    from .simulator import FlowSimulator


def serve(flow: FlowSimulator, request: Request) -> Response:
    if request.path == "/" and request.method == "GET":
        return _index(flow)
    if request.path == "/outbox" and request.method == "GET":
        return _outbox(flow)
    return page("No existe", '<div class="card"><h1>Esta página no existe</h1></div>', status=404)


def _index(flow: FlowSimulator) -> Response:
    about = {
        "API": flow.api_url,
        "apiKey": flow.api_key,
        "secretKey": flow.secret_key,
        "Hora de Flow": f"{flow.clock.local()} ({flow.options.zone})",
        "Clientes": str(len(flow.customers)),
        "Suscripciones": str(len(flow.subscriptions)),
        "Cobros": str(len(flow.books.taken())),
    }
    control = [(r.method, "/control" + r.path, r.says, r.example) for r in flow.control_api.routes]
    kinds = [
        (name, kind.says, ", ".join(f"{k}={v}" for k, v in kind.options.items()))
        for name, kind in flow.faults.kinds.items()
    ]
    body = (
        '<div class="card"><h1>Simulador de Flow</h1><p>Un Flow.cl en tu máquina: pagos, clientes, '
        "tarjetas, planes, suscripciones, importes y reembolsos, con reloj movible y fallas a pedido.</p>"
        f'{facts(about)}<p><a href="/outbox">Correos que Flow habría enviado</a></p></div>'
        f'<div class="card"><h2>API de control</h2>{table(("", "Ruta", "Qué hace", "Cuerpo"), control)}</div>'
        f'<div class="card"><h2>Fallas</h2>{table(("Tipo", "Qué pasa", "Opciones"), kinds)}</div>'
    )
    return page("Simulador de Flow", body, wide=True)


def _outbox(flow: FlowSimulator) -> Response:
    mails = [
        f'<div class="card"><h2>{escape(mail.subject)}</h2>'
        f"{facts({'Para': mail.to, 'Fecha': str(mail.time)})}<p>{escape(mail.text)}</p>"
        + (f'<p><a href="{escape(mail.link)}">Abrir el enlace</a></p>' if mail.link else "")
        + "</div>"
        for mail in reversed(flow.outbox.mails)
    ]
    return page("Correos", "<h1>Correos</h1>" + ("".join(mails) or "<p>Ninguno todavía.</p>"), wide=True)
