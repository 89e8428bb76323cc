"""The settings of a project's demo: the project's own, with simulators for its gateways, a database that is
made anew, mails that are kept as files, and http on this machine.

Only ``payment-subscriptions demo`` uses this module. It says by the environment whose demo it is, so that no
project needs a line for it, and none can fall into it by a variable that is missing.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

from .simulated import Addresses, simulated

_of = import_module(os.environ["PAYMENTS_DEMO_OF"])
_theirs: dict[str, Any] = {name: getattr(_of, name) for name in dir(_of) if name.isupper()}
_folder = Path(os.environ["PAYMENTS_DEMO_FOLDER"])

SIMULATOR_URL = os.environ.get("PAYMENTS_DEMO_FLOW", "")
STRIPE_SIMULATOR_URL = os.environ.get("PAYMENTS_DEMO_STRIPE", "")
BASE_URL = os.environ["PAYMENTS_DEMO_URL"]


def _sqlite(alias: str) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(_folder / f"{alias}.sqlite3"),
        "OPTIONS": {"timeout": 20},
    }


_demo: dict[str, Any] = {
    "DEBUG": True,
    "SECRET_KEY": _theirs.get("SECRET_KEY") or "demonstration",
    "ALLOWED_HOSTS": ["localhost", "127.0.0.1"],
    "CSRF_TRUSTED_ORIGINS": [BASE_URL],
    "SECURE_SSL_REDIRECT": False,
    "SECURE_HSTS_SECONDS": 0,
    "SESSION_COOKIE_SECURE": False,
    "CSRF_COOKIE_SECURE": False,
    "DEFAULT_FROM_EMAIL": "demo@localhost.example",
    "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
    "EMAIL_FILE_PATH": str(_folder / "mails"),
    "CACHES": {
        alias: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
        for alias in _theirs.get("CACHES", {"default": {}})
    },
    # Files that are not collected have no hash in their names.
    "STORAGES": {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        **_theirs.get("STORAGES", {}),
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    },
    "PAYMENT_SUBSCRIPTIONS": simulated(
        _theirs.get("PAYMENT_SUBSCRIPTIONS", {}),
        Addresses(SIMULATOR_URL, STRIPE_SIMULATOR_URL),
        BASE_URL,
        stripe_secret=os.environ.get("PAYMENTS_DEMO_STRIPE_SECRET", ""),
    ),
}
if not os.environ.get("PAYMENTS_DEMO_KEEPS_DATABASE"):
    _demo["DATABASES"] = {alias: _sqlite(alias) for alias in _theirs.get("DATABASES", {"default": {}})}

_theirs.pop("STATICFILES_STORAGE", None)  # Django 4.2 takes one of the two
globals().update(_theirs | _demo)
