"""The audit fails on a weakness, and never calls good what nobody looked at."""

from __future__ import annotations

from pathlib import Path

from scripts import audit

GOOD = {"name": "good", "version": "1", "vulns": []}
WEAK = {"name": "weak", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
SKIPPED = {"name": "skipped", "version": "", "skip_reason": "not found"}


def test_a_weakness_is_found_and_said() -> None:
    found, lines = audit.verdict([GOOD, WEAK], "")
    assert found == ["weak 2: PYSEC-1, mended in 3"]
    assert lines == ["WEAK: weak 2: PYSEC-1, mended in 3"]


def test_what_nobody_looked_at_is_not_called_good() -> None:
    for packages, trouble in (([], "no network"), ([SKIPPED], "")):
        found, lines = audit.verdict(packages, trouble)
        assert found == []
        assert [line.split(":")[0] for line in lines] == ["NOT AUDITED"]
    assert len(audit.verdict([GOOD, SKIPPED], "")[1]) == 2


def test_all_good() -> None:
    assert audit.verdict([GOOD], "") == ([], ["No known weakness in 1 packages."])


def test_without_an_answer_it_goes_on_unless_told_to_be_strict(tmp_path: Path) -> None:
    nothing = str(tmp_path / "none.txt")
    assert audit.main([nothing]) == 0
    assert audit.main(["--strict", nothing]) == 1
