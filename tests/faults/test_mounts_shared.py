"""Several processes on one shared directory and one database; and a disk that is full."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import MountState
from tests.service.conftest import make_place, one_check_per_bucket
from tests.service.place import Place, read_tree
from tests.service.test_faulty_stores import FULL, small_disk
from tests.support.s3_servers import S3Server
from tests.volumes.mounted import integrations, seen, service_of

__all__ = ["make_place", "one_check_per_bucket"]

ROOT = Path(__file__).parents[2]
MIB = 1024 * 1024


def mount_at_once(place: Place, reference: str, who: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Processes of some notebook runs that mount the same under some names; what each says."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "GRADIENT_STATE_DIR": str(place.config.state_path),
        "GRADIENT_DATABASE_URL": place.config.database_url or "",
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.mounting", reference, name],
            cwd=ROOT,
            env={**environment, "GRADIENT_NOTEBOOK": notebook},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for notebook, name in who
    ]
    answers = []
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        answers.append(json.loads(out))
    return answers


def large_files() -> dict[str, bytes]:
    return {f"part-{number}": os.urandom(4 * MIB) for number in range(8)} | {
        f"small/{number}": os.urandom(2000) for number in range(500)
    }


def test_two_servers_mount_the_same_large_version_at_once(make_place: Callable[[str], Place]) -> None:
    place = make_place("postgresql-seaweedfs")
    files = large_files()
    version = place.committed(files, "large")
    cache = place.repository.disk_cache.root
    for folder, _, _ in os.walk(cache):
        os.chmod(folder, 0o700)
    subprocess.run(["rm", "-rf", cache], check=True)
    first, second = mount_at_once(place, version.reference, [("one", "x"), ("two", "y")])
    assert first["path"] != second["path"]
    for answer in (first, second):
        assert answer["state"] == "mounted"
        assert read_tree(Path(answer["path"])) == files
    size = sum(map(len, files.values()))
    assert size <= first["bytes_in"] + second["bytes_in"] < 1.3 * size  # fetched once
    assert os.path.realpath(first["path"]) == os.path.realpath(second["path"])


def test_processes_of_one_notebook_run_mount_under_one_name_and_under_many(make_place: Callable[[str], Place]) -> None:
    place = make_place("embedded")
    files = {f"{number}": os.urandom(2000) for number in range(200)}
    version = place.committed(files, "flowers")
    answers = mount_at_once(place, version.reference, [("default", "x"), ("default", "x"), ("default", "y")])
    assert {answer["state"] for answer in answers} == {"mounted"}
    assert seen(place) == {"x": files, "y": files}
    assert set(integrations(place)) == {"x", "y"}


def test_a_full_disk_leaves_nothing_half_filled(tmp_path: Path, seaweedfs: S3Server) -> None:
    files = {f"{number}": os.urandom(MIB // 2) for number in range(12)}
    (tmp_path / "state").mkdir()
    source = Place(Config(state_dir=tmp_path / "other", author="tester", secret_key="of both"), seaweedfs)
    version = source.committed(files, "flowers")
    source.close()
    with small_disk(tmp_path / "state", "24m"):
        database = f"sqlite:///{tmp_path / 'other' / 'metadata.sqlite'}"
        config = Config(state_dir=tmp_path / "state", database_url=database, secret_key="of both", cache_bytes=1 << 40)
        place = Place(config)
        service = service_of(place)
        service.list_mounts()
        ballast = tmp_path / "state" / "ballast"
        try:
            with ballast.open("wb") as file:
                file.write(b"x" * 20 * MIB)
        except OSError:  # where no small disk could be made, files are small
            place.close()
            pytest.skip("a small disk needs root")
        with pytest.raises(GradientDataError) as caught:
            service.mount(version.reference).result()
        assert caught.value.kind in FULL, caught.value.message
        assert seen(place) == {}
        (found,) = service.list_mounts()
        assert found.state is MountState.FAILED
        assert found.error is not None
        assert found.error.code == caught.value.kind.code
        ballast.unlink()
        assert service.update_mount("flowers").result().state is MountState.MOUNTED
        assert seen(place) == {"flowers": files}
        ballast.write_bytes(b"x" * os.statvfs(tmp_path / "state").f_bavail * os.statvfs(tmp_path / "state").f_frsize)
        text = integrations(place)
        with pytest.raises(GradientDataError) as caught:
            service.mount(version.reference, name="again").result()
        assert caught.value.kind is ErrorKind.DISK_FULL
        assert integrations(place) == text
        assert seen(place) == {"flowers": files}
        ballast.unlink()
        service.mount(version.reference, name="again").result()
        place.close()
