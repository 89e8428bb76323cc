from __future__ import annotations

import pytest

# Of the contract, what takes many times as long as the rest: the slow run has it.
SLOW = (
    "test_a_year_in_any_order[1]",
    "test_a_year_in_any_order[2]",
    "TestByPage::test_told_twenty_times_is_told_once",
    "TestByPage::test_a_year_in_any_order",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/contract/" in item.nodeid and any(name in item.nodeid for name in SLOW):
            item.add_marker(pytest.mark.slow)
