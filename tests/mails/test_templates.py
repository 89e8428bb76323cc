"""How mails look to whoever reads them, in both languages; and a project's own."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from payment_subscriptions.exceptions import ConfigurationError
from payment_subscriptions.mails import KINDS
from payment_subscriptions.mails.kinds import LINK
from payment_subscriptions.mails.rendering import Rendered
from payment_subscriptions.mails.samples import CASES, samples
from payment_subscriptions.models import Customer, Event, Subscription
from tests.foreign import ForeignProvider, subscribe
from tests.shop import Shop

from .conftest import MAILS
from .postbox import box, html_of

HEAVIEST = 20_000
LANGUAGES = ("es", "en")
TEMPLATES = Path(__file__).resolve().parents[2] / "src/payment_subscriptions/templates"
FOLDER = TEMPLATES / "payment_subscriptions/mails"


@pytest.fixture
def mails(shop: Shop) -> dict[str, dict[str, Rendered]]:
    """By language and name."""
    shop.configure(STRATEGIES=("card", "link"))
    return {language: dict(samples(language)) for language in LANGUAGES}


class Reader(HTMLParser):
    """What an HTML mail shows, where it leads, and what it is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.loads: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.open.append(tag)
        found = dict(attributes)
        if tag == "a":
            self.links.append(found.get("href") or "")
        self.loads += [value or "" for name, value in attributes if name in ("src", "background", "srcset")]

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not {"style", "title"} & set(self.open):
            self.words.append(" ".join(data.split()))


def test_every_template_has_a_sample_and_every_kind_too(mails: Any) -> None:
    shown = {title.partition(",")[0] for title in mails["es"]}
    assert shown == {template for kind in KINDS.values() for template in kind.templates} | {LINK}
    there = {path.name.partition(".")[0] for path in FOLDER.iterdir()} - {"base"}
    assert there == shown
    assert {case.kind for case in CASES} | {"dunning"} == {*KINDS, LINK}
    assert set(mails["es"]) == set(mails["en"])
    assert len(mails["es"]) == len(CASES) + 6


def test_samples_leave_nothing_behind(mails: Any) -> None:
    assert not Customer.objects.exists()
    assert not Subscription.objects.exists()
    assert not Event.objects.exists()
    assert mail.outbox == []


def test_without_a_price_there_are_no_samples(shop: Shop) -> None:
    with pytest.raises(ConfigurationError):
        next(samples(alias="nobody"))


def test_no_text_is_left_in_the_other_language(mails: Any) -> None:
    for title, spanish in mails["es"].items():
        english = mails["en"][title]
        ours = {*spanish.text.splitlines(), *Reader(spanish.html).words, spanish.subject}
        theirs = {*english.text.splitlines(), *Reader(english.html).words, english.subject}
        same = {line for line in ours & theirs if re.search(r"[a-zñ]{3}", re.sub(r"\S+[@:/]\S+", "", line))}
        assert same - {"Plan: Pro", "Pro", "Plan", "localhost", "Visa •••• 4242"} == set(), title


@pytest.mark.parametrize("language", LANGUAGES)
def test_subject_says_the_amount_and_a_date(mails: Any, language: str) -> None:
    day = r"\d{1,2} de \w+ de 20\d\d" if language == "es" else r"[A-Z]\w+ \d{1,2}, 20\d\d"
    amount = r"\$10\.000" if language == "es" else "CLP 10,000"
    for title, rendered in mails[language].items():
        if title == LINK:  # of no money, and asked for a moment ago
            continue
        assert re.search(day, rendered.subject), (title, rendered.subject)
        assert re.search(amount, rendered.subject), (title, rendered.subject)
        assert "\n" not in rendered.subject
        assert len(rendered.subject) < 130


@pytest.mark.parametrize("language", LANGUAGES)
def test_html_is_light_simple_and_loads_nothing(mails: Any, language: str) -> None:
    for title, rendered in mails[language].items():
        assert len(rendered.html.encode()) < HEAVIEST, title
        reader = Reader(rendered.html)
        assert reader.loads == [], title
        assert not reader.tags & {"img", "script", "link", "iframe", "form", "svg", "video", "object"}
        assert "url(" not in rendered.html
        assert "@import" not in rendered.html
        assert f'<html lang="{language}">' in rendered.html
        assert 'name="color-scheme" content="light dark"' in rendered.html
        assert "prefers-color-scheme: dark" in rendered.html


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_action_and_how_to_get_help(mails: Any, language: str) -> None:
    for title, rendered in mails[language].items():
        links = [link for link in Reader(rendered.html).links if not link.endswith("//localhost/")]
        action = [link for link in links if "/pagos/" in link]
        assert len(action) == 1, title
        assert action[0].startswith("http")
        assert "mailto:ayuda@bosque.cl" in links
        assert rendered.text.count("/pagos/") == 1
        assert action[0] in rendered.text
        assert "ayuda@bosque.cl" in rendered.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_reads_as_the_html_does(mails: Any, language: str) -> None:
    for title, rendered in mails[language].items():
        plain = " ".join(rendered.text.split())
        for words in Reader(rendered.html).words:
            if len(words) > 25 and "//" not in words:
                assert words in plain, (title, words)
        assert "&amp;" not in rendered.text
        assert "{" not in rendered.text
        assert "\n\n\n" not in rendered.text


def test_never_more_of_a_card_than_its_last_four(mails: Any) -> None:
    """No more digits in a row, or in groups, than the last four, a year or an amount have."""
    for rendered in [*mails["es"].values(), *mails["en"].values()]:
        shown = " ".join(Reader(rendered.html).words) + rendered.text
        told = re.sub(r"https?://\S+", "", shown)
        assert not re.search(r"\d([ •*]*\d){4,}", told), rendered.subject
    assert "Visa •••• 4242" in mails["es"]["receipt"].text


# --- a project's own -------------------------------------------------------------------------------------


@pytest.fixture
def own_templates(settings: Any, tmp_path: Path) -> Path:
    """A folder of the project, before the app's."""
    (options,) = settings.TEMPLATES
    settings.TEMPLATES = [{**options, "DIRS": [tmp_path]}]
    folder = tmp_path / "payment_subscriptions/mails"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def mailing(foreign: ForeignProvider, settings: Any) -> ForeignProvider:
    settings.PAYMENT_SUBSCRIPTIONS.update(MAILS, BASE_URL="https://tienda.cl")
    return foreign


def test_a_base_of_the_projects_own_dresses_them_all(mailing: ForeignProvider, own_templates: Path) -> None:
    """Extending ours by its own name: a colour and a brand, the rest stays."""
    (own_templates / "base.html").write_text(
        '{% extends "payment_subscriptions/mails/base.html" %}'
        "{% block accent %}#0b6b3a{% endblock %}{% block brand %}<b>El Bosque</b>{% endblock %}"
    )
    subscribe()
    assert len(box()) == 2
    for message in box():
        assert "background:#0b6b3a" in html_of(message)
        assert "<b>El Bosque</b>" in html_of(message)
        assert "Ver mi" in html_of(message)


def test_one_mail_of_the_projects_own(mailing: ForeignProvider, own_templates: Path) -> None:
    (own_templates / "receipt.subject.txt").write_text("Gracias por {{ amount }}\n& {{ plan }}\n")
    (own_templates / "receipt.txt").write_text("{{ plan }} & {{ amount }}: {{ action_url }}")
    subscribe()
    receipt = next(message for message in box() if "Gracias" in str(message.subject))
    assert receipt.subject == "Gracias por US$12,50 & Team"
    assert str(receipt.body).startswith("Team & US$12,50: https://tienda.cl/pagos/")
    assert "Comprobante" not in str(receipt.subject)
    assert "Este es el comprobante" in html_of(receipt), "the part that was not written is ours"


def test_a_rung_of_the_projects_own(shop: Shop, own_templates: Path, settings: Any) -> None:
    for end in ("subject.txt", "txt", "html"):
        (own_templates / f"friendly.{end}").write_text("Hola, quedan {{ amount }} desde el {{ date }}")
    settings.PAYMENT_SUBSCRIPTIONS["DUNNING"] = [(2, "friendly")]
    rendered = dict(samples("es"))["friendly"]
    assert rendered.subject.startswith("Hola, quedan $10.000 desde el ")
    assert rendered.text.strip() == rendered.html


def test_an_unknown_language_is_spanish_and_none_too(mailing: ForeignProvider) -> None:
    for language in ("", "tlh", "xx-yy"):
        (subject, *_rest) = (rendered.subject for _title, rendered in samples(language))
        assert "tu suscripción está activa" in subject


@pytest.mark.parametrize(("written", "read"), [("", "tienda.cl"), ("Bosque & Cía.", "Bosque & Cía.")])
def test_it_comes_from_the_site_by_its_name(
    mailing: ForeignProvider, settings: Any, written: str, read: str
) -> None:
    settings.PAYMENT_SUBSCRIPTIONS["SITE_NAME"] = written
    rendered = dict(samples("es"))
    assert all(f"una suscripción en {read}" in each.text for each in rendered.values())
    assert read in rendered["portal_link"].subject


def test_the_day_is_the_sites_own(shop: Shop) -> None:
    """By a clock in Santiago, whatever the process thinks."""
    with timezone.override("Asia/Tokyo"):
        row = shop.subscribe()
        shop.move(hours=13)  # 23:00 in Santiago, the next day elsewhere
        row.refresh_from_db()
        row.cancel(at_period_end=False)
    assert "13 de enero de 2026" in str(box()[-1].subject)
