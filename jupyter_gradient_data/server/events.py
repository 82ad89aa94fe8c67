"""What changes, told to everybody who listens to Jupyter's events: the side bar follows the command and team mates."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import Notice, TaskInfo, Thing
from jupyter_gradient_data.service.host import Host

if TYPE_CHECKING:
    from jupyter_events import EventLogger

    from .shared import Shared

ROOT = "https://schema.jupyter.org/jupyter_gradient_data"
VERSION = "v1"

_SCHEMAS = Path(__file__).parent / "event_schemas"
_TICK = 0.25  # seconds between two looks at running tasks, which are in memory
_TICKS = 4  # of them between two looks at the database
_PATIENCE = 15  # seconds until the next look when one has failed

_log = logging.getLogger(__name__)

Emit = Callable[[Thing, dict[str, Any]], None]


def register(logger: EventLogger) -> None:
    """Make our events known."""
    for thing in Thing:
        logger.register_event_schema(_SCHEMAS / f"{thing.value}.yaml")


def emitter(logger: EventLogger) -> Emit:
    """Emits events of a thing; to be called on the event loop."""

    def emit(thing: Thing, data: dict[str, Any]) -> None:
        try:
            logger.emit(schema_id=f"{ROOT}/{thing.value}/{VERSION}", data=data)
        except Exception:  # a listener that fails, or data against its schema: the next event goes out all the same
            _log.exception("An event of a %s was not told", thing.value)

    return emit


async def watch(shared: Shared, host: Host, emit: Emit) -> None:
    """Emit every change and the progress of this server's tasks, until cancelled."""
    told: dict[str, TaskInfo] = {}
    tick = 0
    while True:
        told = _tell_progress(host.tasks.running(), told, emit)
        if tick == 0:
            try:
                for thing, data in await shared.call(_changes, host):
                    emit(thing, data)
            except GradientDataError as error:
                _log.warning("Changes cannot be seen now: %s", error)
                await asyncio.sleep(_PATIENCE)
            except Exception:  # ended by it, the watch would tell nobody anything until the server starts again
                _log.exception("Changes cannot be seen now")
                await asyncio.sleep(_PATIENCE)
        tick = (tick + 1) % _TICKS
        await asyncio.sleep(_TICK)


def _changes(host: Host) -> list[tuple[Thing, dict[str, Any]]]:
    found = [(notice.thing, _data(host, notice)) for notice in host.notices.poll()]
    return [(thing, data) for thing, data in found if data is not None]


def _data(host: Host, notice: Notice) -> dict[str, Any] | None:
    """What an event says; None for a task that is forgotten already."""
    if notice.thing is not Thing.TASK:
        return {"action": notice.action.value, "subject": notice.subject}
    action = notice.action.value if notice.action.value == "created" else "changed"
    try:
        return _task_data(host.tasks.get(notice.subject), action)
    except GradientDataError as error:
        if error.kind is ErrorKind.TASK_NOT_FOUND:
            return None
        raise


def _tell_progress(running: tuple[TaskInfo, ...], told: dict[str, TaskInfo], emit: Emit) -> dict[str, TaskInfo]:
    for info in running:
        if told.get(info.id) != info and info.progress is not None:
            emit(Thing.TASK, _task_data(info, "progress"))
    return {info.id: info for info in running}


def _task_data(info: TaskInfo, action: str) -> dict[str, Any]:
    return {
        "action": action,
        "subject": info.id,
        "kind": info.kind,
        "about": info.subject,
        "state": info.state.value,
        "progress": msgspec.to_builtins(info.progress),
        "error": msgspec.to_builtins(info.error),
    }
