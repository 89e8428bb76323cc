"""Break the code on purpose and see that its test notices: ``make mutants``, ``make mutants ARGS=name``.

Each tests/mutations/*.patch is a git patch under a few header lines::

    Breaks: the invariant, in a sentence
    Caught by: tests/test_inbox.py::test_a_repeat_is_one_row
    Needs: postgres

"Caught by" may stand more than once: every test named must fail on its own account. "Needs" is
left out where SQLite will do. The tests are first run on the code as it is, and must pass.
A mutation runs in a copy of the tree, so nothing here is ever changed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from scripts.postgres import running_postgres

ROOT = Path(__file__).resolve().parent.parent
AT_ONCE = 2
SECONDS_AT_MOST = 300
TESTS_FAILED = 1  # pytest's exit codes: 0 all passed, 1 some failed, anything else never ran them
FOREIGN_VARIABLES = ("PYTEST_", "COV_", "COVERAGE_", "DJANGO_", "DATABASE_URL", "PYTHONPATH", "TOX_")


class Unusable(Exception):
    """The mutation says nothing about the tests: it must be repaired first."""


@dataclass(frozen=True)
class Mutation:
    patch: Path
    breaks: str
    caught_by: tuple[str, ...]
    needs_postgres: bool

    @property
    def name(self) -> str:
        return self.patch.stem


def read(patch: Path) -> Mutation:
    header: list[tuple[str, str]] = []
    for line in patch.read_text().splitlines():
        if line.startswith(("diff --git", "--- ")):
            break
        key, _, value = line.partition(":")
        header.append((key.strip().lower(), value.strip()))
    breaks = " ".join(value for key, value in header if key == "breaks")
    caught_by = tuple(value for key, value in header if key == "caught by" and value)
    if not breaks or not caught_by:
        raise SystemExit(f'{patch}: the lines before the diff must say "Breaks: ..." and "Caught by: ..."')
    return Mutation(patch, breaks, caught_by, needs_postgres=("needs", "postgres") in header)


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(
        prog="mutants", description="Break the code, demand that its test fails."
    )
    parser.add_argument("names", nargs="*", help="which of tests/mutations; all when none is named")
    names = parser.parse_args(arguments).names
    mutations = [read(patch) for patch in sorted((root / "tests/mutations").glob("*.patch"))]
    if unknown := set(names) - {mutation.name for mutation in mutations}:
        parser.error(f"no such mutation: {', '.join(sorted(unknown))}")
    return run([mutation for mutation in mutations if not names or mutation.name in names], root)


def run(mutations: list[Mutation], root: Path) -> int:
    if not mutations:
        print("mutants: there are none")
        return 0
    with database(any(mutation.needs_postgres for mutation in mutations)) as postgres:
        try:
            expect_all_to_pass(mutations, root, postgres)
        except Unusable as reason:
            print(f"mutants: {reason}")
            return 1
        failures = 0
        with ThreadPoolExecutor(AT_ONCE) as pool:
            attempts = {pool.submit(verdict, mutation, root, postgres): mutation for mutation in mutations}
            for attempt in as_completed(attempts):
                caught, line = attempt.result()
                failures += not caught
                print(line, flush=True)
    print(f"mutants: {len(mutations) - failures} of {len(mutations)} caught")
    return 1 if failures else 0


@contextmanager
def database(needed: bool) -> Iterator[str]:
    given = os.environ.get("DATABASE_URL", "")
    with nullcontext(given) if given or not needed else running_postgres() as url:
        yield url


def expect_all_to_pass(mutations: list[Mutation], root: Path, postgres: str) -> None:
    """A test that fails on the code as it is would seem to catch anything."""
    with copy_of(root) as copy:
        expect_the_copy_to_be_imported(copy)
        for needs_postgres in (False, True):
            tests = [t for m in mutations if m.needs_postgres is needs_postgres for t in m.caught_by]
            if not tests:
                continue
            url = postgres_for("unbroken", postgres, needs_postgres)
            ran = Ran.of(dict.fromkeys(tests), copy, url, processes=AT_ONCE if len(mutations) > 1 else 0)
            if wrong := [test for test in tests if not ran.passed(test)]:
                failed = "\n  ".join(dict.fromkeys(wrong))
                raise Unusable(f"on the code as it is, these do not pass:\n  {failed}\n{ran.output}")


def verdict(mutation: Mutation, root: Path, postgres: str) -> tuple[bool, str]:
    """Whether every named test failed on the broken code, and the line that says so."""
    began = time.monotonic()
    try:
        with copy_of(root) as copy:
            apply(mutation, copy)
            url = postgres_for(mutation.name, postgres, mutation.needs_postgres)
            ran = Ran.of(mutation.caught_by, copy, url)
    except Unusable as reason:
        return False, f"UNUSABLE  {mutation.name}: {reason}"
    seconds = f"{time.monotonic() - began:.1f} s"
    if survived := [test for test in mutation.caught_by if not ran.failed(test)]:
        return False, f"SURVIVED  {mutation.name} ({mutation.breaks}): still passing: {', '.join(survived)}"
    return True, f"caught    {mutation.name} ({seconds})"


@contextmanager
def copy_of(root: Path) -> Iterator[Path]:
    """The tree as git sees it, uncommitted work included, without what git ignores."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=root, check=True, capture_output=True, text=True).stdout
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        for name in filter(None, listed.split("\0")):
            if (root / name).is_file():
                (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(root / name, Path(folder) / name)
        yield Path(folder)


def apply(mutation: Mutation, copy: Path) -> None:
    command = ["git", "apply", "--whitespace=nowarn", str(mutation.patch.resolve())]
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(copy.parent)}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unusable(f"the patch does not apply any more\n{done.stderr.strip()}")


def expect_the_copy_to_be_imported(copy: Path) -> None:
    """The package is installed in editable form: the copy must come first all the same."""
    for module in sorted({path.stem for path in (copy / "src").iterdir()}):
        code = f"import importlib.util as u; print(u.find_spec({module!r}).origin)"
        python = [sys.executable, "-c", code]
        done = subprocess.run(
            python, cwd=copy, env=environment_of(copy), capture_output=True, text=True, check=False
        )
        if not done.stdout.startswith(str(copy)):
            raise Unusable(f"{module} is imported from {done.stdout or done.stderr}, not from the copy")


def environment_of(copy: Path, url: str = "") -> dict[str, str]:
    """Ours, without what a surrounding test run left in it, and with the copy's code first."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN_VARIABLES)}
    return {**kept, "PYTHONPATH": str(copy / "src"), "DATABASE_URL": url, "PYTHONDONTWRITEBYTECODE": "1"}


def postgres_for(name: str, url: str, needed: bool) -> str:
    """A database of its own for each mutation, since two run at once; Django makes and drops it."""
    if not needed:
        return ""
    return urlunsplit(urlsplit(url)._replace(path="/mutant_" + name.replace("-", "_")[:40]))


@dataclass(frozen=True)
class Ran:
    """What became of the tests, by pytest's own report."""

    outcomes: dict[str, bool | None]  # node id: passed, or None when skipped
    output: str

    @classmethod
    def of(cls, tests: Iterable[str], copy: Path, url: str, *, processes: int = 0) -> Ran:
        report = copy / "mutants-report.xml"
        seconds = SECONDS_AT_MOST * (4 if processes else 1)  # the tests of all the mutations, or of one
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-n",
            str(processes),
            "--dist=loadfile",
            "--tb=short",
        ]
        process = subprocess.Popen(
            [*command, f"--junit-xml={report}", *tests],
            cwd=copy,
            env=environment_of(copy, url),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise Unusable(f"its tests took more than {seconds} s") from None
        if process.returncode not in (0, TESTS_FAILED):
            raise Unusable(f"pytest could not run its tests\n{output}")
        return cls(outcomes_in(report), output)

    def passed(self, test: str) -> bool:
        return self._cases(test, all, True)

    def failed(self, test: str) -> bool:
        return self._cases(test, any, False)

    def _cases(self, test: str, how: Callable[[Iterable[bool]], bool], wanted: bool) -> bool:
        """A test without brackets stands for all its parametrised cases, a class for its methods."""
        cases = [
            passed is wanted
            for name, passed in self.outcomes.items()
            if name == test or name.startswith((f"{test}[", f"{test}::"))
        ]
        return bool(cases) and how(cases)


def outcomes_in(report: Path) -> dict[str, bool | None]:
    outcomes: dict[str, bool | None] = {}
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it just now
        name = node_id(case.get("classname", ""), case.get("name", ""))
        if case.find("skipped") is not None:
            outcomes.setdefault(name, None)
        else:
            passed = case.find("failure") is None and case.find("error") is None
            outcomes[name] = passed and outcomes.get(name) is not False
    return outcomes


def node_id(classname: str, name: str) -> str:
    """pytest's report says tests.test_inbox.TestRepeats; a node id says tests/test_inbox.py::TestRepeats."""
    parts = classname.split(".")
    last = next((i for i, part in enumerate(parts) if part.startswith("test_")), len(parts) - 1)
    return "::".join(["/".join(parts[: last + 1]) + ".py", *parts[last + 1 :], name])


if __name__ == "__main__":
    sys.exit(main())
