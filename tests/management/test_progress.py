"""The line that shows how far a long command is: on a terminal only."""

from __future__ import annotations

from io import StringIO

from payment_subscriptions.management.progress import ProgressBar


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_where_the_end_is_known_and_a_number_where_it_is_not() -> None:
    terminal = Terminal()
    ProgressBar(terminal, delay=0)("flow", "subscriptions", 500, 1000)
    assert terminal.getvalue() == f"\rflow: [{'#' * 12}{'.' * 12}] 500/1000 subscriptions"
    terminal = Terminal()
    bar = ProgressBar(terminal, delay=0)
    bar("flow", "payments", 500, 0)
    bar.close()
    assert terminal.getvalue().split("\r")[1:] == ["flow: 500 payments", " " * len("flow: 500 payments"), ""]


def test_nothing_where_nobody_looks_or_nothing_takes_long() -> None:
    file, terminal = StringIO(), Terminal()
    ProgressBar(file, delay=0)("flow", "payments", 500, 0)
    quick = ProgressBar(terminal)
    quick("flow", "payments", 500, 0)
    quick.close()
    assert file.getvalue() == terminal.getvalue() == ""
