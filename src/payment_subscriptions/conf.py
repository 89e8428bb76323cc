"""The settings: one dictionary, ``PAYMENT_SUBSCRIPTIONS``, read at use and never at import."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from .exceptions import ConfigurationError

NAME = "PAYMENT_SUBSCRIPTIONS"

DEFAULTS: dict[str, Any] = {
    # alias -> {"BACKEND": dotted path, "MODE": "real" | "sandbox", ... the gateway's own options}
    "GATEWAYS": {},
    # a sequence of Plan, or the dotted path of one
    "PLANS": (),
    # which gateway may take a plan in a currency: None is the first that can, and the others as a choice
    "GATEWAY_FOR": None,
    # the site's public address, https://example.cl, used to build callback URLs
    "BASE_URL": "",
    # dotted path of a callable that tells the time
    "CLOCK": "django.utils.timezone.now",
    # alias in Django's TASKS; None works inline, in the process that found the work
    "TASKS_BACKEND": None,
    # how long work done inside somebody's request may take, in seconds
    "INLINE_SECONDS": 8,
    # after how many seconds the work of a process that fell silent may be taken over
    "LEASE_SECONDS": 60,
    # after how many seconds work that the sweep gave to the workers, and nobody has begun, is given again
    "REQUEUE_SECONDS": 300,
    # how old a page with a form may be, in seconds
    "FORM_MAX_AGE": 24 * 3600,
    # how long a payer may stay away from an opened checkout, in seconds
    "CHECKOUT_EXPIRES": 24 * 3600,
    # how many days before a period ends we order the next one, where the periods are ours
    "RENEW_DAYS_BEFORE": 5,
    # how many days after its due date an unpaid period of ours ends the subscription
    "UNPAID_ENDS_AFTER_DAYS": 15,
    # after how many failures in a row a notice or an event handler waits for a person
    "MAX_TRIES": 12,
    # how many questions a minute one sender's unknown notices may cost at a provider that does not sign them
    "UNKNOWN_NOTICES_PER_MINUTE": 30,
    # how many proxies stand in front, each of which adds to X-Forwarded-For; 0 believes the connection alone
    "NUM_PROXIES": 0,
    # after how many days the body of a notice that is done is removed
    "KEEP_NOTICE_BODIES_DAYS": 90,
    # after how many days a notice that the provider does not know is removed
    "KEEP_UNKNOWN_NOTICES_DAYS": 7,
    # how long a link to their own page, mailed to a payer without an account, can be opened, in seconds
    "PORTAL_LINK_MAX_AGE": 7 * 24 * 3600,
    # how long a browser that opened one shows that page, in seconds
    "PORTAL_MAX_AGE": 24 * 3600,
    # what payers call the site, on pages, receipts and in mails; "" is its domain
    "SITE_NAME": "",
    # shown to payers who need help: an address or a URL
    "SUPPORT_CONTACT": "",
    # which mails payers get: False none, True all, or a list of names
    "MAILS": False,
    # who sends them; "" is Django's DEFAULT_FROM_EMAIL
    "MAILS_FROM": "",
    # whoever owes is reminded so many days after the charge became owed, by the mail of that name
    "DUNNING": ((3, "reminder"), (7, "reminder"), (14, "last_reminder")),
    # how many days before a trial ends its payer is told
    "TRIAL_ENDING_DAYS": 3,
    # how many days before a card expires its payer is told, where the provider tells of it
    "CARD_EXPIRING_DAYS": 30,
}


def get(name: str) -> Any:
    """The value of one setting, or its default."""
    return everything().get(name, DEFAULTS[name])


def everything() -> dict[str, Any]:
    """What the project wrote, as a dictionary.

    Raises ConfigurationError when it is no dictionary.
    """
    written = getattr(settings, NAME, {})
    if not isinstance(written, dict):
        raise ConfigurationError(
            f"{NAME} must be a dictionary", hint=f"Write {NAME} = {{'GATEWAYS': {{...}}}}."
        )
    return written


def absolute_url(path: str) -> str:
    """``path`` on the site's public address.

    Raises ConfigurationError when ``BASE_URL`` is missing: a gateway cannot call a relative address.
    """
    base = str(get("BASE_URL")).rstrip("/")
    if not base:
        raise ConfigurationError(
            f"{NAME}['BASE_URL'] is missing",
            hint="Set it to the address by which the gateway and payers reach the site, e.g. https://example.cl.",
        )
    return base + path


def site_name(domain: str) -> str:
    """What payers call the site: SITE_NAME, or the ``domain`` by which they reach it."""
    return str(get("SITE_NAME")) or domain


def support_url() -> str:
    """Where SUPPORT_CONTACT leads, "" where there is none."""
    contact = str(get("SUPPORT_CONTACT"))
    return f"mailto:{contact}" if is_mailbox(contact) else contact


def is_mailbox(contact: str) -> bool:
    """Of SUPPORT_CONTACT, which is an e-mail address or a URL."""
    return "@" in contact and ":" not in contact
