"""The section ``startup``: how long our command takes to say anything."""

from __future__ import annotations

import shutil

import ours
import servers
from measure import CommandFailed, measure
from peers import Place, PrepareFailed
from places import SCRATCH
from results import Key, Record
from transfers import now

SECTION = "startup"
STEPS = {"help": ("--help",), "list": ("datasets", "list")}


def run(runs: int) -> list[Record]:
    """Measure ``gradient --help`` and ``gradient datasets list``, in turns; one record per run."""
    folder = SCRATCH / SECTION
    shutil.rmtree(folder, ignore_errors=True)
    records = []
    try:
        with servers.seaweedfs(folder / "server") as port:
            place = Place(folder / "work", f"http://127.0.0.1:{port}")
            ours.create_dataset(place)
            # Not counted: the first call compiles the modules where an editable install has not yet.
            for number in range(runs + 1):
                steps = {
                    step: measure(ours.gradient(*words), place.folder, place.env, place.folder / f"{step}.log")
                    for step, words in STEPS.items()
                }
                if number:
                    usage = {step: used.as_dict() for step, used in steps.items()}
                    records.append(Record(Key(SECTION, "loopback", ours.NAME, number), now(), usage))
    except (CommandFailed, PrepareFailed, servers.ServerFailed) as failure:
        records.append(Record(Key(SECTION, "loopback", ours.NAME, len(records) + 1), now(), error=str(failure)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return records
