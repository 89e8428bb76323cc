"""``make demo-check``: go through the demo without a person, and say whether all is as it must be.

The site and the simulator run as they do for ``make demo``, on free ports and a database of their
own, with the clock at a fixed day. A browser without JavaScript presses what a person would press.
At the end every row here and every charge in the simulator's books is compared with what must be.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from . import demo, must_be
from .browser import Browser, Page, links_to
from .environment import Environment
from .must_be import Wrong
from .processes import Processes, Trouble, free_port

EMAIL = "rosa.pruebas@correo.cl"
PRICE = "brote_monthly_v1"
BEGINS = "2026-01-13 10:00:00"
ANOTHER_CARD = "5293138086430769"
SIGNATURE = re.compile(r"\b[0-9a-f]{64}\b", re.IGNORECASE)  # of a call, or of a token
PATIENCE = 20.0
MEANT_FOR_THE_DEMO = ("FLOW_", "DATABASE_URL", "PORT", "SECRET_KEY", "DEBUG", "DJANGO_")


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    began = time.monotonic()
    log = Environment().folder() / "demo-check.log"
    log.parent.mkdir(exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="demo-check-") as folder:
            check(Path(folder), log)
    except (Wrong, Trouble, LookupError) as trouble:
        print(f"flow  WRONG: {trouble}\n      what the processes wrote: {log}", file=sys.stderr)
        return 1
    print(f"flow  all as it must be ({time.monotonic() - began:.0f} s)")
    return 0


def check(folder: Path, log: Path) -> None:
    port = free_port()
    for name in [name for name in os.environ if name.startswith(MEANT_FOR_THE_DEMO)]:
        del os.environ[name]  # keys of a real account, perhaps
    os.environ |= {
        "ENV_FILE": os.devnull,
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{folder}/check.sqlite3",
    }
    with log.open("wb") as written, Processes() as processes:
        flow = processes.simulator(free_port(), written, "--now", BEGINS, "--seed", "1")
        os.environ["FLOW_API_URL"] = flow + "/api"
        demo.set_up()
        write_to(log)
        site = processes.web(port, written)
        walk = Walk(site)
        walk.all()
        must_be.compare("rows here", must_be.rows(), must_be.ROWS)
        must_be.compare("books at Flow", must_be.books(), must_be.BOOKS)
        say("compared", "every row here and every charge in Flow's books, none taken twice")
        secrets = walk.secrets()
        processes.check()
    search(log, secrets)


def write_to(log: Path) -> None:
    """This process writes to the same log as the others."""
    handler = logging.getLogger().handlers[0]
    if isinstance(handler, logging.StreamHandler):
        handler.setStream(log.open("a"))


def say(step: str, what: str) -> None:
    print(f"flow  {step:<11} {what}", flush=True)


# --- the walk --------------------------------------------------------------------------------


class Walk:
    """What a payer and a developer at the demo bar do, step by step."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.browser = Browser()
        self.seen: set[str] = set()

    def all(self) -> None:
        self.subscribe()
        self.renew()
        self.lose()
        self.fail()
        self.recover()
        self.cancel()
        self.end()

    def subscribe(self) -> None:
        self.browser.open(f"{self.site}/")
        plans = self.browser.open(f"{self.site}/pagos/")
        choice = next(links_to(plans, f"?price={PRICE}"), None)
        self.must(choice is not None, f"the plans page offers no {PRICE}")
        dialog = self.browser.open(str(choice))
        page = self.browser.send(dialog.form("/pagos/flow/create/"), email=EMAIL)
        self.enter_card(page)
        self.must_be("ready", payments=1)
        say("subscribed", f"{PRICE} with a card; the way back carried no cookie")

    def enter_card(self, page: Page, **fields: str) -> None:
        """From the hand-over page by Flow's page to the result page."""
        flow = self.browser.follow(page)
        self.seen |= {value for values in parse_qs(urlsplit(flow.url).query).values() for value in values}
        back = self.browser.send(flow.form("/app/customer/disclaimer.php"), "accion=aceptar", **fields)
        self.browser.send(back.form("/pagos/success/"))
        self.must(self.browser.came_back is not None, "the way back was not cross-site")
        self.must(not (self.browser.came_back or ("", True))[1], "the way back carried a cookie of ours")

    def renew(self) -> None:
        for month in (1, 2, 3):
            self.press("/demo/mover/", "span=month")
            self.must_be("ready", payments=1 + month)
            self.must(count("Notice") == month, f"{count('Notice')} notices after {month} months")
            say("renewed", f"month {month}, told by Flow's callback")

    def lose(self) -> None:
        self.press("/demo/perder/")
        self.press("/demo/mover/", "span=month")
        self.must_be("ready", payments=4)
        self.must(count("Notice") == 3, "the callback that was to be lost has come")
        self.press("/demo/barrer/")
        self.must_be("ready", payments=5)
        say("swept", "month 4, its callback lost, found by the sweep")

    def fail(self) -> None:
        self.press("/demo/rechazar/")
        self.press("/demo/mover/", "span=month")
        self.press("/demo/barrer/")
        page = self.must_be("owing", payments=6)
        self.must("$10.000" in page.text, "the page does not say what is owed")
        say("declined", "month 5 is owed, and the page says so")

    def recover(self) -> None:
        form = self.result().form("/tarjeta/")
        self.enter_card(self.browser.send(form), tarjeta=ANOTHER_CARD)
        page = self.must_be("ready", payments=6)
        self.must(ANOTHER_CARD[-4:] in page.text, "the page does not show the new card's last digits")
        say("recovered", "paid with a new card, through the pages")

    def cancel(self) -> None:
        link = next(links_to(self.result(), "/cancelar/"), "")
        self.must(bool(link), "the page has no way to cancel")
        self.browser.send(self.browser.open(link).form("/cancelar/"))
        self.must_be("ending", payments=6)
        say("cancelled", "works until the end of what is paid")

    def end(self) -> None:
        self.press("/demo/mover/", "span=month")
        self.press("/demo/barrer/")
        self.must_be("ended", payments=6)
        say("ended", "after the period, without another charge")

    def press(self, address: str, button: str = "") -> None:
        """A button of the demo bar, on the result page."""
        self.browser.send(self.result().form(address), button)

    def result(self) -> Page:
        """The result page as it is now."""
        page = self.browser.page
        if page is None or "/pagos/resultado/" not in page.url:
            raise Wrong(f"this is not the result page: {page.url if page else 'nothing'}")
        return self.browser.open(page.url)

    def must_be(self, state: str, *, payments: int) -> Page:
        """The result page in that state; one that says it will look again is given the time for it."""
        page, end = self.result(), time.monotonic() + PATIENCE
        while page.state != state and "Refresh" in page.headers and time.monotonic() < end:
            time.sleep(0.5)
            page = self.result()
        self.must(page.state == state, f"{page.url} shows {page.state or page.text[:200]!r}, not {state!r}")
        self.must(count("Payment") == payments, f"{count('Payment')} payments, not {payments}")
        return page

    def must(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise Wrong(otherwise)

    def secrets(self) -> dict[str, str]:
        """What no log may hold, and what each is."""
        from payment_subscriptions.models import Checkout

        from . import settings, simulator

        found = {
            settings.FLOW["API_KEY"]: "the API key",
            settings.FLOW["SECRET_KEY"]: "the secret key",
            EMAIL: "an e-mail",
            EMAIL.replace("@", "%40"): "an e-mail",
            ANOTHER_CARD: "a card number",
            "4051885600446623": "a card number",
        }
        found |= {order["token"]: "an order's token" for order in simulator.get("orders")}
        found |= {each["fields"]["token"]: "a callback's token" for each in simulator.get("deliveries")}
        found |= dict.fromkeys(self.browser.cookies(), "a cookie")
        found |= dict.fromkeys(self.seen, "what the address of Flow's page holds")
        ids = Checkout.objects.values_list("public_id", flat=True)
        return found | {str(public_id): "the key to a result page" for public_id in ids}


def count(model: str) -> int:
    from django.apps import apps

    return int(apps.get_model("payment_subscriptions", model)._default_manager.count())


def search(log: Path, secrets: dict[str, str]) -> None:
    """Raises Wrong where the processes wrote something secret."""
    text = log.read_text(errors="replace")
    told = sorted({what for secret, what in secrets.items() if secret and secret in text})
    if SIGNATURE.search(text):
        told.append("a signature")
    if told:
        raise Wrong(f"the log holds {', '.join(told)}")
    say(
        "log",
        f"{len(text.splitlines())} lines, no key, signature, token, card number, e-mail or cookie in them",
    )


if __name__ == "__main__":
    sys.exit(main())
