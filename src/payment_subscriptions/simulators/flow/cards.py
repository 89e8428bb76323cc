"""The official test cards, and why a bank says no.

Only what Flow itself shows is kept of a card: brand, first six, last four.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

EXPIRED = -8
REJECTED = -6

#: Payment-attempt codes (lastError.code).
DECLINES: dict[int, str] = {
    -1: "Tarjeta inválida",
    -2: "Error de conexión",
    -3: "Excede monto máximo",
    -4: "Fecha de expiración inválida",
    -5: "Problema en autenticación",
    -6: "Rechazo general",
    -7: "Tarjeta bloqueada",
    -8: "Tarjeta vencida",
    -9: "Transacción no soportada",
    -10: "Problema en la transacción",
    -11: "Excede límite de reintentos de rechazos",
    999: "Error desconocido",
}


@dataclass(frozen=True)
class Card:
    brand: str
    first6: str
    last4: str
    bank: str | None
    decline: int | None = None

    @property
    def masked(self) -> str:
        return f"{self.first6} **** **** {self.last4}"

    def expired(self) -> Card:
        return replace(self, decline=EXPIRED)


CHILE = "4051885600446623"
PERU = "5293138086430769"
REJECTED_ON_CHARGE = "4551708161768059"
OFFICIAL = {"CL": CHILE, "PE": PERU, "MX": PERU}

_CARDS = {
    CHILE: Card("Visa", "405188", "6623", "BANCO DE PRUEBA"),
    PERU: Card("Mastercard", "529313", "0769", "BANCO DE PRUEBA"),
    REJECTED_ON_CHARGE: Card("Visa", "455170", "8059", "BANCO DE PRUEBA", decline=REJECTED),
}


def card(number: str) -> Card | None:
    return _CARDS.get("".join(character for character in number if character.isdigit()))
