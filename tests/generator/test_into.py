"""The app added to a project that exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import NEW, Run

INTO = (*NEW, "--into", ".", "--provider", "flow,stripe", "--plans", "10k, 20k CLP mensuales")


@pytest.fixture
def site(run: Run, tmp_path: Path) -> Path:
    assert run("-m", "django", "startproject", "site_a").returncode == 0
    return tmp_path / "site_a"


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in (".pyc", ".sqlite3")
    }


def test_the_difference_is_shown_and_nothing_is_written_without_a_yes(run: Run, site: Path) -> None:
    before = contents(site)
    for more in ((), ("--dry-run",), ("--dry-run", "--yes")):
        ran = run(*INTO, *more, folder=site)
        assert ran.returncode == 1
        assert '+INSTALLED_APPS = [*INSTALLED_APPS, "payment_subscriptions"]' in ran.stdout
        assert "--- /dev/null\n+++ b/site_a/payments_settings.py" in ran.stdout
        assert "No se escribió nada" in ran.stderr
        assert contents(site) == before
    assert '"SITE_NAME": env.text("SITE_NAME"),' in ran.stdout  # a folder's name is no shop's


def test_what_is_shown_is_what_is_written_and_a_second_time_there_is_nothing_to_do(
    run: Run, site: Path
) -> None:
    before = contents(site)
    ran = run(*INTO, "--yes", folder=site)
    assert ran.returncode == 0, ran.stderr
    after = contents(site)
    shown = {line[6:] for line in ran.stdout.splitlines() if line.startswith("+++ b/")}
    assert {name for name in after if after[name] != before.get(name)} == shown
    for name, text in before.items():
        assert after[name].startswith(text)  # added to, never rewritten
    again = run(*INTO, "--yes", folder=site)
    assert (again.returncode, again.stdout.strip()) == (0, "No hay nada que hacer: ya está todo.")
    assert contents(site) == after


@pytest.mark.slow
def test_its_tests_pass_and_a_payer_subscribes(run: Run, site: Path) -> None:
    theirs = "from django.test import TestCase\n\n\nclass T(TestCase):\n    def test_login(self):\n"
    theirs += "        self.assertEqual(self.client.get('/admin/login/').status_code, 200)\n"
    (site / "site_a/tests.py").write_text(theirs)
    assert run(*INTO, "--yes", folder=site).returncode == 0
    ran = run("manage.py", "test", folder=site)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Ran 4 tests" in ran.stderr


SETTINGS = {
    "a tuple": 'INSTALLED_APPS = ("django.contrib.auth", "django.contrib.contenttypes")',
    "a sum": 'MINE = ["django.contrib.auth"]\nINSTALLED_APPS = ["django.contrib.contenttypes"] + MINE',
    "more": 'INSTALLED_APPS = []\nINSTALLED_APPS += ["django.contrib.auth", "django.contrib.contenttypes"]',
}
REST = """
SECRET_KEY = "x"
ROOT_URLCONF = "site_b.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
"""


def make_site(
    folder: Path, apps: str, urls: str = "urlpatterns = []\n", settings: str = "settings.py"
) -> Path:
    place = folder / "site_b" / settings
    place.parent.mkdir(parents=True)
    (folder / "site_b/__init__.py").touch()
    place.write_text(apps + REST)
    (folder / "site_b/urls.py").write_text(urls)
    manage = 'import os, sys\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_b.settings")\n'
    manage += (
        "from django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n"
    )
    (folder / "manage.py").write_text(manage)
    return folder


LOOK = (
    "import os, sys; sys.path.insert(0, '.'); os.environ['DJANGO_SETTINGS_MODULE'] = 'site_b.settings'\n"
    "import django; django.setup()\n"
    "from django.apps import apps; from django.urls import reverse\n"
    "print(apps.is_installed('payment_subscriptions'), reverse('payments:plans'))"
)


@pytest.mark.slow
@pytest.mark.parametrize("kind", SETTINGS)
def test_apps_may_be_written_in_several_ways(run: Run, tmp_path: Path, kind: str) -> None:
    folder = make_site(tmp_path / "b", SETTINGS[kind])
    ran = run(*INTO, "--yes", folder=folder)
    assert ran.returncode == 0, ran.stderr
    looked = run("-c", LOOK, folder=folder)
    assert looked.stdout.split() == ["True", "/pagos/"], looked.stderr


@pytest.mark.slow
def test_settings_that_take_all_from_another_file(run: Run, tmp_path: Path) -> None:
    folder = make_site(tmp_path / "b", SETTINGS["a tuple"], settings="settings/base.py")
    (folder / "site_b/settings/__init__.py").write_text("from .base import *\nDEBUG = True\n")
    ran = run(*INTO, "--yes", folder=folder)
    assert ran.returncode == 0, ran.stderr
    assert (folder / "site_b/settings/payments_settings.py").is_file()
    assert run("-c", LOOK, folder=folder).stdout.split() == ["True", "/pagos/"]
    assert ".parents[2]" in (folder / "site_b/settings/payments_settings.py").read_text()


NOT_UNDERSTOOD = {
    "apps by a function": ("INSTALLED_APPS = list_of_apps()", "urlpatterns = []\n"),
    "no apps": ("APPS = []", "urlpatterns = []\n"),
    "no patterns": (SETTINGS["a tuple"], "patterns = []\n"),
    "no Python": ("INSTALLED_APPS = [", "urlpatterns = []\n"),
}


@pytest.mark.sampled(2)
@pytest.mark.parametrize("kind", NOT_UNDERSTOOD)
def test_what_it_does_not_understand_it_leaves_alone(run: Run, tmp_path: Path, kind: str) -> None:
    folder = make_site(tmp_path / "b", *NOT_UNDERSTOOD[kind])
    before = contents(folder)
    ran = run(*INTO, "--yes", folder=folder)
    assert ran.returncode == 1
    assert 'INSTALLED_APPS = [*INSTALLED_APPS, "payment_subscriptions"]' in ran.stderr  # by hand
    assert 'include("payment_subscriptions.urls")' in ran.stderr
    assert contents(folder) == before


def test_no_project(run: Run, tmp_path: Path) -> None:
    ran = run(*INTO, "--yes")
    assert ran.returncode == 1
    assert "manage.py" in ran.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_file_of_something_else_is_not_overwritten(run: Run, tmp_path: Path) -> None:
    folder = make_site(tmp_path / "b", SETTINGS["a tuple"])
    (folder / "site_b/payments_plans.py").write_text("# mine\n")
    before = contents(folder)
    ran = run(*INTO, "--yes", folder=folder)
    assert (ran.returncode, "payments_plans.py" in ran.stderr) == (1, True)
    assert contents(folder) == before


def test_the_line_ends_of_a_file_stay_as_they_are(run: Run, tmp_path: Path) -> None:
    folder = make_site(tmp_path / "b", SETTINGS["a tuple"])
    urls = folder / "site_b/urls.py"
    urls.write_bytes(b"urlpatterns = []\r\n# end")
    (folder / "requirements.txt").write_text("Django")
    (folder / ".env.example").write_text("SECRET_KEY=\nFLOW_API_KEY=\n")
    assert run(*INTO, "--yes", folder=folder).returncode == 0
    assert b"\n" not in urls.read_bytes().replace(b"\r\n", b"")
    assert (folder / "requirements.txt").read_text().startswith("Django\npayment-subscriptions[")
    env = (folder / ".env.example").read_text()
    assert env.startswith("SECRET_KEY=\nFLOW_API_KEY=\n")
    assert env.count("FLOW_API_KEY=") == 1


CUSTOM_USER = """
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models


class People(BaseUserManager):
    def create_user(self, email, password=None, **more):
        person = self.model(email=email, **more)
        person.set_password(password)
        person.save()
        return person

    def create_superuser(self, email, password=None, **more):
        return self.create_user(email, password, is_staff=True, is_superuser=True, **more)


class Person(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(unique=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    objects = People()
    USERNAME_FIELD = "email"
"""
THEIR_TEST = """
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import TestCase


class PeopleTests(TestCase):
    def test_a_person(self):
        get_user_model().objects.create_user("ana@correo.cl", "x")
        assert connection.vendor == "postgresql"
"""


@pytest.mark.slow
def test_a_user_model_of_their_own_on_postgresql(run: Run, site: Path) -> None:
    from scripts.postgres import running_postgres

    app = site / "people"
    (app / "migrations").mkdir(parents=True)
    for name in ("__init__.py", "migrations/__init__.py"):
        (app / name).touch()
    (app / "models.py").write_text(CUSTOM_USER)
    (app / "tests.py").write_text(THEIR_TEST)
    with (site / "site_a/settings.py").open("a") as settings:
        settings.write("\nimport os\nimport dj_database_url\nINSTALLED_APPS += ['people']\n")
        settings.write("AUTH_USER_MODEL = 'people.Person'\n")
        settings.write("DATABASES = {'default': dj_database_url.parse(os.environ['DATABASE_URL'])}\n")
    with running_postgres() as url:
        assert run("manage.py", "makemigrations", "people", folder=site, DATABASE_URL=url).returncode == 0
        assert run(*INTO, "--yes", folder=site).returncode == 0
        ran = run("manage.py", "test", folder=site, DATABASE_URL=url)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "Ran 4 tests" in ran.stderr
