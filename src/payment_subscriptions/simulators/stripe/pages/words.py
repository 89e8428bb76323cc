"""What the pages say: English, and Spanish as Chileans read it. Why a bank says no, in plain words."""

from __future__ import annotations

SPANISH = {
    "Pay": "Pagar",
    "Pay {amount}": "Pagar {amount}",
    "Subscribe": "Suscribirse",
    "Start the trial": "Comenzar la prueba",
    "Back to {site}": "Volver a {site}",
    "Price": "Precio",
    "{amount} once": "{amount}, un solo pago",
    "{amount} a day": "{amount} al día",
    "{amount} a week": "{amount} a la semana",
    "{amount} a month": "{amount} al mes",
    "{amount} a year": "{amount} al año",
    "{amount} every {count} days": "{amount} cada {count} días",
    "{amount} every {count} weeks": "{amount} cada {count} semanas",
    "{amount} every {count} months": "{amount} cada {count} meses",
    "{amount} every {count} years": "{amount} cada {count} años",
    "{days} days free": "{days} días gratis",
    "Then {price}": "Después, {price}",
    "Discount {code}": "Descuento {code}",
    "To pay today": "Por pagar hoy",
    "Promotion code": "Código promocional",
    "Apply": "Aplicar",
    "Remove the code": "Quitar el código",
    "This code is not valid.": "Este código no es válido.",
    "With this code too little is left to be charged.": "Con este código queda muy poco por cobrar.",
    "E-mail": "Correo electrónico",
    "Card number": "Número de tarjeta",
    "Expires (MM/YY)": "Vence (MM/AA)",
    "Security code": "Código de seguridad",
    "Name on the card": "Nombre en la tarjeta",
    "Test cards": "Tarjetas de prueba",
    "is accepted": "se acepta",
    "is declined": "se rechaza",
    "has no funds": "no tiene fondos",
    "asks for 3-D Secure": "pide 3-D Secure",
    "is accepted, and declined later": "se acepta, y se rechaza después",
    "This is no test card of Stripe: choose one of the list below. Nothing was charged.": (
        "Esta no es una tarjeta de prueba de Stripe: elige una de la lista. No se cobró nada."
    ),
    "The date of expiry is not valid.": "La fecha de vencimiento no es válida.",
    "The card has expired.": "La tarjeta está vencida.",
    "The security code is not valid.": "El código de seguridad no es válido.",
    "The bank refused the payment. Nothing was charged.": "El banco rechazó el pago. No se cobró nada.",
    "The card has no sufficient funds. Nothing was charged.": (
        "La tarjeta no tiene fondos suficientes. No se cobró nada."
    ),
    "This card cannot be used. Nothing was charged.": "Esta tarjeta no se puede usar. No se cobró nada.",
    "The bank could not be reached. Nothing was charged; try again.": (
        "No se pudo contactar al banco. No se cobró nada; intenta otra vez."
    ),
    "The bank could not make sure that it is you. Nothing was charged.": (
        "El banco no pudo comprobar que eres tú. No se cobró nada."
    ),
    "Confirm with your bank": "Confirma con tu banco",
    "The bank wants to know that it is you (3-D Secure).": "El banco quiere saber que eres tú (3-D Secure).",
    "Confirm": "Confirmar",
    "Refuse": "Rechazar",
    "This link is not valid": "Este enlace no es válido",
    "Go back to the site and start again.": "Vuelve al sitio y empieza de nuevo.",
    "This page has expired": "Esta página venció",
    "It is paid": "Está pagado",
    "Nothing more is to be done here.": "Aquí no queda nada por hacer.",
    "Continue": "Continuar",
    "Your subscriptions": "Tus suscripciones",
    "There are none.": "No hay ninguna.",
    "Active": "Activa",
    "On trial": "En prueba",
    "Payment due": "Con un pago pendiente",
    "Ended": "Terminada",
    "Not paid": "Impaga",
    "Not complete": "Incompleta",
    "Paused": "En pausa",
    "State": "Estado",
    "Next payment": "Próximo cobro",
    "Ends on": "Termina el",
    "Cancel the subscription": "Cancelar la suscripción",
    "Keep the subscription": "Mantener la suscripción",
    "Card": "Tarjeta",
    "No card": "Sin tarjeta",
    "Change the card": "Cambiar la tarjeta",
    "Save the card": "Guardar la tarjeta",
    "The card is saved": "La tarjeta quedó guardada",
    "Bills": "Facturas",
    "Bill {number}": "Factura {number}",
    "Date": "Fecha",
    "Amount": "Monto",
    "Paid": "Pagada",
    "To be paid": "Por pagar",
    "Draft": "Borrador",
    "Void": "Anulada",
    "Written off": "Incobrable",
    "Due": "Por pagar",
    "Receipt": "Comprobante",
    "Given back": "Devuelto",
    "Payment": "Pago",
    "Download": "Descargar",
}

# Decline codes are Stripe's: https://docs.stripe.com/declines/codes
_REFUSED = "The bank refused the payment. Nothing was charged."
_NEVER = "This card cannot be used. Nothing was charged."
DECLINES = {
    "insufficient_funds": "The card has no sufficient funds. Nothing was charged.",
    "lost_card": _NEVER,
    "stolen_card": _NEVER,
    "card_not_supported": _NEVER,
    "expired_card": "The card has expired.",
    "incorrect_cvc": "The security code is not valid.",
    "processing_error": "The bank could not be reached. Nothing was charged; try again.",
    "authentication_required": "The bank could not make sure that it is you. Nothing was charged.",
}


CODES = {"amount_too_small": "With this code too little is left to be charged."}


def decline(code: str) -> str:
    return DECLINES.get(code, _REFUSED)


INTERVALS = {"day": "days", "week": "weeks", "month": "months", "year": "years"}
STATES = {
    "active": "Active",
    "trialing": "On trial",
    "past_due": "Payment due",
    "unpaid": "Not paid",
    "canceled": "Ended",
    "incomplete": "Not complete",
    "incomplete_expired": "Ended",
    "paused": "Paused",
}
BILLS = {
    "draft": "Draft",
    "open": "To be paid",
    "paid": "Paid",
    "void": "Void",
    "uncollectible": "Written off",
}
