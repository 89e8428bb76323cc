"""A whole project: what is in it, that it is well formed, and that it runs."""

from __future__ import annotations

import itertools
import re
import shlex
import subprocess
import sys
from configparser import ConfigParser
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml
from django.conf import global_settings

from payment_subscriptions.generator import project
from payment_subscriptions.generator.answers import FEATURES, Answers, chosen_features, plans_in, providers_in
from payment_subscriptions.generator.exceptions import NotUnderstood, WillNotWrite
from payment_subscriptions.generator.rendering import FILES

from .conftest import NEW, Run

ROOT = Path(__file__).resolve().parents[2]
PLANS = "10000,20000,50000,100000,250000"


def answers(
    provider: str = "flow,stripe", plans: str = PLANS, features: str | None = None, language: str = "es"
) -> Answers:
    providers = providers_in(provider)
    found = plans_in(plans, "", (), providers, spanish=language == "es")
    return Answers(providers, found, chosen_features(features, [], []), language)


SOLD = {"flow": "10k CLP", "stripe": "9.99, 19.99 USD", "flow,stripe": PLANS}
WANTED = ((None, "es"), ("", "en"), (",".join(FEATURES), "es"))
COMBINATIONS = [
    *((provider, plans, *wanted) for provider, plans in SOLD.items() for wanted in WANTED),
    ("flow", "Básico=10k CLP mensuales y anuales, Visita=15k único", None, "en"),
    ("flow", "1,5 UF; 3 UF mensuales", "workers", "en"),
]


def test_its_python_is_in_order(tmp_path: Path) -> None:
    for number, combination in enumerate(COMBINATIONS):
        project.make(tmp_path / f"mi-tienda-{number}", answers(*combination))
    for check in ("check --select E,F,I,B,UP,SIM,W", "format --check"):
        ran = subprocess.run(
            [sys.executable, "-m", "ruff", *check.split(), "--isolated", "."],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize(("provider", "plans", "features", "language"), COMBINATIONS)
def test_nothing_of_the_templates_is_left(
    tmp_path: Path, provider: str, plans: str, features: str | None, language: str
) -> None:
    folder = tmp_path / "tienda"
    names = project.make(folder, answers(provider, plans, features, language))
    for name in names:
        text = (folder / name).read_text()
        assert not re.search(r"\[\[|<!--%|\x01|\x02", text), name
        assert name.endswith(".html") or not re.search(r"\{%|\{\{", text), name
    yaml.safe_load((folder / "compose.yaml").read_text())
    for unit in folder.glob("deploy/*"):
        ConfigParser(interpolation=None, strict=False).read_string(unit.read_text())
    readme = (folder / "README.md").read_text()
    assert ("Los planes" in readme) == (language == "es")
    assert "payments_doctor" in readme
    workers = "workers" in (features or "")
    assert (folder / "deploy/tienda-worker.service").exists() == workers


def test_the_recipes_variables_by_their_names(tmp_path: Path) -> None:
    project.make(tmp_path / "tienda", answers())
    names = re.findall(r"^(\w+)=", (tmp_path / "tienda/.env.example").read_text(), flags=re.MULTILINE)
    recipe = [
        "FLOW_API_KEY",
        "FLOW_SECRET",
        "FLOW_SANDBOX",
        "FLOW_BASE_URL",
        "FLOW_RETURN_URL",
        "FLOW_WEBHOOK_URL",
    ]
    stripe = ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "DATABASE_URL"]
    assert {*recipe, *stripe, "FLOW_PLAN_10000", "FLOW_PLAN_250000"} <= set(names)
    assert len(names) == len(set(names))
    read = set(
        itertools.chain.from_iterable(
            re.findall(r'env\.\w+\("(\w+)"', (tmp_path / "tienda/tienda" / name).read_text())
            for name in ("settings.py", "payments_settings.py")
        )
    ) | {"FLOW_PLAN_" + amount for amount in PLANS.split(",")}
    assert read - set(names) == {"DEBUG", "FLOW_API_URL"}
    assert set(names) <= read


def test_payers_read_the_projects_name_until_another_is_set(tmp_path: Path) -> None:
    project.make(tmp_path / "mi tienda", answers())
    assert 'env.text("SITE_NAME", "mi tienda")' in (
        tmp_path / "mi tienda/mi_tienda/payments_settings.py"
    ).read_text(encoding="utf-8")


def test_what_is_of_this_machine_is_not_for_git(tmp_path: Path) -> None:
    names = project.make(tmp_path / "tienda", answers())
    ignored = (tmp_path / "tienda/.gitignore").read_text().split()
    there = {path.name for path in (tmp_path / "tienda").iterdir()} - {
        name.partition("/")[0] for name in names
    }
    assert there <= set(ignored)
    secret = (tmp_path / "tienda/.env").read_text()
    assert len(secret) > 60
    assert (tmp_path / "tienda/.env").stat().st_mode & 0o077 == 0


def test_nothing_is_written_into_a_folder_that_has_something(tmp_path: Path) -> None:
    (tmp_path / "tienda").mkdir()
    (tmp_path / "tienda/mine.txt").write_text("mine")
    with pytest.raises(WillNotWrite):
        project.make(tmp_path / "tienda", answers())
    assert [path.name for path in (tmp_path / "tienda").iterdir()] == ["mine.txt"]


def test_an_empty_repository_is_empty(tmp_path: Path) -> None:
    (tmp_path / "tienda/.git").mkdir(parents=True)
    assert project.make(tmp_path / "tienda", answers())


def test_a_name_that_python_knows_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotUnderstood):
        project.make(tmp_path / "django", answers())
    assert not (tmp_path / "django").exists()


def test_every_template_is_used_and_in_the_package() -> None:
    used = {
        name.format(language=language)
        for name, _place, _needs in project.MANIFEST
        for language in ("es", "en")
    }
    used |= {
        "project/env.example-tpl",
        "into/env.example-tpl",
        "into/settings_block.py-tpl",
        "into/urls_block.py-tpl",
    }
    assert {path.relative_to(FILES).as_posix() for path in FILES.rglob("*") if path.is_file()} == used


@pytest.mark.slow
def test_the_files_are_in_the_wheel(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as archive:
        names = archive.namelist()
        (entry_points,) = (name for name in names if name.endswith("entry_points.txt"))
        assert b"payment-subscriptions = payment_subscriptions.__main__:main" in archive.read(entry_points)
    inside = {name.partition("/generator/files/")[2] for name in names} - {""}
    assert inside == {path.relative_to(FILES).as_posix() for path in FILES.rglob("*") if path.is_file()}


# --- as it is called --------------------------------------------------------------------------


def test_bad_answers_are_told_in_the_callers_language_and_write_nothing(run: Run, tmp_path: Path) -> None:
    unknown = ("tienda", "--provider", "flow", "--plans", "10k mensuaels")
    no_pesos = ("tienda", "--provider", "flow,stripe", "--plans", "9 USD")
    for arguments, locale, said in (
        (unknown, "es_CL.UTF-8", "no se entendió"),
        (unknown, "en_US.UTF-8", "not understood"),
        ((*unknown, "--language", "en"), "es_CL.UTF-8", "not understood"),
        (("tienda", "--provider", "flow"), "es_CL.UTF-8", "Falta --plans"),
        ((), "C", "Da un nombre"),
        (no_pesos, "es_CL.UTF-8", "Flow.cl no tendría nada que vender"),
    ):
        ran = run(*NEW, *arguments, LANG=locale)
        assert (ran.returncode, said in ran.stderr) == (2, True), ran.stderr
    assert list(tmp_path.iterdir()) == []


def checked(run: Run, folder: Path, **variables: str) -> set[str]:
    ran = run("manage.py", "check", "--deploy", folder=folder, **variables)
    return set(re.findall(r"\((\w+\.\w+)\)", ran.stderr))


ONLY_THE_OWNER = {
    "payments.E003",  # the site's address
    "payments.E101",  # keys of Flow
    "payments.E121",  # and of Stripe
    "payments.W130",  # what signs Stripe's notices
    "payments.W032",  # who sends the mails
    "security.W020",  # the same address
}


@pytest.mark.slow
@pytest.mark.parametrize("provider", ["flow", "stripe", "flow,stripe"])
def test_it_runs_and_passes_its_own_tests(run: Run, tmp_path: Path, provider: str) -> None:
    """The settings want whitenoise and dj-database-url, as requirements.txt says; without the first the test
    leaves its two lines out."""
    ran = run(*NEW, "tienda", "--provider", provider, "--plans", PLANS, "--currency", "CLP")
    assert ran.returncode == 0, ran.stderr
    folder = tmp_path / "tienda"
    without_whitenoise(folder)
    assert run("manage.py", "makemigrations", "--check", "--dry-run", folder=folder).returncode in (0, 1)
    tested = run("manage.py", "test", folder=folder)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert f"Ran {1 + len(provider.split(','))} tests" in tested.stderr
    missing = checked(run, folder)
    assert missing <= ONLY_THE_OWNER, missing
    assert "security.W020" in missing
    told = {
        "FLOW_BASE_URL": "https://tienda.cl",
        "BASE_URL": "https://tienda.cl",
        "FLOW_API_KEY": "a",
        "FLOW_SECRET": "b",
        "STRIPE_SECRET_KEY": "sk_test_a",
        "STRIPE_WEBHOOK_SECRET": "whsec_a",
        "DEFAULT_FROM_EMAIL": "hola@tienda.cl",
        "NUM_PROXIES": "1",
    }
    assert checked(run, folder, **told) == set()
    assert run("manage.py", "migrate", "-v0", folder=folder).returncode == 0


def without_whitenoise(folder: Path) -> None:
    if find_spec("whitenoise") is None:
        settings = folder / "tienda/settings.py"
        text = settings.read_text().replace('    "whitenoise.middleware.WhiteNoiseMiddleware",\n', "")
        plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
        settings.write_text(text.replace("whitenoise.storage.CompressedStaticFilesStorage", plain))


def test_the_languages_are_djangos() -> None:
    assert {"es", "en"} <= {code for code, _name in global_settings.LANGUAGES}


def makefile() -> str:
    return (FILES / "project/Makefile-tpl").read_text()


def test_every_command_of_the_makefile_exists() -> None:
    from django.core.management import get_commands

    known = {*get_commands(), "test", "db_worker"}
    called = {shlex.split(call)[0] for call in re.findall(r"\$\(MANAGE\) ([a-z_]+)", makefile())}
    assert called
    assert called <= known
