"""Django as worker and beat have it: database, gateway and broker of the test that started them."""

from __future__ import annotations

import json
import os

from tests.settings import *  # noqa: F403

_given = json.loads(os.environ["TEST_PROJECT"])

DATABASES = _given["databases"]
PAYMENT_SUBSCRIPTIONS = _given["payments"]
TASKS = _given["tasks"]
CELERY_BROKER_URL = _given["broker"]
INSTALLED_APPS = [*INSTALLED_APPS, "tests.contrib.merchant.Merchant"]  # noqa: F405
