"""A Django with the same middleware and none of our apps: what a web process weighs without them."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.bare_settings"
application = get_wsgi_application()
