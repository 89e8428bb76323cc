"""Settings of the example, all of them from the environment or from example/.env.

With no keys it talks to the simulators that ``make demo`` starts; with keys of your own to Flow (its sandbox
unless FLOW_SANDBOX says False), to Stripe, or to both. ``.env.example`` explains each variable.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import django
from django.core.management.utils import get_random_secret_key

from .environment import Environment

env = Environment()

# --- where we are, and who answers as Flow and Stripe -------------------------------------------

SIMULATOR = env.uses_simulator()
SIMULATOR_URL = (
    env.text("FLOW_API_URL", "http://127.0.0.1:8001/api").removesuffix("/api") if SIMULATOR else ""
)
STRIPE_SIMULATOR_URL = env.text("STRIPE_API_URL", "http://127.0.0.1:8002") if SIMULATOR else ""
DEBUG = env.flag("DEBUG", False)
PORT = env.number("PORT", 8000)
_here = f"http://localhost:{PORT}"
# The simulator calls back to this machine, whatever address the real site has.
BASE_URL = (_here if SIMULATOR else env.text("FLOW_BASE_URL", _here)).rstrip("/")
ALLOWED_HOSTS = list({urlsplit(BASE_URL).hostname or "localhost", "localhost", "127.0.0.1"})
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BASE_URL.startswith("https://")
# Without one, everybody is logged out at each start.
SECRET_KEY = env.text("SECRET_KEY") or ("demonstration" if SIMULATOR else get_random_secret_key())

# --- payments --------------------------------------------------------------------------------

# Plans that exist at your Flow account already keep their ids, blanks and all. The others are
# made by: manage.py payments_plans push
FLOW_PLANS = {
    "FLOW_PLAN_5000": "semilla_monthly_v1",
    "FLOW_PLAN_10000": "brote_monthly_v1",
    "FLOW_PLAN_20000": "arbusto_monthly_v1",
    "FLOW_PLAN_40000": "arbol_monthly_v1",
    "FLOW_PLAN_100000": "bosque_monthly_v1",
    "FLOW_PLAN_250000": "cuenca_monthly_v1",
    "FLOW_PLAN_500000": "cordillera_monthly_v1",
}

FLOW: dict[str, Any] = {"BACKEND": "payment_subscriptions.gateways.flow.FlowGateway"}
if SIMULATOR:
    from payment_subscriptions.simulators import flow as simulator

    FLOW |= {
        "MODE": "sandbox",
        "API_KEY": simulator.API_KEY,
        "SECRET_KEY": simulator.SECRET_KEY,
        "API_URL": SIMULATOR_URL + "/api",
    }
else:
    FLOW |= {
        "MODE": "sandbox" if env.flag("FLOW_SANDBOX", True) else "real",
        "API_KEY": env.text("FLOW_API_KEY"),
        "SECRET_KEY": env.text("FLOW_SECRET"),
        "API_URL": env.text("FLOW_API_URL"),
        "RETURN_URL": env.text("FLOW_RETURN_URL"),
        "NOTICE_URL": env.text("FLOW_WEBHOOK_URL"),
        "PLAN_IDS": {price: env.text(name) for name, price in FLOW_PLANS.items() if env.text(name)},
    }

# The ways to charge, in the order in which they are tried; see docs/settings.md.
FLOW["STRATEGIES"] = tuple(env.words("FLOW_STRATEGIES", "card,link"))

STRIPE: dict[str, Any] = {
    "BACKEND": "payment_subscriptions.gateways.stripe.StripeGateway",
    "MODE": "sandbox",
    # Several, with commas between, while one is being rolled.
    "WEBHOOK_SECRETS": env.words("STRIPE_WEBHOOK_SECRET"),
    "PROMOTION_CODES": True,
}
if SIMULATOR:
    from payment_subscriptions.simulators import stripe as stripe_simulator

    STRIPE |= {"API_KEY": stripe_simulator.API_KEY, "API_URL": STRIPE_SIMULATOR_URL}
else:
    STRIPE["API_KEY"] = env.text("STRIPE_SECRET_KEY")
    STRIPE["MODE"] = "real" if STRIPE["API_KEY"].startswith(("sk_live_", "rk_live_")) else "sandbox"

# With keys of one only, that one sells.
GATEWAYS: dict[str, dict[str, Any]] = {}
if SIMULATOR or env.has_flow() or not env.text("STRIPE_SECRET_KEY"):
    GATEWAYS["flow"] = FLOW
if SIMULATOR or env.text("STRIPE_SECRET_KEY"):
    GATEWAYS["stripe"] = STRIPE

PAYMENT_SUBSCRIPTIONS = {
    "GATEWAYS": GATEWAYS,
    "GATEWAY_FOR": "example.plans.gateway_for",
    "PLANS": "example.plans.PLANS",
    "BASE_URL": BASE_URL,
    "CLOCK": "payment_subscriptions.demo.clock.now" if SIMULATOR else "django.utils.timezone.now",
    "SITE_NAME": "Bosque Común",
    "SUPPORT_CONTACT": "hola@bosquecomun.example",
    # With an account of yours people have real mailboxes: see docs/mails.md before you write to them.
    "MAILS": SIMULATOR,
}

# --- Django ----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "example",  # before the app, so that its templates come first
    "payment_subscriptions",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "example.csp.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "example.urls"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "example.bar.demo_bar",
            ],
        },
    }
]

LANGUAGE_CODE = "es"
LANGUAGES = [("es", "Español"), ("en", "English")]
USE_I18N = USE_TZ = True
TIME_ZONE = "America/Santiago"
STATIC_URL = "static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- the database: SQLite in example/var, or what DATABASE_URL names -------------------------

VAR = env.folder()


def sqlite(path: Path) -> dict[str, Any]:
    options: dict[str, Any] = {"timeout": 20}
    if django.VERSION >= (5, 1):  # take the write lock at BEGIN, and let readers go on meanwhile
        options["transaction_mode"] = "IMMEDIATE"
        options["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": options}


# The simulator forgets at each start, and so does the demo: it has a file of its own.
OWN_DATABASE = VAR / ("demo.sqlite3" if SIMULATOR else "site.sqlite3")
_url = env.text("DATABASE_URL")
_given = dict(dj_database_url.parse(_url)) if _url else {}
if not _given:
    _given = sqlite(OWN_DATABASE)
elif _given["ENGINE"] == "django.db.backends.sqlite3":
    _given = sqlite(Path(str(_given["NAME"])))
DATABASES: dict[str, Any] = {"default": _given}

# --- mails: into files of the demo, which its page shows -------------------------------------

DEFAULT_FROM_EMAIL = "Bosque Común <hola@bosquecomun.example>"
EMAIL_BACKEND = f"django.core.mail.backends.{'filebased' if SIMULATOR else 'console'}.EmailBackend"
EMAIL_FILE_PATH = str(VAR / "mails")

# --- the log: to the console, nothing secret in it -------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "example.logs.Line"}},
    "filters": {"addresses": {"()": "example.logs.ShortAddresses"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["addresses"]}
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "payment_subscriptions": {"level": "INFO"},
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
    },
}
