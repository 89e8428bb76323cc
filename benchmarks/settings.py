"""Django as the benchmarks run it: the middleware of a usual project, PostgreSQL, three gateways.

``BENCH_TASKS`` says what the web does with a stored notice: "" works it inside the request, "database"
hands it to the workers by the database's queue, "nowhere" leaves it to the sweep.
"""

from __future__ import annotations

import os
from typing import Any

import dj_database_url

SECRET_KEY = "only for benchmarks"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
USE_TZ = True
TIME_ZONE = "America/Santiago"
LANGUAGE_CODE = "es"
ROOT_URLCONF = "benchmarks.urls"
STATIC_URL = "/static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES: dict[str, Any] = {
    "default": {
        **dj_database_url.parse(os.environ.get("DATABASE_URL") or "postgresql:///postgres"),
        "CONN_MAX_AGE": None,
    }
}
LOGGING = {"version": 1, "disable_existing_loggers": True}

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django_tasks_db",
    "payment_subscriptions",
    "benchmarks.site.Site",
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

WEBHOOK_SECRET = "whsec_benchmark"
PAYMENT_SUBSCRIPTIONS: dict[str, Any] = {
    "GATEWAYS": {
        "stub": {"BACKEND": "benchmarks.stub_gateway.StubGateway", "MODE": "sandbox"},
        "flow": {
            "BACKEND": "payment_subscriptions.gateways.flow.FlowGateway",
            "MODE": "sandbox",
            "API_KEY": "benchmark",
            "SECRET_KEY": "benchmark",
        },
        "stripe": {
            "BACKEND": "payment_subscriptions.gateways.stripe.StripeGateway",
            "MODE": "sandbox",
            "API_KEY": "sk_test_benchmark",
            "WEBHOOK_SECRETS": [WEBHOOK_SECRET],
        },
    },
    "PLANS": "benchmarks.stub_gateway.PLANS",
    "BASE_URL": "https://benchmark.example",
    "TASKS_BACKEND": os.environ.get("BENCH_TASKS") or None,
}
TASKS = {
    "default": {"BACKEND": "django_tasks_db.DatabaseBackend"},
    "database": {"BACKEND": "django_tasks_db.DatabaseBackend"},
    "nowhere": {"BACKEND": "benchmarks.nowhere.NowhereBackend"},
}
