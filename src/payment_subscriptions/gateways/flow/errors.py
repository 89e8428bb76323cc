"""What Flow's refusals mean: one table from (code, message) to our error, with a way out.

Flow answers 400 for "API errors" and 401 for "business errors" (which has nothing to do with
credentials), both with ``{code, message}``; which of the two a code comes with is not always
recorded, so a row holds for both. A row is found by its code first, then by its words: code
501 is Flow's "Internal Server Error" and says nothing by itself.

What is not in the table is a refusal only where Flow documents one: HTTP 400 is validation, and
happens before anything is done. All else is unknown: an unlisted 401, code 5xx, any other HTTP
status, HTML, an empty or a broken body. ``source`` names Flow's text or who saw it; the letter
is how sure that is: H official or seen by several, M seen once, L inferred.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from ...exceptions import (
    AlreadyExists,
    Busy,
    ConfigurationError,
    Fault,
    NotFound,
    OutcomeUnknown,
    Refused,
    Scope,
)


class OutOfTime(Busy):
    """The time budget is spent: the call was not begun, nothing was sent. Try again later."""

    sent: bool = False

    def __init__(self, service: str) -> None:
        self.service = service
        super().__init__(f"no time left for {service}: the call was not begun")


@dataclass(frozen=True)
class Row:
    """``codes`` are exact; ``words`` is a pattern searched in the message, ignoring case."""

    error: type[Refused | ConfigurationError]
    hint: str
    source: str
    codes: tuple[str, ...] = ()
    words: str = ""
    scope: Scope = "request"
    fault: Fault = ""

    def fits(self, message: str, named: Collection[str]) -> bool:
        """Whether the words are there and speak of a thing that the call named."""
        found = re.search(self.words, message, re.IGNORECASE) if self.words else None
        if found is None or found.lastgroup is None:
            return found is not None
        return not NAMED_BY[found[found.lastgroup].lower()].isdisjoint(named)


# What a message calls a thing, and the parameters that name one. "Invoice not found" proves that
# nothing was done where an invoice was asked for; from subscription/create it proves nothing.
NAMED_BY: dict[str, frozenset[str]] = {
    "transaction": frozenset({"token", "commerceId", "flowOrder", "commerceTrxId", "flowTrxId"}),
    "order": frozenset({"commerceId", "flowOrder"}),
    "token": frozenset({"token"}),
    "refund": frozenset({"token"}),
    "customer": frozenset({"customerId"}),
    "plan": frozenset({"planId", "newPlanId"}),
    "subscription": frozenset({"subscriptionId"}),
    "invoice": frozenset({"invoiceId"}),
    "coupon": frozenset({"couponId"}),
    "item": frozenset({"itemId"}),
    "settlement": frozenset({"id"}),
    "merchant": frozenset({"id"}),
}
_THINGS = "|".join(NAMED_BY)
_MISSING = (
    rf"\bthere is no (?P<absent>{_THINGS})\b"
    rf"|\b(?P<thing>{_THINGS})(?: ?id)?\b.{{0,80}}?\b(?:not found|does ?n[o']t exist|no existe)"
)

ROWS: tuple[Row, ...] = (
    Row(
        ConfigurationError,
        "The secret key does not belong to the API key, or the account was given new keys: copy both "
        "from Flow's panel, Mis Datos, Integraciones. If the keys are right, the signature option is wrong.",
        "Flow's PHP client, issue 2; H",
        codes=("108",),
        words=r"invalid signature",
        fault="signature",
    ),
    Row(
        ConfigurationError,
        "Sandbox and production have keys of their own: use the API key of the API address that is set.",
        "seen by several, M",
        words=r"api ?key\b.*\bnot found",
        fault="key_environment",
    ),
    Row(
        ConfigurationError,
        "A required parameter was left out: an error of the calling code.",
        "seen in sandbox, H",
        codes=("104",),
        words=r"missing service params",
    ),
    Row(
        ConfigurationError,
        "Flow has no such service at this address: check the API address, then report it as a bug.",
        "seen in sandbox, H",
        codes=("105",),
        words=r"no services available",
    ),
    Row(
        Refused,
        "The account has no contract for automatic charges (cargo automático): ask Flow for it, or let "
        "payers pay by link.",
        "seen by several, H",
        codes=("7001",),
        words=r"has not automatic charge contract",
        scope="strategy",
    ),
    Row(
        AlreadyExists,
        "A customer with this externalId is there: find it by paging through customer/list and adopt it.",
        "seen in production, H",
        words=r"there is a customer with this externalId",
    ),
    Row(
        AlreadyExists,
        "The plan id is taken, even if its plan was deleted: read it with plans/get, or use a new id.",
        "seen in sandbox, M",
        words=r"planId has already been used",
    ),
    Row(
        AlreadyExists,
        "The subscription has this item: change its quantity with subscription/updateItem.",
        "seen in sandbox, M",
        words=r"item is already added in the subscription",
    ),
    Row(
        Refused,
        "This order is paid already: ask payment/getStatusByCommerceId, and never order it anew.",
        "Flow's sample of ChargeAttemps, H",
        codes=("1605",),
        words=r"has been previously paid",
    ),
    Row(
        Refused,
        "Flow does not accept the e-mail (it checks the domain too): ask the payer for another.",
        "seen by several, H",
        codes=("1620",),
        words=r"\b(user)?e-?mail\b.*\bis not valid",
    ),
    Row(
        Refused,
        "The amount is below Flow's minimum, 350 CLP.",
        "Flow's sample of Invoice, H",
        codes=("1901",),
        words=r"the minimum amount is",
    ),
    Row(
        Refused,
        "Flow's pesos have no decimals: send a whole number.",
        "Flow's batch code 108, M",
        words=r"amount can ?not contain decimals",
    ),
    Row(
        Refused,
        "The account does not take this currency: it is another country's, or the price is wrong.",
        "seen once, M",
        codes=("1990",),
        words=r"commerce has not this currency",
    ),
    Row(
        Refused,
        "A name may hold letters, digits and blanks only.",
        "seen in sandbox, M",
        codes=("1001",),
    ),
    Row(
        Refused,
        "The customer was charged too often today (sandbox: about six times): try again tomorrow.",
        "seen in sandbox, M",
        words=r"exceeded the daily transaction quota",
    ),
    Row(
        NotFound,
        "Flow does not know it: a wrong id or token, or one of the other environment.",
        "seen by several, M",
        codes=("1700",),
        words=_MISSING,
    ),
)

_BY_CODE = {code: row for row in ROWS for code in row.codes}
VALIDATION_CODES = range(100, 10_000)
OUR_FAULT_OR_THEIRS = range(500, 600)  # copies of HTTP's 5xx: no validation, whatever the status
REFUSING = (400, 401)

NO_ROW_HINT = "Flow refused what was sent before doing anything: the message tells what it dislikes."
UNKNOWN_HINT = "It may or may not have happened: ask Flow before anything else is tried."
REDIRECT_HINT = "Flow's services do not redirect: check the API address (https, no slash at the end)."


def meaning(
    service: str, named: Collection[str], status: int, code: str, message: str, shown: str
) -> Exception:
    """The error for an answer that is no success to a call with the parameters ``named``.

    ``message`` is judged, ``shown`` is what of it may be displayed."""
    row = _row(named, status, code, message)
    told = f"Flow answered {service} with {f'code {code}' if code else f'HTTP {status}'}"
    told += f": {shown}" if shown else ""
    if row is None:
        return unknown(service, told, code=code, status=status)
    if issubclass(row.error, ConfigurationError):
        return row.error(told, hint=row.hint, fault=row.fault)
    return row.error(told, scope=row.scope, code=code, service=service, hint=row.hint, http_status=status)


def unknown(
    service: str, reason: str, *, code: str = "", status: int | None = None, sent: bool = True
) -> OutcomeUnknown:
    """Nobody knows; ``reason`` is shown. ``sent`` False: the connection was refused, the name did not
    resolve or connecting took too long, so the call provably did nothing."""
    hint = REDIRECT_HINT if status is not None and 300 <= status < 400 else UNKNOWN_HINT
    error = OutcomeUnknown(reason, code=code, service=service, hint=hint, http_status=status)
    error.sent = sent
    return error


def _row(named: Collection[str], status: int, code: str, message: str) -> Row | None:
    if status not in REFUSING:
        return None
    listed = _BY_CODE.get(code) or next((row for row in ROWS if row.fits(message, named)), None)
    return listed or (_VALIDATION if _is_validation(status, code, message) else None)


_VALIDATION = Row(Refused, NO_ROW_HINT, "Flow's reference: HTTP 400 is an error of what was sent, H")


def _is_validation(status: int, code: str, message: str) -> bool:
    """Whether an unlisted error is one of validation, which Flow does before anything else."""
    if status != 400 or not code.isdecimal() or "internal server error" in message.lower():
        return False
    return int(code) in VALIDATION_CODES and int(code) not in OUR_FAULT_OR_THEIRS
