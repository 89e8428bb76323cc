"""A Django test case in which the project sells through simulators, over real HTTP."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.testing import StaticLiveServerTestCase
from django.core.servers.basehttp import WSGIServer
from django.test import override_settings
from django.test.testcases import LiveServerThread, QuietWSGIRequestHandler
from django.urls import reverse

from ..demo import stage
from ..demo.simulated import KINDS, Addresses, kinds_in, simulated
from ..gateways import gateways
from ..models import Subscription
from ..plans import Price, catalogue
from ..simulators.flow import FlowSimulator
from ..simulators.stripe import StripeSimulator
from ..sweep import sweep
from .browser import Browser, Page

# Without TLS, and without files that were collected: the site is one of the test's.
PLAIN: dict[str, Any] = {
    "SECURE_SSL_REDIRECT": False,
    "SESSION_COOKIE_SECURE": False,
    "CSRF_COOKIE_SECURE": False,
}


@contextmanager
def _less_said() -> Iterator[None]:
    """Each call and its answer is for a server's log."""
    logger = logging.getLogger("payment_subscriptions")
    before = logger.level
    logger.setLevel(logging.WARNING)
    yield
    logger.setLevel(before)


class _OneAtATime(LiveServerThread):
    """SQLite's database in memory is one connection, which two requests cannot share."""

    def _create_server(self, connections_override: Any = None) -> WSGIServer:
        return WSGIServer((self.host, self.port), QuietWSGIRequestHandler, allow_reuse_address=False)


class SimulatedTestCase(StaticLiveServerTestCase):
    """The project's own settings and plans, its gateways at simulators that begin empty for each test.

    ``self.flow`` and ``self.stripe`` are the simulators that it needs, ``self.browser`` is a payer's.
    The database holds what the pages, the notices and the sweep have written; nothing is replaced.
    """

    server_thread_class = _OneAtATime
    host = "localhost"  # another site than the simulators' 127.0.0.1
    flow: ClassVar[FlowSimulator]
    stripe: ClassVar[StripeSimulator]
    _stack: ClassVar[ExitStack]
    _kinds: ClassVar[list[str]]

    @classmethod
    def setUpClass(cls) -> None:
        cls.enterClassContext(override_settings(**PLAIN))  # before the site's middleware reads it
        cls.enterClassContext(_less_said())
        cls.enterClassContext(warnings.catch_warnings())
        warnings.filterwarnings("ignore", "No directory at")  # WhiteNoise's, of files that were not collected
        super().setUpClass()
        cls._stack = ExitStack()
        cls.addClassCleanup(cls._stack.close)
        cls._kinds = kinds_in(settings.PAYMENT_SUBSCRIPTIONS)
        if "flow" in cls._kinds:
            cls.flow = cls._stack.enter_context(FlowSimulator(seed=1))
        if "stripe" in cls._kinds:
            cls.stripe = cls._stack.enter_context(StripeSimulator(seed=1))
            # At Stripe itself a renewal's bill is a draft for an hour.
            cls.stripe.options.finalize_seconds = 0

    def setUp(self) -> None:
        super().setUp()
        for each in self._simulators():
            each.reset(seed=1)
        urls = {kind: getattr(self, kind).url for kind in self._kinds}
        plain = override_settings(
            SIMULATOR_URL=urls.get("flow", ""),
            STRIPE_SIMULATOR_URL=urls.get("stripe", ""),
            PAYMENT_SUBSCRIPTIONS=simulated(
                settings.PAYMENT_SUBSCRIPTIONS, Addresses(**urls), self.live_server_url
            ),
            ALLOWED_HOSTS=["localhost", "testserver"],
            CSRF_TRUSTED_ORIGINS=[self.live_server_url],
        )
        plain.enable()
        self.addCleanup(gateways.forget)
        self.addCleanup(plain.disable)
        gateways.forget()
        self._open_shop()
        self.browser = Browser()

    def _simulators(self) -> list[Any]:
        return [getattr(self, kind) for kind in self._kinds]

    def _open_shop(self) -> None:
        """As ``payments_plans push`` and ``payments_webhook push`` do."""
        payments = settings.PAYMENT_SUBSCRIPTIONS
        stage.push_plans()
        for alias, gateway in payments["GATEWAYS"].items():
            if KINDS[gateway["BACKEND"]] == "stripe":
                gateway["WEBHOOK_SECRETS"] = [stage.make_endpoint(alias)]
        gateways.forget()

    # --- what a payer does --------------------------------------------------------------------

    def subscribe(self, price: str, email: str = "ana@correo.cl", provider: str = "") -> Page:
        """Choose a price by its key, pay at the provider (the first that takes it, unless told), come back;
        the page that the payer then sees: its ``state`` is "ready" where all went well."""
        there = self.choose(price, email, provider)
        back = (
            self._paid_at_flow(there) if "/app/" in urlsplit(there.url).path else self._paid_at_stripe(there)
        )
        self.settle()
        return self.browser.open(back.url)

    def choose(self, price: str, email: str = "ana@correo.cl", provider: str = "") -> Page:
        """From the plans to the provider's page."""
        found = catalogue().price(price)
        alias = provider or gateways.taking(found)[0]
        plans = self.live_server_url + reverse("payments:plans")
        dialog = self.browser.open(f"{plans}?price={price}&provider={alias}&currency={_way(found)}")
        form = dialog.form(reverse("payments:create", kwargs={"provider": alias}))
        return self.browser.follow(self.browser.send(form, email=email))

    def _paid_at_flow(self, there: Page) -> Page:
        """By the card that the simulator fills in; a one-time price by any means."""
        card = "/app/customer/disclaimer.php"
        if any(urlsplit(form.action).path.endswith(card) for form in there.forms):
            back = self.browser.send(there.form(card), "accion=aceptar")
        else:
            back = self.browser.send(there.form("/app/web/pay.php"), "accion=pagar")
        return self.browser.send(back.form(reverse("payments:success")))

    def _paid_at_stripe(self, there: Page) -> Page:
        form = next(form for form in there.forms if ("action", "pay") in form.buttons)
        return self.browser.send(form, "action=pay")

    # --- what happens meanwhile ---------------------------------------------------------------

    def settle(self) -> None:
        """Wait until the notices that are due have come."""
        for each in self._simulators():
            each.settle()

    def a_month_later(self, months: int = 1) -> None:
        """Time passes at the providers and here: what fell due was charged, its notices came, we swept."""
        from ..demo import simulator

        simulator.move(months=months)
        self.settle()
        sweep()

    def subscription(self) -> Subscription:
        """The newest one, as the database has it now."""
        return Subscription.objects.order_by("-pk")[:1].get()


def _way(price: Price) -> str:
    return "CLP" if price.currency == "CLF" else price.currency
