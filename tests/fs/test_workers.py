"""Workers of Dask and of PyTorch's data loaders: forked or spawned, they read what their parent read."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.stores import s3_forked
from jupyter_gradient_data.stores.objects import ObjectInfo
from tests.service.place import fails
from tests.support.s3_servers import S3Server

from .conftest import World

LARGE = random.Random(6).randbytes(2_500_000)
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("world", ["bucket", "remote"], indirect=True)
def test_workers(world: World, tmp_path: Path) -> None:
    script = shutil.copy(Path(__file__).with_name("workers.py"), tmp_path)
    reference = world.committed({"large": LARGE})
    if world.provider:
        world.forget()
    command = [sys.executable, script, f"{reference}/large", json.dumps(world.options)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    starts = (0, 1_000_000, 2_000_000, 1_000_000, 2_000_000, 100)
    assert json.loads(done.stdout) == [LARGE[start : start + 4].hex() for start in starts]


def test_a_fork_reads_from_s3_without_threads(seaweedfs: S3Server, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    store = seaweedfs.store()
    store.put("forked/one", b"0123456789")
    monkeypatch.setattr(s3_forked, "_user", os.getpid() + 1)
    assert store.get("forked/one") == b"0123456789"
    assert store.get("forked/one", 2, 5) == b"234"
    assert store.get("forked/one", 5, 5) == b""
    assert b"".join(store.stream("forked/one", 8)) == b"89"
    found = store.head("forked/one")
    assert isinstance(found, ObjectInfo)
    assert found.size == 10
    assert store.head("forked/none") is None
    with fails(ErrorKind.FORK_READS_ONLY, "write forked/two"):
        store.put("forked/two", b"")
