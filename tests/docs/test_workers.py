"""What the page of workers has to be copied works: settings, units, compose file, commands."""

from __future__ import annotations

import re
import shlex
from configparser import ConfigParser
from typing import Any

import pytest
import yaml
from django.core.management import load_command_class

from payment_subscriptions import conf

from .test_reference import DOCS, names

PAGE = (DOCS / "workers.md").read_text()
APPS = {"payments_sweep": "payment_subscriptions", "migrate": "django.core"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def units() -> dict[str, ConfigParser]:
    """By their names, in the order of the page."""
    named = re.findall(r"`(shop-[\w@]+\.(?:service|timer))`", PAGE)
    found = {}
    for name, text in zip(dict.fromkeys(named), blocks("ini"), strict=True):
        found[name] = ConfigParser(interpolation=None)
        found[name].optionxform = str  # type: ignore[assignment]
        found[name].read_string(text)
    return found


def compose() -> dict[str, Any]:
    (text,) = blocks("yaml")
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def commands() -> list[list[str]]:
    """Each call of manage.py on the page, as words."""
    calls = re.findall(r"manage\.py ((?:[a-z][\w.-]*)(?: --?[\w-]+(?: [\w.]+)?)*)", PAGE)
    return [shlex.split(call) for call in dict.fromkeys(calls)]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_each_command_exists_and_takes_what_it_is_given(command: list[str], settings: Any) -> None:
    name, *arguments = command
    if name == "check":
        return
    pytest.importorskip("django_tasks_db")
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "django_tasks_db"]
    settings.TASKS = settings_of_the_page()["TASKS"]
    parser = load_command_class(APPS.get(name, "django_tasks_db"), name).create_parser("manage.py", name)
    parser.parse_args(arguments)


def settings_of_the_page() -> dict[str, Any]:
    made: dict[str, Any] = {"INSTALLED_APPS": [], "PAYMENT_SUBSCRIPTIONS": {}}
    exec(blocks("python")[0], made)
    return made


def test_its_settings_are_those_that_the_app_has() -> None:
    made = settings_of_the_page()
    assert made["PAYMENT_SUBSCRIPTIONS"]["TASKS_BACKEND"] in made["TASKS"]
    assert set(made["PAYMENT_SUBSCRIPTIONS"]) <= set(conf.DEFAULTS)
    assert set(names("workers.md", "PostgreSQL as the queue")) <= set(conf.DEFAULTS)
    assert set(re.findall(r"`([A-Z][A-Z_]+)`", PAGE)) - {"TASKS"} <= set(conf.DEFAULTS)


def test_each_timer_starts_a_unit_of_the_page_and_what_is_enabled_is_there() -> None:
    found = units()
    for name, unit in found.items():
        if name.endswith(".timer"):
            assert unit["Timer"]["Unit"] in found
        else:
            assert unit["Service"]["ExecStart"].startswith("/srv/shop/venv/bin/")
    (enabled,) = re.findall(r"`systemctl enable --now (.*?)`", PAGE)
    for name in enabled.split():
        assert re.sub(r"@\d+", "@", name) in {unit.removesuffix(".service") for unit in found}


def test_the_compose_file_has_each_part_and_waits_for_what_exists() -> None:
    read = compose()
    services = read["services"]
    assert set(services) == {"postgres", "migrate", "web", "worker", "sweep", "prune"}
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
        assert "image" in service or ("build" in service and "command" in service)
    of_units = [unit["Service"]["ExecStart"] for unit in units().values() if "Service" in unit]
    for name in ("worker", "sweep", "prune"):
        (called,) = re.findall(r"manage\.py (.*?)(?:;|$)", services[name]["command"])
        assert any(command.endswith(f"manage.py {called}") for command in of_units)
