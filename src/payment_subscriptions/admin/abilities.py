"""What the gateway of a row can do, also where the settings have lost it."""

from __future__ import annotations

from ..exceptions import ConfigurationError
from ..gateways import gateways
from ..gateways.base import Capabilities
from ..models import Subscription


def capabilities(row: Subscription) -> Capabilities:
    """Nothing where the settings have lost the gateway."""
    try:
        return gateways.of(row).capabilities_of(row.strategy)
    except ConfigurationError:
        return Capabilities()
