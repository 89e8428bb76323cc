"""What the example is told from outside: the environment, and example/.env for what it does not say."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from payment_subscriptions import environment

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


class Environment(environment.Environment):
    def __init__(self, given: Mapping[str, str] = os.environ, file: Path | None = None) -> None:
        super().__init__(file or HERE / ".env", given)

    def folder(self) -> Path:
        """Where the demo keeps its database and logs; git ignores it."""
        return Path(self.text("DEMO_FOLDER", str(HERE / "var")))

    def uses_simulator(self) -> bool:
        """Without an account at either provider, and unless real money is asked for, the simulators stand
        for both: never one of them beside a real account, for their clock is the site's."""
        has_keys = self.has_flow() or self.text("STRIPE_SECRET_KEY")
        return not has_keys and self.flag("FLOW_SANDBOX", True)

    def has_flow(self) -> bool:
        return bool(self.text("FLOW_API_KEY") or self.text("FLOW_SECRET"))
