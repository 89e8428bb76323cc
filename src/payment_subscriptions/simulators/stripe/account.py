"""An account at Stripe: all that exists there, as the objects that its API answers with, behind one lock."""

from __future__ import annotations

import copy
import threading
from datetime import UTC, datetime
from typing import Any

from ..calls import Call
from ..clock import Clock
from ..delivery import PostOffice
from ..faults import FaultScript
from .books import Books
from .errors import missing
from .faults import KINDS
from .idempotency import Keys
from .ids import Ids
from .options import Options
from .signing import SEALS

Thing = dict[str, Any]

# Which table an id is in, by its prefix.
TABLES = {
    "cus": "customers",
    "prod": "products",
    "price": "prices",
    "promo": "promotion_codes",
    "cs": "sessions",
    "sub": "subscriptions",
    "in": "invoices",
    "inpay": "invoice_payments",
    "pi": "intents",
    "ch": "charges",
    "pm": "methods",
    "re": "refunds",
    "du": "disputes",
    "bpc": "configurations",
    "we": "endpoints",
    "evt": "events",
    "di": "discounts",
}
KINDS_OF = {
    "customers": "customer",
    "products": "product",
    "prices": "price",
    "coupons": "coupon",
    "promotion_codes": "promotion code",
    "sessions": "checkout.session",
    "subscriptions": "subscription",
    "invoices": "invoice",
    "invoice_payments": "invoice_payment",
    "intents": "payment_intent",
    "charges": "charge",
    "methods": "PaymentMethod",
    "refunds": "refund",
    "disputes": "dispute",
    "configurations": "configuration",
    "endpoints": "webhook endpoint",
    "events": "event",
    "discounts": "discount",
    "portals": "portal session",
}


class Account:
    def __init__(self, options: Options, seed: int | None, now: str | None) -> None:
        self.options = options
        self.base_url = ""
        self.lock = threading.RLock()
        self.faults = FaultScript(KINDS)
        self.clock = Clock(options.zone, self.lock, self._send_letters)
        self.post = PostOffice(self.clock, self.faults, options, lambda delivery: None, seals=SEALS)
        self.reset(seed, now)

    def reset(self, seed: int | None, now: str | None = None) -> None:
        """As on the first day. Options and address stay."""
        with self.lock:
            self.clock.set(now)
            self.ids = Ids(seed)
            self.faults.reset(seed)
            self.post.log.clear()
            self.books = Books()
            self.calls: list[Call] = []
            self.keys = Keys()
            self.tables: dict[str, dict[str, Thing]] = {name: {} for name in KINDS_OF}
            self.told: dict[str, Thing] = {}  # by id, what its last event told
            # What no answer shows: card numbers, secrets, the parts of a page that is being paid.
            self.private: dict[str, Thing] = {}

    def __getattr__(self, name: str) -> dict[str, Thing]:
        """``account.customers``: a table, by id."""
        tables = self.__dict__.get("tables", {})
        if name in tables:
            found: dict[str, Thing] = tables[name]
            return found
        raise AttributeError(name)

    def now(self) -> int:
        return int(self.clock.now().timestamp())

    def at(self, seconds: int) -> datetime:
        return datetime.fromtimestamp(seconds, UTC)

    # --- making and finding -------------------------------------------------------------------

    def add(self, table: str, thing: Thing) -> Thing:
        self.tables[table][thing["id"]] = thing
        return thing

    def get(self, table: str, key: str, *, param: str = "id", status: int = 404) -> Thing:
        """Raises ApiError: 404, or 400 where a parameter of another thing names it."""
        found = self.tables[table].get(key)
        if found is None:
            raise missing(KINDS_OF[table], key, param, status)
        return found

    def find(self, key: str) -> Thing | None:
        """A thing by its id alone: what can be expanded."""
        table = TABLES.get(key.partition("_")[0])
        found = self.tables[table].get(key) if table else None
        return found or self.tables["coupons"].get(key) or self.tables["products"].get(key)

    def base(self, prefix: str, kind: str) -> Thing:
        return {"id": self.ids.new(prefix), "object": kind, "created": self.now(), "livemode": False}

    def shown(self, thing: Thing) -> Thing:
        """As it is now: nothing that the simulator still changes. Of what is deleted, that it is."""
        if thing.get("deleted"):
            return {name: thing[name] for name in ("id", "object", "deleted")}
        return copy.deepcopy(thing)

    def _send_letters(self) -> None:
        """Also those that another thread has begun to send: whoever moves the clock sees them answered."""
        self.post.flush()
        self.post.wait_idle(self.options.callback_deadline + 5)
