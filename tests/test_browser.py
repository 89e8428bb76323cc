"""The browser that other tests count on: it opens pages of the live server, in Spanish."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pytest_django.live_server_helper import LiveServer


@pytest.mark.django_db(transaction=True)
def test_a_page_opens_in_spanish(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/admin/")
    assert page.locator("html").get_attribute("lang") == "es"
    assert page.get_by_label("Contraseña").is_visible()
