"""Django as the tests run it: SQLite in a file, or what DATABASE_URL names."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import dj_database_url
import django

# A file, not memory: threads (a live server, fifty notices at once) need connections of their own.
# Named by the process, so that two runs in one tree do not meet.
_sqlite_file = Path(tempfile.gettempdir()) / f"payment-subscriptions-{os.getpid()}"

SECRET_KEY = "only for tests"
DEBUG = False
ALLOWED_HOSTS = ["*"]
USE_TZ = True
TIME_ZONE = "America/Santiago"
LANGUAGE_CODE = "es"
LANGUAGES = [("es", "Español"), ("en", "English")]
ROOT_URLCONF = "tests.urls"
STATIC_URL = "/static/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

PAYMENT_SUBSCRIPTIONS: dict[str, Any] = {}

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "payment_subscriptions",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]


def _sqlite() -> dict[str, Any]:
    options: dict[str, Any] = {"timeout": 20}
    if django.VERSION >= (5, 1):
        # Take the write lock at BEGIN: a transaction that reads first and writes later
        # would meet "database is locked" at once, without the time-out.
        options["transaction_mode"] = "IMMEDIATE"
        options["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": f"{_sqlite_file}.sqlite3",
        "OPTIONS": options,
        "TEST": {"NAME": f"{_sqlite_file}-test.sqlite3"},
    }


_url = os.environ.get("DATABASE_URL", "")
DATABASES: dict[str, Any] = {"default": dict(dj_database_url.parse(_url)) if _url else _sqlite()}
