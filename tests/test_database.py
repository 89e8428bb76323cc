"""The two databases that the suite runs on behave as the code counts on."""

from __future__ import annotations

import threading

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection, transaction


@pytest.mark.postgres
@pytest.mark.django_db
def test_postgres_is_the_real_one() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT version()")
        assert cursor.fetchone()[0].startswith("PostgreSQL")


@pytest.mark.django_db(transaction=True)
def test_threads_that_write_at_once_wait_for_each_other() -> None:
    if "transaction_mode" not in settings.DATABASES["default"]["OPTIONS"] and connection.vendor == "sqlite":
        pytest.skip("SQLite takes its lock late before Django 5.1")
    group = Group.objects.create(name="0")
    failures: list[Exception] = []

    def count_up() -> None:
        try:
            with transaction.atomic():
                row = Group.objects.select_for_update().get(pk=group.pk)
                row.name = str(int(row.name) + 1)
                row.save()
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=count_up) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    group.refresh_from_db()
    assert group.name == "8"
