from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.test import TransactionTestCase
from django.test.testcases import LiveServerThread
from django.utils import translation

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Django's test server lets ten callers wait; fifty notices come at once.
LiveServerThread.server_class.request_queue_size = 128

CHROMIUM = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
NO_CHROMIUM = (
    "no Chromium found; on Debian: apt-get install chromium, elsewhere Chrome or Chromium on the PATH"
)
CHROMIUM_FLAGS = [
    "--no-sandbox",  # as root it starts in no other way; it sees our own pages only
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--turn", metavar="N/M", help="of the tests that are chosen, those whose turn it is: 1/4, 2/4 ..."
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    add_markers(items)
    leave_samples(items)
    yield  # those that were not asked for are left out
    if turn := config.getoption("--turn"):
        keep_turn(config, items, *map(int, turn.split("/")))


def keep_turn(config: pytest.Config, items: list[pytest.Item], number: int, of: int) -> None:
    """Each of so many, dealt out one by one, so that no turn has all of one kind."""
    config.hook.pytest_deselected(items=[item for i, item in enumerate(items) if i % of != number % of])
    items[:] = items[number % of :: of]


def add_markers(items: list[pytest.Item]) -> None:
    on_postgres = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & {"browser", "page"}:
            item.add_marker("browser")
        if uses_the_database(item, fixtures):
            item.add_marker("database")
            if "tests/core/" in item.nodeid:
                item.add_marker("core")
        if item.get_closest_marker("postgres") and not on_postgres:
            item.add_marker(
                pytest.mark.skip(reason="needs PostgreSQL: runs in the second half of `make test`")
            )


def leave_samples(items: list[pytest.Item]) -> None:
    """Of a test with many cases some are enough in the quick run."""
    cases: defaultdict[tuple[str, int], list[pytest.Item]] = defaultdict(list)
    for item in items:
        if (mark := item.get_closest_marker("sampled")) and not item.get_closest_marker("slow"):
            cases[item.nodeid.partition("[")[0], mark.args[0]].append(item)
    for (_test, number), each in cases.items():
        most = min(number, len(each))
        kept = {i * len(each) // most for i in range(most)}
        for i, item in enumerate(each):
            if i not in kept:
                item.add_marker("slow")


def uses_the_database(item: pytest.Item, fixtures: set[str]) -> bool:
    if item.get_closest_marker("django_db") or fixtures & {"db", "transactional_db", "live_server"}:
        return True
    return issubclass(getattr(item, "cls", None) or object, TransactionTestCase)


@pytest.fixture(autouse=True)
def own_language() -> None:
    """The request of an earlier test leaves its language in force in this thread; a server begins anew."""
    translation.deactivate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, or a skip that says how to get one (a failure where REQUIRE_BROWSER is set).

    Not for the whole session: while it is open, asyncio has a running loop in this thread.
    """
    if CHROMIUM is None:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(f"REQUIRE_BROWSER is set, but {NO_CHROMIUM}")
        pytest.skip(NO_CHROMIUM)
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # That loop makes Django think that the test is asynchronous; it is not.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page as a payer in Chile has it: no cookies, Spanish, Santiago."""
    context = browser.new_context(locale="es-CL", timezone_id="America/Santiago")
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()
