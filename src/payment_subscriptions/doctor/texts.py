"""Each finding in words: what it means, what to do, and the command for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from .findings import Area, Because, Code, Severity

AGAIN = "python manage.py payments_doctor --provider {provider}"
CALL = "curl -i -X POST {url}"
CHECK = "python manage.py check --tag payments"


@dataclass(frozen=True)
class Text:
    """``command`` may name ``{provider}`` and ``{url}``."""

    means: Any
    remedy: Any
    command: str


TEXTS: dict[Code, Text] = {
    Code.DATABASE_UNREACHABLE: Text(
        _("The database cannot be reached, or refuses us: nothing can be stored."),
        _("See that it runs, and that DATABASES names it and its user."),
        "python manage.py check --database default",
    ),
    Code.MIGRATIONS_MISSING: Text(
        _("The database lacks tables or columns that the code needs."),
        _("Run the migrations, as with each new version."),
        "python manage.py migrate",
    ),
    Code.SETTINGS: Text(
        _("The settings are wrong, or contradict each other. What they refuse, using it refuses too."),
        _("Each line says what to write. The page docs/settings.md has them all."),
        CHECK,
    ),
    Code.NOTHING_SOLD: Text(
        _("There is no gateway, or no price: nobody can buy anything."),
        _("Write GATEWAYS and PLANS, then make the plans at the gateways."),
        "python manage.py payments_plans push",
    ),
    Code.NAIVE_TIMES: Text(
        _("USE_TZ is False: moments of other time zones cannot be told apart, and storing them fails."),
        _("Set USE_TZ = True."),
        "python manage.py diffsettings",
    ),
    Code.TIME_ZONE: Text(
        _(
            "The gateway reckons in the days of another time zone: near midnight, pages and mails name "
            "another day than that of the charge, and periods that we keep ourselves begin on another one."
        ),
        _("Set TIME_ZONE to the zone of the gateway, unless your payers live elsewhere."),
        "python manage.py diffsettings",
    ),
    Code.SWEEP_NOT_RUNNING: Text(
        _(
            "payments_sweep does not run, or does not come to its end. It is what finds renewals, lost "
            "notices and answers that never came: without it, rows get old and payers wait."
        ),
        _(
            "Have cron, a systemd timer or Celery's beat run it each minute, as in docs/workers.md, and look "
            "at what it says when it is run by hand."
        ),
        "python manage.py payments_sweep",
    ),
    Code.QUEUE_DOWN: Text(
        _("The queue that TASKS_BACKEND names takes no work: what is due is not given to anybody."),
        _("See that its database or broker runs and can be reached from here."),
        CHECK,
    ),
    Code.WORKERS_SILENT: Text(
        _("A task was given to the queue, and no worker has taken it: none runs, or all are busy for long."),
        _("Start the workers, or more of them: docs/workers.md, for Celery docs/celery.md."),
        "python manage.py payments_doctor",
    ),
    Code.BACKLOG: Text(
        _("Work has been due for more than a quarter of an hour, and nobody has done it."),
        _(
            "Look at the last trouble of those rows in the admin: a gateway that is down, or an error in an "
            "event handler. If there is simply too much, run more workers."
        ),
        "python manage.py payments_sweep",
    ),
    Code.NOTICES_DEAD: Text(
        _("Notices were given up after too many failures: what they tell of is not on our books by them."),
        _("Look at their last trouble in the admin (Notices), mend it, then have them worked once more."),
        "python manage.py payments_replay --dead",
    ),
    Code.HANDLERS_DEAD: Text(
        _("Event handlers of the project were given up after too many failures: their work is not done."),
        _("Look at their last trouble in the admin (Events), mend it, and retry them there."),
        "python manage.py payments_doctor",
    ),
    Code.IN_DOUBT: Text(
        _(
            "A call to the gateway got no answer, and nobody knows yet whether it happened. The payer reads "
            "that they must not pay again. The sweep asks until it is known."
        ),
        _(
            "Nothing, for an hour. Then look at it in the admin and in the gateway's panel; a refund in "
            "doubt is settled by a person, in the admin."
        ),
        "python manage.py payments_sweep",
    ),
    Code.KEYS_MISSING: Text(
        _("A key of the account is missing: nothing can be asked or charged there."),
        _("Write the keys that the gateway's panel shows where the settings read them."),
        AGAIN,
    ),
    Code.KEY_ENVIRONMENT: Text(
        _(
            "The gateway does not know the key, or the key does not fit MODE: it is one of the other "
            "environment (test and real), of another account, or mistyped."
        ),
        _("Copy the key of the environment that MODE names, or change MODE."),
        AGAIN,
    ),
    Code.SIGNATURE: Text(
        _("The gateway knows the key and refuses the signature: the secret is not the one of this key."),
        _("Copy the secret once more, from the page of the key."),
        AGAIN,
    ),
    Code.GATEWAY_UNANSWERED: Text(
        _("The gateway gave no usable answer: it is down, out of reach, or refuses what it is asked."),
        _(
            "See whether its status page tells of trouble, and whether this machine gets out to it. Nothing "
            "is lost meanwhile: docs/outages.md. Then look again."
        ),
        AGAIN,
    ),
    Code.CLOCK_SKEW: Text(
        _(
            "This machine's clock is off the gateway's. Beyond five minutes signed notices are taken for old "
            "ones and refused."
        ),
        _("Have the clock set by NTP."),
        "timedatectl set-ntp true",
    ),
    Code.CLOCK_REPLACED: Text(
        _("The setting CLOCK tells another time than this machine's, though the gateway is no simulator."),
        _("Take CLOCK out of the settings."),
        CHECK,
    ),
    Code.CALLBACK_PRIVATE: Text(
        _("The address of notices leads nowhere from outside: the gateway cannot call it."),
        _("Set BASE_URL to the public address of the site; while developing, to that of a tunnel."),
        AGAIN,
    ),
    Code.CALLBACK_INSECURE: Text(
        _("Notices are sent in the clear, by http: whoever listens reads their tokens."),
        _("Serve the site by https, and write BASE_URL with https."),
        AGAIN,
    ),
    Code.CALLBACK_REDIRECTS: Text(
        _("The address of notices redirects, and gateways do not follow: no notice arrives."),
        _(
            "Write BASE_URL (or the account's NOTICE_URL) exactly as the address to which it redirects: "
            "https, www, the slash at the end; include our URLs outside of i18n_patterns, and let nothing "
            "ask for a login there."
        ),
        CALL,
    ),
    Code.CALLBACK_NOT_FOUND: Text(
        _("The address of notices answers 404: no notice arrives."),
        _(
            "Take NOTICE_URL out, so that the address is made of BASE_URL and your URLs; see that the site "
            "that runs has these settings and was restarted, and that the proxy in front passes the path on."
        ),
        CALL,
    ),
    Code.CALLBACK_ELSEWHERE: Text(
        _("Something answers at the address of notices, but it is not this project's view of notices."),
        _(
            "See what stands before it: a login, a firewall, a proxy, another site, or a process with "
            "another SECRET_KEY than this command has."
        ),
        CALL,
    ),
    Code.CALLBACK_UNREACHABLE: Text(
        _("The address of notices gives no answer to a call from this machine."),
        _(
            "See that the site runs, that its name resolves and its certificate is valid. If only this "
            "machine cannot call its own public address, run this command on another one with the same "
            "settings."
        ),
        CALL,
    ),
    Code.RETURN_ADDRESS: Text(
        _("The address to which payers come back from the gateway may not lead to our page."),
        _("Each line says what to write; where RETURN_URL is not set, it is made of BASE_URL and your URLs."),
        CHECK,
    ),
    Code.PLAN_MISSING: Text(
        _("Prices of the catalogue have no plan at the gateway: who chooses one of them is turned away."),
        _("Make them there."),
        "python manage.py payments_plans push --provider {provider}",
    ),
    Code.PLAN_INACTIVE: Text(
        _("Plans of the catalogue were deleted or archived at the gateway: nobody can subscribe to them."),
        _(
            "Bring them back in the gateway's panel, where it can; else give the price a new key "
            "(pro_monthly_v2) and push that. Who pays one already goes on."
        ),
        "python manage.py payments_plans push --provider {provider}",
    ),
    Code.PLAN_DIFFERS: Text(
        _(
            "Plans at the gateway are not what the catalogue says: payers would be charged something else, "
            "and such a payment is not taken for paid."
        ),
        _(
            "A plan that somebody pays is never edited: give the changed price a new key (pro_monthly_v2) "
            "and push that; or write the catalogue as the plan is."
        ),
        "python manage.py payments_plans diff --provider {provider}",
    ),
    Code.PLAN_CALLBACK: Text(
        _(
            "Plans at the gateway send their notices to another address than this site's. The sweep finds "
            "those renewals all the same, later."
        ),
        _(
            "A plan with subscribers keeps its address: keep that one alive, or have it passed on to this "
            "site. A price under a new key gets this one."
        ),
        "python manage.py payments_plans diff --provider {provider}",
    ),
    Code.ENDPOINT_MISSING: Text(
        _("The gateway has no endpoint for our address: it sends us no notices."),
        _("Make it, and put the secret that is shown this once where the settings read it."),
        "python manage.py payments_webhook push --provider {provider}",
    ),
    Code.ENDPOINT_DIFFERS: Text(
        _("The endpoint at the gateway is switched off, or does not send all that matters."),
        _("Set it right."),
        "python manage.py payments_webhook push --provider {provider}",
    ),
    Code.ENDPOINT_VERSION: Text(
        _("The endpoint sends notices in the shapes of another API version than the one that is read here."),
        _(
            "An endpoint keeps its version: remove it in the gateway's dashboard and make a new one. Notices "
            "are only hints here, so that it is not urgent."
        ),
        "python manage.py payments_webhook push --provider {provider}",
    ),
    Code.STRATEGY_REFUSED: Text(
        _("The account lacks what a way to charge needs: every payer who goes that way is refused."),
        _("Ask the gateway for it, or take that way out of the settings."),
        AGAIN,
    ),
    Code.CUSTOMER_ORPHAN: Text(
        _(
            "Customers at the gateway bear our mark and are not on our books: made with another database of "
            "this project, or with one that was lost. Clearing our tables makes them."
        ),
        _(
            "Nothing has to be done: new payers get customers of their own. See whether one of them has a "
            "subscription that is charged."
        ),
        "python manage.py payments_reconcile --dry-run --provider {provider}",
    ),
    Code.CUSTOMER_DUPLICATE: Text(
        _("Several customers at the gateway bear the same key of ours: two of them may be charged."),
        _("See which of them has subscriptions, and delete the others in the gateway's panel."),
        "python manage.py payments_reconcile --dry-run --provider {provider}",
    ),
}

AREAS: dict[Area, Any] = {
    Area.DATABASE: _("database and migrations"),
    Area.SETTINGS: _("settings"),
    Area.TIME_ZONE: _("time zone"),
    Area.SWEEP: _("sweep"),
    Area.WORKERS: _("workers"),
    Area.BACKLOG: _("work that is due"),
    Area.GIVEN_UP: _("notices and handlers given up"),
    Area.DOUBT: _("attempts in doubt"),
    Area.KEYS: _("keys and signature"),
    Area.CLOCK: _("clock"),
    Area.CALLBACK: _("address of notices"),
    Area.PLANS: _("plans"),
    Area.PLAN_CALLBACKS: _("address in the plans"),
    Area.ENDPOINT: _("endpoint at the gateway"),
    Area.STRATEGIES: _("ways to charge"),
    Area.CUSTOMERS: _("customers"),
}

REASONS: dict[Because, Any] = {
    Because.SETTINGS: _("first the settings"),
    Because.KEYS: _("first the keys"),
    Because.UNANSWERED: _("the gateway does not answer"),
    Because.ADDRESS: _("first the address of notices"),
    Because.DATABASE: _("first the database"),
    Because.SWEEP: _("first the sweep"),
    Because.WORKERS: _("first the workers"),
    Because.NOBODY_TRIED: _("the gateway cannot be asked, and nobody has tried it yet"),
    Because.TOO_MANY: _("the first 1,000 only; payments_reconcile --dry-run looks at all"),
}

SEVERITIES: dict[Severity, Any] = {Severity.ERROR: _("ERROR"), Severity.WARNING: _("WARNING")}
