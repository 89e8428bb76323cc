"""A browser without JavaScript: pages, forms, cookies as a browser sends them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

MOST_HOPS = 10
# Of these a form carries only what is chosen.
TICKED = ("checkbox", "radio")


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Page:
    url: str
    status: int
    headers: requests.structures.CaseInsensitiveDict[str]
    forms: list[Form]
    links: list[str]
    state: str
    text: str

    def form(self, address: str) -> Form:
        """The one form whose address ends so. Raises LookupError."""
        found = [form for form in self.forms if urlsplit(form.action).path.endswith(address)]
        if not found:
            have = ", ".join(form.action for form in self.forms) or "none"
            raise LookupError(f"{self.url} ({self.status}) has no form to {address}; it has: {have}")
        return found[0]


def form_with(page: Page, button: str) -> Form:
    """The form that has that "name=value" to press. Raises LookupError."""
    wanted = tuple(button.split("=", 1))
    found = [form for form in page.forms if wanted in form.buttons]
    if not found:
        raise LookupError(f"{page.url} ({page.status}) has no button {button}: {page.text[:300]}")
    return found[0]


class Browser:
    """Cookies are sent as ``SameSite=Lax`` says: not with a POST that another site has caused."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Accept"] = "text/html,*/*;q=0.8"
        self._session.headers["Accept-Language"] = "es-CL,es;q=0.9"
        self.page: Page | None = None
        # Of the last POST that came from another site: its address, and whether it carried cookies.
        self.came_back: tuple[str, bool] | None = None

    def open(self, url: str) -> Page:
        return self._show("GET", url, None)

    def follow(self, page: Page) -> Page:
        """Where the page's Refresh header leads."""
        _, found, url = page.headers.get("Refresh", "").partition("url=")
        if not found:
            raise LookupError(f"{page.url} ({page.status}) leads nowhere by itself")
        return self.open(urljoin(page.url, url))

    def send(self, form: Form, button: str = "", **fields: str) -> Page:
        """Fill in and send; ``button`` is "name=value" of the one that is pressed."""
        values = form.fields | fields
        if button:
            name, _, value = button.partition("=")
            if (name, value) not in form.buttons:
                raise LookupError(f"the form to {form.action} has no button {button}")
            values[name] = value
        return self._show(form.method, form.action, values)

    def cookies(self) -> list[str]:
        return [cookie.value or "" for cookie in self._session.cookies]

    def _show(self, method: str, url: str, values: dict[str, str] | None) -> Page:
        for _hop in range(MOST_HOPS):
            answer = self._send(method, url, values)
            if answer.status_code not in (301, 302, 303, 307, 308):
                break
            if answer.status_code < 307:
                method, values = "GET", None
            url = urljoin(url, answer.headers["Location"])
        self.page = _read(answer)
        return self.page

    def _send(self, method: str, url: str, values: dict[str, str] | None) -> requests.Response:
        here = self.page.url if self.page else url
        headers = {"Origin": _site(here)} if method == "POST" else {}
        if method == "POST" and _site(here) != _site(url):
            with requests.Session() as stranger:
                stranger.trust_env = False
                request = stranger.prepare_request(
                    requests.Request(method, url, data=values, headers=headers)
                )
                self.came_back = (url, "Cookie" in request.headers)
                return stranger.send(request, timeout=30, allow_redirects=False)
        return self._session.request(
            method, url, data=values, headers=headers, timeout=30, allow_redirects=False
        )


def _site(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _read(answer: requests.Response) -> Page:
    reader = _Reader(answer.url)
    reader.feed(answer.text)
    text = " ".join(" ".join(reader.text).split())
    return Page(
        answer.url, answer.status_code, answer.headers, reader.forms, reader.links, reader.state, text
    )


class _Reader(HTMLParser):
    """Forms with their fields and buttons, links, ``data-state``, and the text of the main part."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._form: Form | None = None
        self._inert = 0
        self._aside = 0
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.text: list[str] = []
        self.state = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self.state = given.get("data-state", self.state)
        self._inert += tag in ("template", "style", "script")
        self._aside += tag == "aside"
        if self._inert:
            return
        if tag == "form":
            action = urljoin(self._url, given.get("action", "") or self._url)
            self._form = Form(action, given.get("method", "get").upper())
            self.forms.append(self._form)
        elif tag == "a" and "href" in given:
            self.links.append(urljoin(self._url, given["href"]))
        elif self._form is not None:
            self._field(self._form, tag, given)

    def handle_endtag(self, tag: str) -> None:
        self._inert -= tag in ("template", "style", "script")
        self._aside -= tag == "aside"
        if tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        if not self._inert and not self._aside:
            self.text.append(data)

    @staticmethod
    def _field(form: Form, tag: str, given: dict[str, str]) -> None:
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "button":
            form.buttons.append((name, value))
        elif tag == "input" and name and (given.get("type") not in TICKED or "checked" in given):
            form.fields[name] = value


def links_to(page: Page, ending: str) -> Iterator[str]:
    return (link for link in page.links if link.partition("#")[0].endswith(ending))
