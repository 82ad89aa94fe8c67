"""``python -m tests.cli.scene SCENE ARGUMENTS``: the command on a double, in a process of its own."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from jupyter_gradient_data.cli import progress, session
from jupyter_gradient_data.cli.main import main
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import FileInfo
from tests.cli.double import DATASET, MOUNT, Double, never_ending, until_cancelled


def many(double: Double) -> None:
    """Three pages of 20 datasets, and files enough for any pipe's buffer."""
    double.datasets = [replace(DATASET, name=f"set{number:02}") for number in range(45)]
    double.files = [FileInfo(f"folder/{number:06}.txt", number, "") for number in range(50_000)]


def cancellable(double: Double) -> None:
    """Work that goes on until it is cancelled; opens the pipe SCENE_READY once signals would stop it."""
    double.work = until_cancelled
    follow = progress._follow

    def follow_after_telling(*arguments: Any) -> None:
        if ready := os.environ.get("SCENE_READY"):
            Path(ready).write_bytes(b"")
        follow(*arguments)

    progress._follow = follow_after_telling


def writable(double: Double) -> None:
    """What is mounted can be changed."""
    double.mounted = replace(MOUNT, is_writable=True)


def deaf(double: Double) -> None:
    """Work that goes on whatever happens."""
    double.work = never_ending


def broken(double: Double) -> None:
    """A defect."""
    double.error = ZeroDivisionError("who would\nhave thought")


def missing(double: Double) -> None:
    """Nothing is found."""
    double.error = ErrorKind.DATASET_NOT_FOUND(dataset="dsttn2y7j1ux882")


if __name__ == "__main__":
    if sys.stdin.isatty():  # as the leader of a new session, take the terminal, so that its Ctrl-C arrives
        os.close(os.open(os.ttyname(0), os.O_RDWR))
    service = Double()
    if (scene := sys.argv.pop(1)) != "plain":
        globals()[scene](service)
    session.open_service = lambda config: service  # type: ignore[assignment, return-value]
    session.open_run_service = lambda config: service  # type: ignore[assignment, return-value]
    main()
