"""Look for known weaknesses of the pinned dependencies: ``make audit``.

Asks pip-audit about requirements/dev.txt, which pins what runs and what develops. Ends with 1 where one is
found. What the service that knows them cannot tell has not been audited: that is said plainly, and is no
failure, so that the rest can be checked without a network (``--strict``: it is one).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PINNED = ROOT / "requirements" / "dev.txt"
SECONDS_AT_MOST = 300


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Look for known weaknesses of the pinned dependencies.")
    parser.add_argument("--strict", action="store_true", help="fail where something could not be audited")
    parser.add_argument("pinned", nargs="?", default=str(PINNED), help="the file with the pins")
    options = parser.parse_args(arguments)
    packages, trouble = audited(options.pinned)
    found, lines = verdict(packages, trouble)
    print("\n".join(lines))
    return int(bool(found) or (options.strict and any("NOT AUDITED" in line for line in lines)))


def audited(pinned: str) -> tuple[list[dict[str, Any]], str]:
    """What pip-audit says of each package, and why it says nothing. Nothing is installed or resolved: the
    file pins everything, with hashes."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", pinned, "--disable-pip", "--no-deps"]
    try:
        looked = subprocess.run(
            [*command, "--progress-spinner", "off", "--format", "json"],
            capture_output=True,
            text=True,
            timeout=SECONDS_AT_MOST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return [], "it took too long"
    try:
        packages: list[dict[str, Any]] = json.loads(looked.stdout)["dependencies"]
    except (ValueError, KeyError):
        return [], (looked.stderr.strip().splitlines() or ["no answer"])[-1][:200]
    return packages, ""


def verdict(packages: list[dict[str, Any]], trouble: str) -> tuple[list[str], list[str]]:
    """The weaknesses, and what is to be said."""
    found = [
        f"{package['name']} {package['version']}: {weakness['id']}, mended in "
        f"{', '.join(weakness.get('fix_versions') or ['no version yet'])}"
        for package in packages
        for weakness in package.get("vulns") or ()
    ]
    skipped = [package["name"] for package in packages if package.get("skip_reason")]
    lines = [f"WEAK: {line}" for line in found]
    if trouble or not packages:
        lines.append(f"NOT AUDITED: the service of known weaknesses could not be asked ({trouble}).")
    elif skipped:
        lines.append(
            f"NOT AUDITED: {len(skipped)} of {len(packages)} packages, of which the service knows nothing "
            f"here: {', '.join(skipped[:5])}{' ...' if len(skipped) > 5 else ''}"
        )
    if len(skipped) < len(packages) and not found:
        lines.append(f"No known weakness in {len(packages) - len(skipped)} packages.")
    return found, lines


if __name__ == "__main__":
    sys.exit(main())
