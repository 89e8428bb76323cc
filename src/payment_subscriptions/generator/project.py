"""A whole project: which files it has, and how they come to be."""

from __future__ import annotations

import secrets
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from .. import __version__
from .answers import AT_FLOW, FEATURES, PROVIDERS, Answers, PriceAnswer, package_of
from .exceptions import WillNotWrite
from .rendering import rendered

# Template, place ("@" is the package), and the value without which it is left out.
MANIFEST: tuple[tuple[str, str, str], ...] = (
    ("project/manage.py-tpl", "manage.py", ""),
    ("project/Makefile-tpl", "Makefile", ""),
    ("project/README.{language}.md-tpl", "README.md", ""),
    ("project/requirements.txt-tpl", "requirements.txt", ""),
    ("project/gitignore-tpl", ".gitignore", ""),
    ("project/Dockerfile-tpl", "Dockerfile", ""),
    ("project/dockerignore-tpl", ".dockerignore", ""),
    ("project/compose.yaml-tpl", "compose.yaml", ""),
    ("project/deploy/web.service-tpl", "deploy/@-web.service", ""),
    ("project/deploy/sweep.service-tpl", "deploy/@-sweep.service", ""),
    ("project/deploy/sweep.timer-tpl", "deploy/@-sweep.timer", ""),
    ("project/deploy/worker.service-tpl", "deploy/@-worker.service", "workers"),
    ("project/project_name/settings.py-tpl", "@/settings.py", ""),
    ("payments_settings.py-tpl", "@/payments_settings.py", ""),
    ("plans.py-tpl", "@/plans.py", ""),
    ("project/project_name/urls.py-tpl", "@/urls.py", ""),
    ("project/project_name/wsgi.py-tpl", "@/wsgi.py", ""),
    ("test_payments.py-tpl", "@/test_payments.py", ""),
    ("project/templates/home.html-tpl", "templates/home.html", ""),
    (
        "project/templates/payment_subscriptions/base.html-tpl",
        "templates/payment_subscriptions/base.html",
        "",
    ),
    (
        "project/templates/payment_subscriptions/result/ready.html-tpl",
        "templates/payment_subscriptions/result/ready.html",
        "success_page",
    ),
    ("project/static/site.css", "static/site.css", ""),
)
_MONTHS = {"monthly": 1, "yearly": 12, "one-time": 0}


def make(folder: Path, answers: Answers) -> list[str]:
    """Write it; the names of its files. Raises WillNotWrite where the folder has something in it already,
    NotUnderstood for its name."""
    folder = folder.resolve()
    package = package_of(folder.name)
    if folder.exists() and (not folder.is_dir() or any(each.name != ".git" for each in folder.iterdir())):
        raise WillNotWrite(
            _("%(folder)s is not empty. Choose another name, or add to the project there with --into.")
            % {"folder": folder}
        )
    values = values_of(answers, folder.name, package, f"{package}.plans", depth=1)
    files = dict(files_of(answers, package, values))
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "manage.py").chmod(
        (folder / "manage.py").stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
    )
    _write_what_is_of_this_machine(folder)
    return list(files)


def files_of(answers: Answers, package: str, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and text of each file that git keeps."""
    yield f"{package}/__init__.py", ""
    for template, place, needs in MANIFEST:
        if not needs or values[needs]:
            name = place.replace("@", package)
            yield name, rendered(template.format(language=answers.language), values)
    yield (
        ".env.example",
        rendered("project/env.example-tpl", values) + rendered("into/env.example-tpl", values),
    )


def _write_what_is_of_this_machine(folder: Path) -> None:
    """A key that signs here only, and the environment from which `make` takes what no index has."""
    env = folder / ".env"
    with env.open("x", encoding="utf-8") as file:
        env.chmod(0o600)
        file.write(f"SECRET_KEY={secrets.token_urlsafe(50)}\n")
    if sys.prefix != sys.base_prefix:
        (folder / ".python").write_text(f"{sys.executable}\n", encoding="utf-8")


def values_of(answers: Answers, name: str, package: str, plans_module: str, depth: int) -> dict[str, Any]:
    """What the files are filled in with. ``name``: what payers call the site, "" where nobody said;
    ``depth``: how many folders the settings lie below the project's."""
    features = {feature.replace("-", "_"): feature in answers.features for feature in FEATURES}
    extras = [
        extra
        for extra, wanted in (
            ("postgres", features["postgres"]),
            ("simulators", True),
            ("stripe", "stripe" in answers.providers),
        )
        if wanted
    ]
    return features | {
        "name": name,
        "package": package,
        "plans_module": plans_module,
        "depth": depth,
        "prefix": answers.prefix,
        "plans": answers.plans,
        "sales": list(_sales(answers)),
        "adoptable": list(_adoptable(answers)),
        "flow": "flow" in answers.providers,
        "stripe": "stripe" in answers.providers,
        "both": len(answers.providers) > 1,
        "provider_names": " + ".join(PROVIDERS[provider] for provider in answers.providers),
        "base_url": "FLOW_BASE_URL" if "flow" in answers.providers else "BASE_URL",
        "es": answers.language == "es",
        "language": answers.language,
        "extras": ",".join(extras),
        "version": __version__,
    }


def _sales(answers: Answers) -> Iterator[dict[str, Any]]:
    """For each provider a price that it charges: what the first test buys."""
    for provider in answers.providers:
        for price in answers.prices():
            if sold_by(provider, price):
                yield {"provider": provider, "price": price.key, "months": _MONTHS[price.frequency]}
                break


def sold_by(provider: str, price: PriceAnswer) -> bool:
    return price.currency in AT_FLOW if provider == "flow" else price.currency != "CLF"


def _adoptable(answers: Answers) -> Iterator[dict[str, str]]:
    """Monthly prices in pesos, by the name of the variable that may say their id at Flow."""
    for price in answers.prices() if "flow" in answers.providers else ():
        if price.currency == "CLP" and price.is_monthly:
            yield {"variable": f"FLOW_PLAN_{price.amount:f}", "key": price.key}


def only_the_owner_knows(answers: Answers) -> list[str]:
    """Variables, and what they are."""
    known = [
        ("SECRET_KEY", _("the server's own, long and random"), True),
        ("FLOW_BASE_URL", _("the site's public address, https://..."), "flow" in answers.providers),
        ("BASE_URL", _("the site's public address, https://..."), "flow" not in answers.providers),
        (
            "FLOW_API_KEY, FLOW_SECRET",
            _("from Flow's panel; FLOW_SANDBOX=False for real money"),
            "flow" in answers.providers,
        ),
        ("STRIPE_SECRET_KEY", _("from Stripe's dashboard"), "stripe" in answers.providers),
        (
            "STRIPE_WEBHOOK_SECRET",
            _("shown once by: manage.py payments_webhook push"),
            "stripe" in answers.providers,
        ),
        ("DATABASE_URL", _("of PostgreSQL"), "postgres" in answers.features),
        (
            "DEFAULT_FROM_EMAIL, EMAIL_HOST",
            _("who sends the e-mails, and by which server"),
            "mails" in answers.features,
        ),
    ]
    return [f"{name}: {what}" for name, what, is_needed in known if is_needed]
