from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from scripts import mutants

CODE = "def add(a, b):\n    return a + b\n\n\ndef spare(a):\n    return a\n"
TESTS = """\
import pytest
from sums import add, spare

@pytest.mark.parametrize("b", [0, 2])
def test_adds(b):
    assert add(1, b) == 1 + b

def test_loose():
    add(1, 2)

def test_wrong_already():
    assert add(1, 1) == 3
"""


def patch(changed: str, caught_by: str, breaks: str = "sums") -> str:
    header = "".join(f"Caught by: tests/test_sums.py::{test}\n" for test in caught_by.split())
    return f"Breaks: {breaks}\n{header}\n" + (
        "diff --git a/src/sums.py b/src/sums.py\n--- a/src/sums.py\n+++ b/src/sums.py\n"
        f"@@ -1,3 +1,3 @@\n def add(a, b):\n{changed} \n"
    )


SUBTRACTS = "-    return a + b\n+    return a - b\n"
GARBLED = "-    return a + b\n+    return (\n"
STALE = "-    return a * b\n+    return a - b\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    if shutil.which("git") is None:
        pytest.skip("needs git")
    for name, text in {
        "src/sums.py": CODE,
        "tests/test_sums.py": TESTS,
        "pytest.ini": "[pytest]\naddopts = -p no:django\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "tests/mutations").mkdir()
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return tmp_path


@pytest.mark.slow  # each case starts pytest twice
@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        pytest.param(patch(SUBTRACTS, "test_adds"), 0, "1 of 1 caught", id="caught"),
        pytest.param(patch(SUBTRACTS, "test_loose"), 1, "SURVIVED", id="its test does not look"),
        pytest.param(patch(SUBTRACTS, "test_adds[2]"), 0, "1 of 1 caught", id="one case of it"),
        pytest.param(patch(SUBTRACTS, "test_adds test_loose"), 1, "test_loose", id="one of two does not"),
        pytest.param(patch(GARBLED, "test_adds"), 1, "UNUSABLE", id="a syntax error is no mutation"),
        pytest.param(patch(STALE, "test_adds"), 1, "does not apply", id="the code has moved on"),
        pytest.param(patch(SUBTRACTS, "test_wrong_already"), 1, "do not pass", id="fails anyway"),
        pytest.param(patch(SUBTRACTS, "test_gone"), 1, "could not run", id="no such test"),
    ],
)
def test_a_mutation_counts_only_when_its_test_fails_because_of_it(
    tree: Path, text: str, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / "tests/mutations/wrong-sum.patch").write_text(text)
    assert mutants.main([], root=tree) == code
    assert said in capsys.readouterr().out
    assert (tree / "src/sums.py").read_text() == CODE


def test_a_mutation_says_what_it_breaks_and_who_notices(tree: Path) -> None:
    (tree / "tests/mutations/silent.patch").write_text("diff --git a/x b/x\n")
    with pytest.raises(SystemExit, match="Caught by"):
        mutants.main([], root=tree)


@pytest.mark.slow
def test_a_name_chooses_one(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "tests/mutations/one.patch").write_text(patch(SUBTRACTS, "test_adds"))
    (tree / "tests/mutations/two.patch").write_text(patch(SUBTRACTS, "test_loose"))
    assert mutants.main(["one"], root=tree) == 0
    with pytest.raises(SystemExit):
        mutants.main(["three"], root=tree)
    assert "no such mutation: three" in capsys.readouterr().err
