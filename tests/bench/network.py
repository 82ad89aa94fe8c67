"""The section ``network``: proves that the latency proxy delays, and that it limits nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import installs
import servers
from peers import LATENCY, Place, PrepareFailed
from places import SCRATCH
from results import Key, Record
from transfers import now

SECTION = "network"


def run(round_trip_ms: float) -> Record:
    """Time HEADs and a large GET, direct and through the proxy."""
    folder = SCRATCH / SECTION
    shutil.rmtree(folder, ignore_errors=True)
    key = Key(SECTION, LATENCY, "proxy", 1)
    try:
        with servers.seaweedfs(folder / "server") as port, servers.latency(port, round_trip_ms) as delayed:
            place = Place(folder / "work", f"http://127.0.0.1:{port}")
            script = str(Path(__file__).with_name("network_proof.py"))
            argv = [installs.program("tools", "python"), script]
            argv += ["--direct", place.endpoint, "--delayed", f"http://127.0.0.1:{delayed}"]
            return Record(key, now(), {"proof": {**json.loads(place.run(argv)), "round_trip_ms": round_trip_ms}})
    except (PrepareFailed, servers.ServerFailed) as failure:
        return Record(key, now(), error=str(failure))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
