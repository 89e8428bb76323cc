from __future__ import annotations

from tests.core.conftest import foreign

__all__ = ["foreign"]
