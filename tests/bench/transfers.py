"""The sections ``small`` and ``large``: every tool brings the same files up, changes some, and brings them down."""

from __future__ import annotations

import contextlib
import datetime
import os
import shutil
from pathlib import Path

import installs
import servers
from files import Load, difference
from measure import CommandFailed, Usage, measure
from ours import Ours
from peers import LATENCY, Aws, Command, Dvc, Legacy, Place, PrepareFailed, Rclone, Restic, S5cmd, Tool
from places import SCRATCH
from results import Key, Record

TOOLS: tuple[type[Tool], ...] = (Ours, S5cmd, Rclone, Restic, Aws, Dvc, Legacy)


class WrongResult(Exception):
    """What came down is not what went up."""


def run_once(key: Key, tool_class: type[Tool], load: Load, round_trip_ms: float) -> Record:
    """One run of one tool on a server of its own; a failure of the tool is part of the record."""
    folder = SCRATCH / f"{key.section}-{key.network}-{tool_class.name.replace(' ', '-')}-{key.run}"
    shutil.rmtree(folder, ignore_errors=True)
    steps: dict[str, Usage] = {}
    error = None
    try:
        with contextlib.ExitStack() as stack:
            port = stack.enter_context(servers.seaweedfs(folder / "server"))
            if key.network == LATENCY:
                port = stack.enter_context(servers.latency(port, round_trip_ms))
            place = Place(folder / "work", f"http://127.0.0.1:{port}")
            with tool_class(place) as tool:
                _measure_steps(tool, load, steps, with_update=key.section == "small")
    except (CommandFailed, PrepareFailed, WrongResult, installs.InstallFailed, servers.ServerFailed) as failure:
        error = str(failure)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Record(key, now(), {step: usage.as_dict() for step, usage in steps.items()}, error)


def now() -> str:
    """The time, for a record."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def _measure_steps(tool: Tool, load: Load, steps: dict[str, Usage], with_update: bool) -> None:
    place = tool.place
    data, got = place.folder / "data", place.folder / "got"
    load.copy_to(data)
    steps["upload"] = _measure(tool.upload(), place, "upload")
    if with_update:
        load.change(data)
        steps["update"] = _measure(tool.update(), place, "update")
    got.mkdir()
    tool.before_download()
    steps["download"] = _measure(tool.download(), place, "download")
    if found := difference(data, got / "data"):
        raise WrongResult(f"what came down differs from what went up: {found}")


def _measure(commands: list[Command], place: Place, step: str) -> Usage:
    # What earlier steps left for the disk to write would slow this one down.
    os.sync()
    usages = [measure(command, place.folder, place.env, _log(place, step, n)) for n, command in enumerate(commands)]
    total = usages[0]
    for usage in usages[1:]:
        total += usage
    return total


def _log(place: Place, step: str, number: int) -> Path:
    return Path(place.env["HOME"]) / f"{step}-{number}.log"
