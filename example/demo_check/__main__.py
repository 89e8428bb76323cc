"""``python -m example.demo_check [merchant ...]``: one process for each merchant."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

from .merchants import MERCHANTS, check


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if len(arguments) == 1 and arguments[0] in MERCHANTS:
        return check(arguments[0])
    began = time.monotonic()
    for name in arguments or MERCHANTS:
        # A process for each: settings are read once.
        ran = subprocess.run([sys.executable, "-m", "example.demo_check", name], check=False)
        if ran.returncode:
            return ran.returncode
    print(f"all as it must be ({time.monotonic() - began:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
