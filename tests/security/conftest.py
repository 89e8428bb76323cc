from __future__ import annotations

from tests.core.conftest import foreign, threads
from tests.flow.conftest import flow, running_flow, shop

__all__ = ["flow", "foreign", "running_flow", "shop", "threads"]
