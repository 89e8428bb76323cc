"""What the provider tells, in whatever way it arrives: a hint and no more."""

from __future__ import annotations

import random

import pytest

from payment_subscriptions.models import Notice
from payment_subscriptions.sweep import sweep

from .bench import Bench
from .living import fall_behind
from .steps import begin, expect_paid, needs, subscribe, sweep_for, truth

A_YEAR = 12


@pytest.mark.django_db(transaction=True)
class Notices:
    def test_told_twenty_times_is_told_once(self, bench: Bench) -> None:
        bench.renew(subscribe(bench))
        bench.deliver_new()
        needs(bench.notices(), "tells nothing")
        expect_paid(bench, times=2)
        seen, rows = truth(), Notice.objects.count()
        for notice in bench.notices():
            assert {notice.deliver().status_code for _copy in range(20)} == {200}
        assert truth() == seen
        assert Notice.objects.count() == rows

    def test_told_late_it_undoes_nothing(self, bench: Bench) -> None:
        """The newest first: what came after the others is true already."""
        row = subscribe(bench)
        for _month in range(3):
            bench.renew(row)
        newest, *older = reversed(list(bench.notices()))
        newest.deliver()
        sweep_for(bench, days=1)
        expect_paid(bench, times=4)
        seen = truth()
        for notice in older:
            notice.deliver()
        assert truth() == seen

    @pytest.mark.parametrize("seed", range(3))
    def test_a_year_in_any_order(self, bench: Bench, seed: int) -> None:
        """Lost, doubled, late and out of order: the rows are what the provider says in the end."""
        dice = random.Random(seed)  # noqa: S311 - to be repeatable
        row = subscribe(bench)
        for _month in range(A_YEAR):
            bench.renew(row)
            known = list(bench.notices())
            for notice in dice.sample(known, min(2, len(known))):
                notice.deliver()
        everything = [*bench.notices()] * 2
        dice.shuffle(everything)
        for notice in everything:
            assert notice.deliver().status_code == 200
        sweep_for(bench, days=1)
        row = expect_paid(bench, times=A_YEAR + 1)
        ends = sorted(payment.period_end for payment in row.payments.all() if payment.period_end)
        assert len(set(ends)) == A_YEAR + 1
        assert row.paid_through is not None
        assert row.paid_through >= ends[-1]

    def test_forged_while_something_is_owed(self, bench: Bench) -> None:
        """400 for what is no notice, 404 for what the provider, asked, does not know; 200 for a genuine
        one with claims that are ignored. Never a change."""
        fall_behind(bench, after=1)
        seen, rows = truth(), Notice.objects.count()
        answers = [forged.deliver() for notice in bench.notices() for forged in bench.forge(notice)]
        needs(answers, "tells nothing that could be forged")
        expected = {400} if bench.signs_notices else {200, 400, 404}
        assert {answer.status_code for answer in answers} <= expected
        sweep()
        assert truth() == seen
        if bench.signs_notices:
            assert Notice.objects.count() == rows

    def test_forged_before_anything_is_paid(self, bench: Bench) -> None:
        begin(bench.monthly)
        seen = truth()
        for notice in bench.notices():
            for forged in bench.forge(notice):
                assert forged.deliver().status_code < 500
        assert truth() == seen

    def test_told_of_the_other_mode(self, bench: Bench) -> None:
        """A live event at a sandbox account, or the other way round, is none of ours."""
        subscribe(bench)
        seen = truth()
        assert bench.notice_of_other_mode().deliver().status_code < 500
        sweep()
        assert truth() == seen
