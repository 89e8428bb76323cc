"""Make .venv from the lock, with nothing but a Python: ``python3 scripts/bootstrap.py``.

Does nothing when .venv already holds what requirements/dev.txt and pyproject.toml ask for.
Quiet unless it works or fails. Written for any Python 3, so that an old one is told what is
missing instead of meeting a syntax error.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, "made-from")
LOCK = os.path.join(ROOT, "requirements", "dev.txt")
PROJECT = os.path.join(ROOT, "pyproject.toml")


def main() -> None:
    had, wanted = stamp(), [fingerprint(LOCK), fingerprint(PROJECT)]
    if had == wanted:
        return
    try:
        if had[:1] != wanted[:1]:
            make_venv()
        pip_install("--no-deps", "--no-build-isolation", "--editable", ROOT)
    except BaseException:
        shutil.rmtree(VENV, ignore_errors=True)
        raise
    with open(STAMP, "w") as file:
        file.write("\n".join(wanted))


def make_venv() -> None:
    python = new_enough_python()
    say("Preparing .venv with {} (once, about a minute) ...".format(python))
    shutil.rmtree(VENV, ignore_errors=True)
    run([python, "-m", "venv", VENV], hint=NO_VENV)
    pip_install("--no-deps", "--require-hashes", "--requirement", LOCK)


def pip_install(*arguments: str) -> None:
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
    run([*pip, *arguments], hint=NO_PACKAGES)


def stamp() -> "list[str]":
    """What .venv was made from; empty when there is none, or one whose Python has gone."""
    if not os.path.exists(STAMP) or not os.path.exists(PYTHON):
        return []
    with open(STAMP) as file:
        return file.read().split("\n")


def fingerprint(path: str) -> str:
    digest = hashlib.sha256(ROOT.encode())  # a tree that was moved needs another .venv
    with open(path, "rb") as file:
        digest.update(file.read())
    return digest.hexdigest()


def new_enough_python() -> str:
    """The Python that runs this, or a newer one that is installed beside it."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for name in ("python3.13", "python3.12", "python3.11"):
        found = shutil.which(name)
        if found and answers(found):
            return found
    give_up(
        "payment-subscriptions needs Python {}.{} or newer; this is {}.{}.\n"
        "Install one (Debian: apt install python3.11 python3.11-venv), or say which to use:\n"
        "  python3.12 scripts/bootstrap.py".format(*OLDEST, *sys.version_info[:2])
    )
    raise AssertionError


def answers(python: str) -> bool:
    """Whether it runs at all: a version manager's shim may exist for a Python that is not chosen."""
    return subprocess.call([python, "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


NO_VENV = (
    "The virtual environment could not be made. Python's own venv and ensurepip are needed;\n"
    "Debian and Ubuntu ship them apart: apt install python3-venv"
)
NO_PACKAGES = (
    "The packages of requirements/dev.txt could not be installed. Is a package index reachable?\n"
    "Behind a mirror, set PIP_INDEX_URL."
)


def run(command: "list[str]", hint: str = "") -> None:
    """Run it silently; when it fails, show all that it said and what may help."""
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    with tempfile.TemporaryFile() as output:
        code = subprocess.call(command, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT)
        if code != 0:
            output.seek(0)
            say(output.read().decode(errors="replace"))
            give_up("Failed: {}\n{}".format(" ".join(command), hint))


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def give_up(text: str) -> None:
    say(text)
    raise SystemExit(1)


if __name__ == "__main__":
    main()
