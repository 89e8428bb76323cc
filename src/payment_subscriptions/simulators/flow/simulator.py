"""FlowSimulator: a Flow of your own, from Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from werkzeug.wrappers import Request, Response

from ..control import Route
from ..faults import Fault
from ..redaction import logger
from ..simulator import Simulator
from . import cards, index, pages, payer
from .account import Account
from .api import Api
from .control import routes
from .looking import Looking
from .options import Options
from .records import Enrolment, Order


class FlowSimulator(Looking, Simulator):
    """A real HTTP server that behaves as Flow does.

    ``with FlowSimulator(seed=1) as flow:`` serves at ``flow.url``, the API at ``flow.api_url``.
    ``now`` starts its clock at a wall time of the country; options are those of ``Options``.
    """

    log = logger("payment_subscriptions.simulators.flow")
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
        if request.path.startswith("/api/"):
            return self._api(request, request.path.removeprefix("/api/"))
        if self._is_control(request):
            return self._control(request)
        return pages.serve(self.account, request) or index.serve(self, request)

    @property
    def api_url(self) -> str:
        return self.url + "/api"

    @property
    def api_key(self) -> str:
        return self.options.api_key

    @property
    def secret_key(self) -> str:
        return self.options.secret_key

    # --- what payers do ---------------------------------------------------------------------

    def enrol_card(self, customer_id: str, number: str = cards.CHILE) -> None:
        """Give a customer a card without going through the page."""
        card = cards.card(number)
        if card is None:
            raise ValueError("not a test card")
        with self.account.lock:
            payer.give_card(self.account, customer_id, card)

    def accept_enrolment(self, token: str, number: str = cards.CHILE) -> None:
        with self.account.lock:
            payer.accept_enrolment(self.account, self._enrolment(token), number)

    def refuse_enrolment(self, token: str, *, cancelled: bool = False) -> None:
        result = "cancelled" if cancelled else "rejected"
        with self.account.lock:
            payer.refuse_enrolment(self.account, self._enrolment(token), result)

    def pay(self, token: str, medium: str = "webpay") -> None:
        """Pay an order or a payment link, by its token; the callback is delivered on return."""
        self._payer(lambda order: payer.pay(self.account, order, medium), token)

    def pay_coupon(self, token: str) -> None:
        self._payer(lambda order: payer.pay_coupon(self.account, order), token)

    def reject(self, token: str, code: int = -6) -> None:
        self._payer(lambda order: payer.reject(self.account, order, code=code), token)

    def annul(self, token: str) -> None:
        self._payer(lambda order: payer.annul(self.account, order), token)

    def pay_invoice(self, invoice_id: int, medium: str = "webpay") -> None:
        """Pay an invoice through its payment link."""
        link = self.account.invoice(invoice_id).link
        if link is None:
            raise payer.NotPossible("the invoice has no payment link")
        self.pay(link, medium)

    def decide_refund(self, token: str, *, accepted: bool) -> None:
        with self.account.lock:
            payer.decide_refund(self.account, token, accepted=accepted)
        self.settle()

    # --- what banks do ----------------------------------------------------------------------

    def decline_next(self, code: int = -6, times: int | None = 1, customer_id: str | None = None) -> Fault:
        """Refuse the next charges of a card: of everybody, or of one customer."""
        where = {"customerId": customer_id} if customer_id else None
        return self.faults.add("charge", "decline", times=times, where=where, code=code)

    def expire_card(self, customer_id: str) -> None:
        with self.account.lock:
            payer.expire_card(self.account, customer_id)

    # --- behind the merchant's back ---------------------------------------------------------

    def cancel_subscription(self, subscription_id: str, *, at_period_end: bool = False) -> None:
        with self.account.lock:
            payer.cancel_subscription(self.account, subscription_id, at_period_end=at_period_end)

    def void_invoice(self, invoice_id: int) -> None:
        with self.account.lock:
            payer.void_invoice(self.account, invoice_id)

    def delete_plan(self, plan_id: str) -> None:
        with self.account.lock:
            payer.delete_plan(self.account, plan_id)

    def decide_merchant(self, merchant_id: str, *, approved: bool) -> None:
        with self.account.lock:
            payer.decide_merchant(self.account, merchant_id, approved=approved)

    def _enrolment(self, token: str) -> Enrolment:
        enrolment = self.account.enrolments.get(token)
        if enrolment is None:
            raise LookupError("no such enrolment")
        return enrolment

    def _payer(self, act: Callable[[Order], None], token: str) -> None:
        with self.account.lock:
            act(self.account.order(token))
        self.settle()
