"""A real PostgreSQL on a Unix socket of its own, for the tests of one worker process."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from .programs import require_program

_SUPERUSER = "gradient"

# Durability costs time and protects nothing here: the cluster is thrown away.
_SETTINGS = {
    "listen_addresses": "''",  # the socket alone: no port, nothing to clash with
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
}


@contextlib.contextmanager
def running_postgres() -> Iterator[str]:
    """A cluster in a temporary folder, as the URL of its ``postgres`` database; stopped by force at the end."""
    programs = _find_programs()
    # Not pytest's tmp_path: only its owner may enter that, and the server may have to run as another user.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    data, user = folder / "data", _server_user()
    try:
        if user:
            shutil.chown(folder, user["user"], user["group"])
        options = ["-A", "trust", "-U", _SUPERUSER, "-E", "UTF8", "--locale=C", "--no-sync"]
        _run(programs / "initdb", "-D", data, *options, user=user)
        with (data / "postgresql.conf").open("a") as conf:
            conf.write(f"unix_socket_directories = '{folder}'\n")
            conf.writelines(f"{name} = {value}\n" for name, value in _SETTINGS.items())
        _run(programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-t", "60", "start", user=user)
        yield _url("postgres", folder)
    finally:
        if (data / "postmaster.pid").exists():
            _run(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop", user=user)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def fresh_database(cluster_url: str) -> Iterator[str]:
    """An empty database in a cluster; dropped at the end, whoever is still connected to it."""
    name = f"test_{secrets.token_hex(6)}"
    folder = Path(cluster_url.partition("?host=")[2])
    with psycopg.connect(host=str(folder), user=_SUPERUSER, dbname="postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield _url(name, folder)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _url(database: str, folder: Path) -> str:
    return f"postgresql+psycopg://{_SUPERUSER}@/{database}?host={folder}"


def _find_programs() -> Path:
    """The folder of ``initdb``; Debian keeps it off the PATH, one folder for each version."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    if newest := max(installed, key=lambda path: float(path.parts[-3]), default=None):
        return newest.parent
    return Path(require_program("initdb")).resolve().parent


def _server_user() -> dict[str, Any]:
    """As whom to run the server: PostgreSQL refuses root, so then as another user; empty means as ourselves."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError("PostgreSQL cannot run as root, and there is no user 'postgres' or 'nobody'")


def _run(*command: str | Path, user: dict[str, Any]) -> None:
    # The output goes to a file: the server would inherit a pipe and keep it open for as long as it lives.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", check=False, **user
        )
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{command[0]} failed:\n{output.read().decode(errors='replace')}")
