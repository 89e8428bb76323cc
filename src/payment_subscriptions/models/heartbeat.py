from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils import timezone


class HeartbeatManager(models.Manager["Heartbeat"]):
    def beat(self, name: str) -> None:
        """It is at work now. One statement."""
        self.bulk_create(
            [self.model(name=name, at=timezone.now())],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["at"],
        )

    def last_beat(self, name: str) -> datetime | None:
        """When it was last at work, None where it never was."""
        return self.filter(name=name).values_list("at", flat=True).first()


class Heartbeat(models.Model):
    """When a part of the machinery was last at work: "sweep" once one has come to its end, "workers" once one
    of them was asked.

    By the machine's clock, not by that of the business: a month moved on at a simulator is no sweep that was
    missed.
    """

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    objects = HeartbeatManager()

    def __str__(self) -> str:
        return f"{self.name}: {self.at}"
