"""A shop of a given size, made by PostgreSQL itself: for each subscription a payer, a payment, a notice, an
event and its receipt. What is due or in trouble is as much in a large shop as in a small one."""

from __future__ import annotations

from django.db import connection

TABLES = (
    "receipt",
    "event",
    "notice",
    "discrepancy",
    "refund",
    "payment",
    "checkout",
    "subscription",
    "customer",
)
# How many of each kind wait for the sweep, or for a person.
WAITING = 200

# Over how long a shop's rows have come about, a large one's as a small one's: each month has its part.
DAYS = 700

# i counts the rows, the oldest first.
CUSTOMERS = """
INSERT INTO payment_subscriptions_customer
    (id, provider, mode, payer_key, external_id, reference, email, name, card_brand, card_last4,
     card_warned, created_at)
SELECT i, {account}, 'user:' || i, md5('customer' || i), 'C' || i, 'payer' || i || '@mail.example', '',
    'Visa', '4242', false, {moment}
FROM generate_series(1, {size}) AS i
"""
SUBSCRIPTIONS = """
INSERT INTO payment_subscriptions_subscription
    (id, public_id, customer_id, payer_key, email, language, plan, price_key, slot, slot_key, quantity,
     amount, currency, next_price_key, credit, coupon, frequency, provider, mode, strategy, reference,
     successor_reference, status, version, period_start, period_end, paid_through, access_until,
     cancel_at_period_end, cancel_requested, next_sync_at, sync_tries, dunned, trial_told,
     cancel_reason, cancel_comment,
     metadata, created_at, updated_at)
SELECT i, md5('subscription' || i)::uuid, i, 'user:' || i, 'payer' || i || '@mail.example', 'es', {plan},
    'pro_monthly_v1', 'default', 'user:' || i || '|default', 1, 9990, 'CLP', '', 0, '', 'monthly', {account},
    'page', 'S' || i, '', {status}, 1, now() - interval '31 days', now() - interval '1 day',
    now() - interval '1 day', now() + interval '2 days', false, '',
    CASE WHEN i <= {waiting} THEN now() - interval '1 hour' ELSE now() + interval '20 days' END,
    0, 0, false, '', '', '{{}}', {moment}, {moment}
FROM generate_series(1, {size}) AS i
"""
PAYMENTS = """
INSERT INTO payment_subscriptions_payment
    (id, subscription_id, provider, mode, reference, "order", status, amount, currency, settled_currency,
     refunded_amount, period_start, period_end, due_at, paid_at, attempts, failure_code, pay_url, receipt_url,
     created_at, updated_at)
SELECT i, i, {account}, 'S' || i || '-1', 'order-' || i,
    CASE WHEN i % {every} = 0 THEN 'failed' ELSE 'paid' END, 9990, 'CLP', '', 0, now() - interval '31 days',
    now() - interval '1 day', {moment}, CASE WHEN i % {every} = 0 THEN NULL ELSE {moment} END, 0, '', '', '',
    {moment}, {moment}
FROM generate_series(1, {size}) AS i
"""
NOTICES = """
INSERT INTO payment_subscriptions_notice
    (id, provider, "key", about, body, sender, arrival, arrivals, state, subscription_id, tries, error,
     held_by, due_at, received_at, done_at)
SELECT i, CASE WHEN i % {every} = 0 THEN 'flow' ELSE 'stub' END, 'token-' || i, '', 'S' || i || ':1',
    md5('sender' || i % 4), md5('arrival' || i), 1,
    CASE WHEN i <= {waiting} THEN 'received' WHEN i % {every} = 0 THEN 'dead' ELSE 'done' END, i, 0, '', '',
    CASE WHEN i <= {waiting} THEN now() - interval '1 hour' END, {moment},
    CASE WHEN i > {waiting} THEN {moment} END
FROM generate_series(1, {size}) AS i
"""
EVENTS = """
INSERT INTO payment_subscriptions_event (id, name, subscription_id, payload, created_at)
SELECT i, CASE WHEN i % {every} = 0 THEN 'payment.failed' ELSE 'payment.paid' END, i,
    jsonb_build_object('payer_key', 'user:' || i, 'plan', 'pro', 'amount', '9990', 'currency', 'CLP'),
    {moment}
FROM generate_series(1, {size}) AS i
"""
RECEIPTS = """
INSERT INTO payment_subscriptions_receipt (id, event_id, handler, done_at, due_at, tries, error)
SELECT i, i, 'benchmarks.site.open_door', CASE WHEN i > 2 * {waiting} THEN {moment} END,
    CASE WHEN i <= {waiting} THEN now() - interval '1 hour' END, 0, ''
FROM generate_series(1, {size}) AS i
"""
# One in a hundred is given back, and one in a hundred is odd.
REFUNDS = """
INSERT INTO payment_subscriptions_refund
    (id, public_id, payment_id, provider, mode, "order", reference, token, method, status, amount, currency,
     requested_by, reason, failure_code, due_at, tries, created_at, updated_at)
SELECT i, md5('refund' || i)::uuid, i, {account}, 'r-' || i, 'R' || i, '', 'reverse',
    CASE WHEN i % {every} = 0 THEN 'in_doubt' ELSE 'refunded' END, 9990, 'CLP', 'staff', '', '',
    CASE WHEN i % {every} = 0 THEN now() - interval '1 hour' END, 0, {moment}, {moment}
FROM generate_series(1, {size}) AS i
"""
DISCREPANCIES = """
INSERT INTO payment_subscriptions_discrepancy
    (id, kind, "key", provider, mode, subscription_id, amount, currency, detail, created_at, resolved_at)
SELECT i, CASE WHEN i % {every} = 0 THEN 'double' ELSE 'amount' END, 'odd-' || i, {account}, i, 9990, 'CLP',
    '{{}}', {moment}, CASE WHEN i % {every} = 0 THEN NULL ELSE {moment} END
FROM generate_series(1, {size}) AS i
"""
CHECKOUTS = """
INSERT INTO payment_subscriptions_checkout
    (id, public_id, subscription_id, customer_id, purpose, provider, mode, strategy, price_key, "order",
     token_hash, url, data, status, next_step, reason, lease, tries, due_at, created_at, updated_at)
SELECT i, md5('checkout' || i)::uuid, i, i, 'open', {account}, 'page', 'pro_monthly_v1', 'o-' || i,
    md5('token' || i), '', '{{}}', CASE WHEN i <= {waiting} THEN 'waiting' ELSE 'done' END, 'none', '', '', 0,
    CASE WHEN i <= {waiting} THEN now() - interval '1 hour' END, {moment}, {moment}
FROM generate_series(1, {size}) AS i
"""
STATEMENTS = (
    CUSTOMERS, SUBSCRIPTIONS, CHECKOUTS, PAYMENTS, REFUNDS, NOTICES, DISCREPANCIES, EVENTS, RECEIPTS,
)  # fmt: skip


def fill(size: int) -> None:
    """Empty the shop and fill it with ``size`` subscriptions."""
    empty()
    every = max(size // WAITING, 2)
    words = {
        "size": size,
        "waiting": WAITING,
        "every": every,
        "moment": f"(now() - ({size} - i) * interval '{DAYS} days' / {size})",
        "account": f"CASE WHEN i % {every} = 0 THEN 'flow' ELSE 'stub' END, 'sandbox'",
        "plan": f"CASE WHEN i % {every} = 0 THEN 'rare' ELSE 'pro' END",
        "status": f"CASE WHEN i % {every} = 0 THEN 'past_due' ELSE 'active' END",
    }
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET session_replication_role = replica")  # foreign keys hold as they are made
        for statement in STATEMENTS:
            cursor.execute(statement.format(**words))
        for name in TABLES:
            table = f"payment_subscriptions_{name}"
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {size} + 1)")
        cursor.execute("RESET session_replication_role")
        cursor.execute("RESET synchronous_commit")
    tidy()


def empty() -> None:
    with connection.cursor() as cursor:
        named = ", ".join(f"payment_subscriptions_{name}" for name in TABLES)
        cursor.execute(f"TRUNCATE {named}, bench_effect, bench_bare CASCADE")


def tidy() -> None:
    """As autovacuum leaves tables behind some time after they have been filled."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def bytes_of() -> dict[str, int]:
    """What each table takes on the disk, indexes and all."""
    with connection.cursor() as cursor:
        found = {}
        for name in TABLES:
            cursor.execute("SELECT pg_total_relation_size(%s)", [f"payment_subscriptions_{name}"])
            found[name] = int(cursor.fetchone()[0])
    return found
