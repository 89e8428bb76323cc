"""A worker and a beat of Celery's as real processes, a real Redis, a subscription at a simulated Flow.

What is promised is the rows': the handler's effect is there once, whatever became of messages and workers.
"""

from __future__ import annotations

import os
import signal
import time

import pytest

from payment_subscriptions import inbox
from payment_subscriptions.gateways.base import Received
from payment_subscriptions.models import Receipt
from payment_subscriptions.sweep import sweep

from .conftest import Project, wait_until

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


def test_a_notice_is_worked_to_its_effect_by_the_worker(project: Project) -> None:
    assert project.hear(project.renewal())[0] == 200
    assert (project.waiting(), project.effects()) == (1, [])
    project.worker()
    project.wait_for_effects(1)
    assert project.waiting() == 0
    wait_until(lambda: not Receipt.objects.filter(done_at=None).exists())
    assert len(project.effects()) == 1


def test_copies_of_one_notice_have_one_effect(project: Project) -> None:
    token = project.renewal()
    project.worker()
    assert {project.hear(token)[0] for _ in range(20)} == {200}
    wait_until(lambda: project.begun("process_notice") == 20)
    wait_until(lambda: project.waiting() == 0)
    project.wait_for_effects(1)
    assert len(project.effects()) == 1


def test_what_a_killed_process_was_at_is_given_to_the_next_one(project: Project) -> None:
    """Without any sweep: the message was not acknowledged before it was done."""
    project.hold_the_handler()
    project.hear(project.renewal())
    project.worker()
    killed = project.held()
    project.hold_the_handler()
    os.kill(killed, signal.SIGKILL)
    assert project.held() != killed
    assert project.effects() == []
    project.let_go()
    project.wait_for_effects(1)
    assert project.begun("deliver") == 2
    assert len(project.effects()) == 1


def test_what_a_killed_worker_was_at_is_found_by_the_sweep(project: Project) -> None:
    """Redis gives its message to nobody for an hour."""
    project.hold_the_handler()
    project.hear(project.renewal())
    worker = project.worker()
    project.held()
    project.kill(worker)
    project.let_go()
    project.worker()
    time.sleep(3)
    assert project.effects() == []
    sweep()
    project.wait_for_effects(1)
    assert project.begun("deliver") == 2
    assert len(project.effects()) == 1


@pytest.mark.parametrize("trouble", ["died", "frozen"])
def test_a_broker_that_is_gone_costs_no_answer_and_the_sweep_does_the_work(
    project: Project, trouble: str
) -> None:
    token = project.renewal()
    project.redis.die() if trouble == "died" else project.redis.freeze()
    for _ in range(3):
        status, seconds = project.hear(token)
        assert status == 200
        assert seconds < 1
    assert project.waiting() == 1
    project.redis.start() if trouble == "died" else project.redis.thaw()
    project.worker()
    sweep()
    project.wait_for_effects(1)
    assert project.waiting() == 0
    assert len(project.effects()) == 1


def test_beat_has_what_nobody_told_the_workers_of_swept(project: Project) -> None:
    inbox.store("flow", Received(key=(token := project.renewal()), body=token))
    project.worker()
    project.beat(scale=1 / 30)
    project.wait_for_effects(1)
    assert project.begun("sweep") >= 1
    assert len(project.effects()) == 1


def test_sweeps_that_no_worker_took_are_not_made_up_for(project: Project) -> None:
    beat = project.beat(scale=1 / 60)
    wait_until(lambda: project.messages() >= 3)
    project.kill(beat)
    time.sleep(1.5)  # longer than that beat's minute
    project.worker()
    project.hear(project.renewal())
    project.wait_for_effects(1)
    assert project.begun("sweep") == 0
