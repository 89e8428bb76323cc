"""Columns that several nouns share."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

MODES = [("real", _("Real")), ("sandbox", _("Sandbox")), ("demo", _("Demo"))]


def new_key() -> str:
    """An unguessable key, the same text in every database."""
    return uuid.uuid4().hex


def provider() -> models.CharField[Any, Any]:
    """The alias in GATEWAYS."""
    return models.CharField(_("provider"), max_length=40)


def mode() -> models.CharField[Any, Any]:
    return models.CharField(_("mode"), max_length=10, choices=MODES)


def swept_at() -> models.DateTimeField[Any, Any]:
    """When the sweep last gave it to the workers."""
    return models.DateTimeField(null=True, editable=False)


def amount() -> models.DecimalField[Any, Any]:
    """Whole pesos, or as many decimals as the currency has."""
    return models.DecimalField(_("amount"), max_digits=16, decimal_places=4)


def currency() -> models.CharField[Any, Any]:
    return models.CharField(_("currency"), max_length=3)
