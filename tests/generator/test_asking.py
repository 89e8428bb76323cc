"""What is not said by an option is asked at the terminal, again until it is understood."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import NEW, SPANISH


def typed(folder: Path, lines: list[str], *arguments: str) -> tuple[int, str]:
    """What a person types, one line after the other; the exit code and what the terminal showed."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, *NEW, *arguments], cwd=folder, env=os.environ | SPANISH | {"LC_ALL": ""},
        stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        os.write(ours, "".join(f"{line}\n" for line in lines).encode())
        said, _nothing = process.communicate(timeout=120)
    os.close(ours)
    os.close(theirs)
    return process.returncode, said


def test_three_questions_make_a_project(tmp_path: Path) -> None:
    code, said = typed(tmp_path, ["paypal", "ambos", "muchos", "10k, 20k CLP mensuales", "admin"], "tienda")
    assert code == 0, said
    assert "«paypal» no es un proveedor" in said
    assert "«muchos»" in said
    assert "Características: admin" in said
    plans = (tmp_path / "tienda/tienda/plans.py").read_text()
    assert "plan_10000_monthly_v1" in plans
    assert "stripe" in (tmp_path / "tienda/tienda/payments_settings.py").read_text()


@pytest.mark.slow
def test_a_no_at_the_end_writes_nothing(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "django", "startproject", "shop", "."], cwd=tmp_path, check=True)
    before = {path: path.read_text() for path in tmp_path.rglob("*.py")}
    answers = ("--into", ".", "--provider", "flow", "--plans", "10k", "--features", "admin")
    code, said = typed(tmp_path, ["n"], *answers)
    assert code == 1, said
    assert "¿Escribir esto?" in said
    assert {path: path.read_text() for path in tmp_path.rglob("*.py")} == before
    code, said = typed(tmp_path, ["sí"], *answers)
    assert code == 0, said
    assert (tmp_path / "shop/payments_settings.py").is_file()
