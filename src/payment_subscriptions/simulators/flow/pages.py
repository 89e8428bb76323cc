"""The pages a payer sees: enrolling a card, paying an order, answering a refund.

Forms have stable names: ``token``, ``tarjeta``, ``medio``, and the pressed button ``accion``.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from werkzeug.wrappers import Request, Response

from ..page import buttons, facts, page, problem, return_to
from . import money, orders, payer
from .account import Account
from .cards import OFFICIAL
from .records import ANNULLED, PAID, PENDING, REJECTED, Enrolment, Order, Refund

_ENROLLED = {
    "accepted": "Tarjeta inscrita",
    "rejected": "El banco rechazó la inscripción",
    "cancelled": "Inscripción cancelada",
}
_STATUS = {PENDING: "pendiente", PAID: "pagada", REJECTED: "rechazada", ANNULLED: "anulada"}


def serve(account: Account, request: Request) -> Response | None:
    """The payer's page of that address, or None."""
    view = _PAGES.get(request.path)
    if view is None or request.method not in ("GET", "POST"):
        return None
    token = request.values.get("token", "")
    response = view(account, request, token)
    account.post.flush()  # Flow tells the merchant first, then lets the browser go
    return response


def _unknown() -> Response:
    text = '<div class="card"><h1>Enlace no válido</h1><p>Vuelve al comercio y empieza de nuevo.</p></div>'
    return page("Enlace no válido", text, status=404)


def _form(token: str, fields: str, choices: str) -> str:
    hidden = f'<input type="hidden" name="token" value="{escape(token)}">'
    return f'<form method="post">{hidden}{fields}{choices}</form>'


# --- /app/customer/disclaimer.php -------------------------------------------------------------


def _enrol(account: Account, request: Request, token: str) -> Response:
    enrolment = account.enrolments.get(token)
    if enrolment is None:
        return _unknown()
    if request.method == "GET":
        return _enrol_form(account, enrolment)
    try:
        with account.lock:
            _enrol_act(account, enrolment, request)
    except payer.NotPossible:
        return _enrol_form(account, enrolment, warning="Esa no es una tarjeta de prueba.")
    return return_to(enrolment.url_return, {"token": token}, _ENROLLED.get(enrolment.result, "Listo"))


def _enrol_act(account: Account, enrolment: Enrolment, request: Request) -> None:
    action = request.form.get("accion", "")
    if action == "aceptar":
        payer.accept_enrolment(account, enrolment, request.form.get("tarjeta", ""))
    else:
        result = "rejected" if action == "rechazar" else "cancelled"
        payer.refuse_enrolment(account, enrolment, result)


def _enrol_form(account: Account, enrolment: Enrolment, warning: str = "") -> Response:
    customer = account.customers[enrolment.customer_id]
    fields = (
        '<label for="tarjeta">Número de tarjeta</label><input id="tarjeta" name="tarjeta" '
        f'inputmode="numeric" autocomplete="off" value="{OFFICIAL[account.options.country]}">'
        '<p class="soft">Tarjeta de prueba. Con 4551 7081 6176 8059 la inscripción funciona '
        "y los cobros se rechazan.</p>"
    )
    choices = buttons(
        ("aceptar", "Inscribir tarjeta"), ("rechazar", "El banco la rechaza"), ("cancelar", "Cancelar")
    )
    intro = f"<p>{escape(customer.name)} autoriza cargos automáticos en su tarjeta.</p>"
    body = f"<h1>Inscribir tarjeta</h1>{problem(warning)}{intro}{_form(enrolment.token, fields, choices)}"
    status = 422 if warning else 200
    return page("Inscribir tarjeta", f'<div class="card">{body}</div>', status=status)


# --- /app/web/pay.php -------------------------------------------------------------------------


def _pay(account: Account, request: Request, token: str) -> Response:
    order = account.orders.get(token)
    if order is None or order.kind == "charge":
        return _unknown()
    if not order.payable:
        return _done(order)
    action = request.form.get("accion", "")
    if action == "salir":
        return page("Pago sin terminar", '<div class="card"><h1>Saliste sin pagar</h1></div>')
    if orders.is_paid(account, order.commerce_order) and action != "anular":
        return _paid_by_another(order)
    if request.method == "GET":
        return _pay_form(account, order)
    return _pay_act(account, order, action, request.form.get("medio", "webpay"))


def _pay_act(account: Account, order: Order, action: str, medium: str) -> Response:
    try:
        with account.lock:
            _ACTS.get(action, _nothing)(account, order, medium if medium in orders.MEDIA else "webpay")
    except payer.NotPossible:
        pass  # settled meanwhile, in another tab: what follows tells
    account.post.flush()
    return _done(order)


def _paid_by_another(order: Order) -> Response:
    """Two orders were opened for one thing, and the other one was paid."""
    text = orders.previously_paid(order.commerce_order)
    body = f'<div class="card"><h1>Ya está pagada</h1>{problem(text)}</div>'
    return page("Ya está pagada", body, status=422)


def _nothing(account: Account, order: Order, medium: str) -> None:
    raise payer.NotPossible


_ACTS: dict[str, Callable[[Account, Order, str], None]] = {
    "pagar": payer.pay,
    "rechazar": payer.reject,
    "anular": lambda account, order, medium: payer.annul(account, order),
}


def _done(order: Order) -> Response:
    coupon = order.status == PENDING and order.pending_media
    heading = "Cupón emitido" if coupon else f"Orden {_STATUS[order.status]}"
    if order.url_return:
        return return_to(order.url_return, {"token": order.token}, heading)
    text = "Puedes cerrar esta página." if order.status == PAID else "No se cobró nada."
    return page(heading, f'<div class="card"><h1>{heading}</h1><p>{text}</p></div>')


def _pay_form(account: Account, order: Order) -> Response:
    if order.checkout_timeout:
        with account.lock:
            orders.annul_in(account, order, order.checkout_timeout)
            order.checkout_timeout = None
    options = "".join(
        f'<option value="{key}">{name}{" (cupón para pagar en efectivo)" if coupon else ""}</option>'
        for key, (name, _, coupon) in orders.MEDIA.items()
    )
    fields = f'<label for="medio">Medio de pago</label><select id="medio" name="medio">{options}</select>'
    choices = buttons(
        ("pagar", "Pagar"),
        ("rechazar", "El banco lo rechaza"),
        ("anular", "Anular"),
        ("salir", "Salir sin pagar"),
    )
    rows = {"Orden": order.commerce_order, "Pagador": order.payer, "Estado": _STATUS[order.status]}
    amount = f'<p class="amount">{money.shown(order.amount, order.currency)}</p>'
    body = f"<h1>{escape(order.subject)}</h1>{amount}{facts(rows)}{_form(order.token, fields, choices)}"
    return page("Pagar", f'<div class="card">{body}</div>')


# --- /app/refund --------------------------------------------------------------------------------


def _refund(account: Account, request: Request, token: str) -> Response:
    refund = account.refunds.get(token)
    if refund is None:
        return _unknown()
    if request.method == "GET" and refund.status == "created":
        return _refund_form(account, refund)
    if request.method == "POST" and refund.status == "created":
        with account.lock:
            payer.decide_refund(account, token, accepted=request.form.get("accion") == "aceptar")
    says = {"rejected": "Reembolso rechazado", "canceled": "Reembolso anulado por el comercio"}
    heading = says.get(refund.status, "Reembolso aceptado")
    return page(heading, f'<div class="card"><h1>{heading}</h1></div>')


def _refund_form(account: Account, refund: Refund) -> Response:
    choices = buttons(("aceptar", "Aceptar"), ("rechazar", "Rechazar"))
    amount = f'<p class="amount">{money.shown(refund.amount, account.options.currency)}</p>'
    body = f"<h1>Tienes un reembolso</h1>{amount}{_form(refund.token, '', choices)}"
    return page("Reembolso", f'<div class="card">{body}</div>')


_PAGES: dict[str, Callable[[Account, Request, str], Response]] = {
    "/app/customer/disclaimer.php": _enrol,
    "/app/web/pay.php": _pay,
    "/app/refund": _refund,
}
