"""StripeSimulator: a Stripe of your own, from Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from werkzeug.wrappers import Request, Response

from ..control import Route
from ..faults import Fault
from ..redaction import logger
from ..simulator import Simulator
from . import cards, disputes, index, pages, payer, refunds
from .account import Account, Thing
from .api import Api
from .books import Books
from .control import routes
from .options import Options
from .services.customers import delete


class StripeSimulator(Simulator):
    """A real HTTP server that behaves as Stripe does.

    ``with StripeSimulator(seed=1) as stripe:`` serves at ``stripe.url``, which is what goes into
    ``base_addresses["api"]``. Options are those of ``Options``.
    """

    log = logger("payment_subscriptions.simulators.stripe")
    account: Account

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int | None = None,
        now: str | None = None,
        public_url: str | None = None,
        options: Options | None = None,
        **changes: object,
    ) -> None:
        self.options = replace(options or Options(), **changes)  # type: ignore[arg-type]
        super().__init__(
            Account(self.options, seed, now),
            host=host,
            port=port,
            seed=seed,
            public_url=public_url,
            remote=self.options.remote_control,
        )

    def _make_api(self) -> Api:
        return Api(self.account, self._stopped)

    def _routes(self) -> list[Route]:
        return routes(self)

    def _answer(self, request: Request) -> Response:
        if request.path.startswith("/v1/"):
            return self._api(request)
        if self._is_control(request):
            return self._control(request)
        return pages.serve(self.account, request) or index.serve(self, request)

    @property
    def api_url(self) -> str:
        return self.url

    @property
    def api_key(self) -> str:
        return self.options.api_key

    @property
    def books(self) -> Books:
        return self.account.books

    def table(self, name: str) -> list[Thing]:
        """All of "customers", "sessions", "subscriptions", "invoices", "charges" ..., oldest first."""
        return list(self.account.tables[name].values())

    def secrets_of(self, url: str) -> list[str]:
        """By which events to that address are signed."""
        found = [each["id"] for each in self.table("endpoints") if each["url"] == url]
        return [secret for key in found for secret in self.account.private[key]["secrets"]]

    # --- what payers do ---------------------------------------------------------------------

    def complete_session(self, session: str, number: str = cards.OK, *, authenticated: bool = False) -> str:
        """Enter a card on the page: "" where it went through, else the bank's word."""
        said: str = self._act(
            lambda: payer.pay_session(
                self.account, self.account.get("sessions", session), number, authenticated=authenticated
            )
        )
        return said

    def use_code(self, session: str, code: str) -> None:
        self._act(lambda: payer.use_code(self.account, self.account.get("sessions", session), code))

    def change_card(self, customer: str, number: str = cards.OK) -> None:
        """In the portal."""
        self._act(lambda: payer.change_card(self.account, self.account.get("customers", customer), number))

    def pay_invoice(self, invoice: str, number: str = "", *, authenticated: bool = False) -> str:
        """On the bill's own page."""
        found = self.account.get("invoices", invoice)
        said: str = self._act(
            lambda: payer.pay_invoice(self.account, found, number, authenticated=authenticated)
        )
        return said

    def fail_session_authentication(self, session: str) -> None:
        """The bank asked who they are (3-D Secure), and they could not say."""
        found = self.account.get("sessions", session)
        self._act(lambda: payer.refuse_session(self.account, found))

    def fail_invoice_authentication(self, invoice: str) -> None:
        found = self.account.get("invoices", invoice)
        self._act(lambda: payer.refuse_invoice(self.account, found))

    # --- what banks do ----------------------------------------------------------------------

    def decline_next(
        self, code: str = "generic_decline", times: int | None = 1, customer: str | None = None
    ) -> Fault:
        """Refuse the next charges: of everybody, or of one customer."""
        where = {"customer": customer} if customer else None
        return self.faults.add("charge", "decline", times=times, where=where, code=code)

    def open_dispute(self, charge: str) -> str:
        found = self.account.get("charges", charge)
        return str(self._act(lambda: disputes.open_one(self.account, found))["id"])

    def close_dispute(self, dispute: str, *, won: bool) -> None:
        found = self.account.get("disputes", dispute)
        self._act(lambda: disputes.close(self.account, found, won=won))

    def settle_refund(self, refund: str, *, succeeded: bool = True) -> None:
        found = self.account.get("refunds", refund)
        self._act(lambda: refunds.settle(self.account, found, succeeded=succeeded))

    # --- behind the merchant's back ---------------------------------------------------------

    def refund_charge(self, charge: str, amount: int | None = None) -> None:
        """Given back in the dashboard."""
        found = self.account.get("charges", charge)
        left = found["amount"] - found["amount_refunded"]
        self._act(lambda: refunds.refund(self.account, found, amount or left, {}, "succeeded"))

    def cancel_subscription(self, subscription: str, *, at_period_end: bool = False) -> None:
        found = self.account.get("subscriptions", subscription)
        self._act(lambda: payer.cancel_subscription(self.account, found, at_period_end=at_period_end))

    def delete_customer(self, customer: str) -> None:
        self._act(lambda: delete(self.account, customer, {}))

    def roll_secret(self, endpoint: str, hours: float = 24) -> str:
        """A new secret; the old one signs beside it for so long (0: no longer)."""
        self.account.get("endpoints", endpoint)
        secrets: list[str] = self.account.private[endpoint]["secrets"]
        old, new = list(secrets), self.account.ids.new("whsec_simulator", 24)
        secrets.append(new)

        def end() -> None:
            secrets[:] = [secret for secret in secrets if secret not in old]

        if hours:
            self.clock.at(self.clock.after(hours=hours), end)
        else:
            end()
        return new

    def _act(self, act: Callable[[], Any]) -> Any:
        with self.account.lock:
            done = act()
        self.settle()
        return done
