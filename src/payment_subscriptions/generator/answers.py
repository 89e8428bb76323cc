"""What was answered, made into what the files are filled in with."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib.util import find_spec

from django.utils.text import slugify
from django.utils.translation import gettext as _

from ..exceptions import BadRequest
from ..money import format_money, make
from .exceptions import NotUnderstood
from .sentence import FREQUENCIES, MONTHLY, ONCE, YEARLY, Amount, read

PROVIDERS = {"flow": "Flow.cl", "stripe": "Stripe"}
AT_FLOW = ("CLP", "CLF")
# In the order in which they are asked; whether they are on where nobody says anything.
FEATURES = {
    "success-page": True,
    "mails": True,
    "portal": True,
    "admin": True,
    "postgres": True,
    "workers": False,
}
OTHER_WORDS = {
    "success": "success-page", "success page": "success-page", "pagina de exito": "success-page",
    "página de éxito": "success-page", "exito": "success-page", "éxito": "success-page", "emails": "mails",
    "e-mails": "mails", "email": "mails", "correos": "mails", "portal del pagador": "portal",
    "postgresql": "postgres", "trabajadores": "workers", "administrador": "admin", "webhook": "",
}  # fmt: skip
_INTERVALS = {MONTHLY: "MONTH", YEARLY: "YEAR", ONCE: "ONCE"}
_KEYS = {MONTHLY: "monthly", YEARLY: "yearly", ONCE: "once"}
_FOLDERS = frozenset({"templates", "static", "staticfiles", "deploy", "var", "manage", "tests"})


@dataclass(frozen=True)
class PriceAnswer:
    key: str
    amount: Decimal
    currency: str
    frequency: str

    @property
    def interval(self) -> str:
        """The member of ``Interval``."""
        return _INTERVALS[self.frequency]

    @property
    def is_monthly(self) -> bool:
        return self.frequency == MONTHLY

    @property
    def code(self) -> str:
        """The amount as Python has it: whole, or a text, for a float is no money."""
        whole = self.amount == self.amount.to_integral_value()
        return f"{int(self.amount):_}" if whole else f'"{self.amount:f}"'

    @property
    def said(self) -> str:
        return f"{format_money(make(self.amount, self.currency))} {_frequency_words()[self.frequency]}"


@dataclass(frozen=True)
class PlanAnswer:
    key: str
    name: str
    slot: str
    prices: tuple[PriceAnswer, ...]


@dataclass(frozen=True)
class Answers:
    providers: tuple[str, ...]
    plans: tuple[PlanAnswer, ...]
    features: frozenset[str]
    language: str
    prefix: str = "pagos/"

    def prices(self) -> list[PriceAnswer]:
        return [price for plan in self.plans for price in plan.prices]


def _frequency_words() -> dict[str, str]:
    return {MONTHLY: _("a month"), YEARLY: _("a year"), ONCE: _("once")}


def providers_in(text: str) -> tuple[str, ...]:
    """ "flow,stripe", "Flow.cl y Stripe", "both". Raises NotUnderstood."""
    words = [word for word in re.split(r"[\s,;+/&]+", text.lower()) if word not in ("", "y", "and", "e")]
    if words and all(word in ("both", "ambos", "ambas", "los", "dos", "todos") for word in words):
        return tuple(PROVIDERS)
    found = {word.removesuffix(".cl").removesuffix(".com") for word in words}
    if not found or found - set(PROVIDERS):
        raise NotUnderstood(
            _("“%(text)s” is no provider. Write flow, stripe, or flow,stripe for both.") % {"text": text}
        )
    return tuple(provider for provider in PROVIDERS if provider in found)


def frequencies_in(text: str) -> tuple[str, ...]:
    """ "monthly,yearly", "mensual y anual". Raises NotUnderstood."""
    found = read(f"1 {text.replace(',', ' ')}")[0].frequencies if text.strip() else ()
    if not found:
        raise NotUnderstood(
            _("“%(text)s” is no frequency. Write monthly, yearly, one-time, or several.") % {"text": text}
        )
    return found


def features_in(text: str) -> set[str]:
    """ "admin,portal", "página de éxito, correos". Raises NotUnderstood."""
    found = set()
    for word in filter(None, (part.strip().lower() for part in re.split(r"[,;]", text))):
        name = OTHER_WORDS.get(word, word.replace("_", "-").replace(" ", "-"))
        if name and name not in FEATURES:
            raise NotUnderstood(
                _("“%(text)s” is no feature. There are: %(known)s.")
                % {"text": word, "known": ", ".join(FEATURES)}
            )
        found |= {name} if name else set()
    return found


def chosen_features(only: str | None, more: Iterable[str], less: Iterable[str]) -> frozenset[str]:
    """``only`` names all that is wanted; without it the usual ones, with ``more`` and without ``less``."""
    features = {name for name, usual in FEATURES.items() if usual} if only is None else features_in(only)
    for text in more:
        features |= features_in(text)
    for text in less:
        features -= features_in(text)
    return frozenset(features)


def plans_in(
    text: str, currency: str, frequencies: Sequence[str], providers: Sequence[str], *, spanish: bool
) -> tuple[PlanAnswer, ...]:
    """``currency`` and ``frequencies`` are of what the text does not say them of ("" and (): CLP, where Flow
    sells, and monthly). Raises NotUnderstood."""
    usual = currency.upper() or ("CLP" if "flow" in providers else "USD")
    amounts = [
        Amount(
            each.value,
            each.currency or usual,
            each.frequencies or tuple(frequencies) or (MONTHLY,),
            each.name,
        )
        for each in read(text)
    ]
    if currency and any(each.currency != usual for each in amounts):
        raise NotUnderstood(
            _("The plans are in %(said)s, and the currency that was given is %(given)s.")
            % {"said": next(a.currency for a in amounts if a.currency != usual), "given": usual}
        )
    found = tuple(_plan(each, spanish) for each in amounts)
    _check_keys(found)
    for plan in found:
        for price in plan.prices:
            _check_price(price, providers)
    return found


def _plan(each: Amount, spanish: bool) -> PlanAnswer:
    number = f"{each.value:f}"
    key = slugify(each.name).replace("-", "_") or f"plan_{number.replace('.', '_')}"
    shown = f"{each.value:,f}"
    shown = shown.translate(str.maketrans(",.", ".,")) if spanish else shown
    beside = "" if each.currency == "CLP" else f"_{each.currency.lower()}"
    if not each.name and beside:
        key += beside
    prices = tuple(
        PriceAnswer(f"{key}_{_KEYS[frequency]}_v1", _amount(each, frequency), each.currency, frequency)
        for frequency in each.frequencies
    )
    is_once = each.frequencies == (ONCE,)
    name = each.name or f"Plan {shown}{'' if each.currency == 'CLP' else f' {each.currency}'}"
    return PlanAnswer(key, name, key if is_once else "default", prices)


def _amount(each: Amount, frequency: str) -> Decimal:
    """What was named is of a month where a plan is sold by the month too: a year is twelve of them."""
    by_month = MONTHLY in each.frequencies and frequency == YEARLY
    return each.value * 12 if by_month else each.value


def _check_keys(plans: Sequence[PlanAnswer]) -> None:
    keys = [plan.key for plan in plans]
    for key in keys:
        if keys.count(key) > 1:
            raise NotUnderstood(_("The plan %(key)s is named twice.") % {"key": key})


def _check_price(price: PriceAnswer, providers: Sequence[str]) -> None:
    try:
        make(price.amount, price.currency)
    except BadRequest as error:
        raise NotUnderstood(f"{price.amount:f} {price.currency}: {error}") from error
    if price.currency not in AT_FLOW and "stripe" not in providers:
        raise NotUnderstood(
            _("Flow charges pesos (CLP) and UF; for %(currency)s add stripe.") % {"currency": price.currency}
        )
    if price.currency == "CLF" and "flow" not in providers:
        raise NotUnderstood(_("Only Flow charges in UF; add flow, or give the amounts in pesos."))
    if price.currency == "CLF" and price.frequency == ONCE:
        raise NotUnderstood(_("What is paid once cannot be in UF; give the amount in pesos."))


def package_of(name: str) -> str:
    """The name of the project's package: "mi-tienda" is mi_tienda. Raises NotUnderstood for what Python or
    the project's own folders need."""
    package = re.sub(r"[-\s]+", "_", name.strip())
    if not package.isidentifier() or not package.isascii() or keyword.iskeyword(package) or len(package) > 40:
        raise NotUnderstood(
            _("“%(name)s” cannot name a project. Use letters, digits and _, beginning with a letter.")
            % {"name": name}
        )
    taken = package in sys.stdlib_module_names or package in _FOLDERS or _is_installed(package)
    if taken:
        raise NotUnderstood(
            _("“%(name)s” is the name of something that Python knows already. Choose another one.")
            % {"name": name}
        )
    return package


def _is_installed(package: str) -> bool:
    try:
        found = find_spec(package)
    except (ImportError, ValueError):
        return False
    return found is not None and found.origin is not None


__all__ = [
    "AT_FLOW", "FEATURES", "FREQUENCIES", "PROVIDERS", "Answers", "PlanAnswer", "PriceAnswer",
    "chosen_features", "features_in", "frequencies_in", "package_of", "plans_in", "providers_in",
]  # fmt: skip
