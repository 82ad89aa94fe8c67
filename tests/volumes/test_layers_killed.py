"""Processes that end in the middle of a commit or discard: nothing of the user's is lost, and the next one finishes."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_gradient_data.volumes.folders import OUTPUTS, TeamFolders
from tests.faults.scene import check_whole
from tests.service.place import Place, write_tree
from tests.support.faulty_store import EXIT_CODE
from tests.support.overlays import Files
from tests.volumes.writable import KINDS, NAME, Model, Writable

ROOT = Path(__file__).parents[2]
MOST_STEPS = 60


def run_doomed(place: Place, at: int, moment: str, method: str, subject: str) -> bool:
    """Whether the process ended at that step; otherwise it has done all of its work."""
    found = subprocess.run(
        [sys.executable, "-m", "tests.support.doomed_layers", str(at), moment, method, subject],
        cwd=ROOT,
        env={**os.environ, "GRADIENT_STATE_DIR": str(place.config.state_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert found.returncode in (0, EXIT_CODE), found.stdout + found.stderr
    return found.returncode == EXIT_CODE


@pytest.fixture(params=KINDS)
def writable(request: pytest.FixtureRequest, make_place: Callable[[str], Place], tmp_path: Path) -> Iterator[Writable]:
    place = make_place("embedded")
    files = {f"few/{number}": random.Random(number).randbytes(700) for number in range(8)}
    place.committed({**files, "a": b"alpha", "dir/b": b"beta", "dir/c": b"gamma"}, NAME)
    writable = Writable(place, tmp_path / "shown", request.param)
    yield writable
    writable.leave()


def change(files: Files, number: int) -> None:
    """Other changes with each number: of files of the version, of new ones, and back again."""
    noise = random.Random(100 + number).randbytes
    for path in (f"few/{number % 8}", f"new/{number}", "large"):
        files.do("put", path, _base64(noise(900)))
    if number % 3 == 0:
        files.do("put", "dir/b", _base64(b"again"))
    elif number % 3 == 1:
        files.do("remove", "dir")
    if f"new/{number - 2}" in files.read_all():
        files.do("remove", f"new/{number - 2}")


def _base64(data: bytes) -> str:
    import base64

    return base64.b64encode(data).decode()


def test_a_commit_that_is_killed_at_any_step(writable: Writable) -> None:
    moment = "after" if writable.service.can_overlay() else "before"
    files = writable.mount()
    last = writable.service.get_version(NAME).reference
    versions = 1
    for at in range(1, MOST_STEPS):
        change(files, at)
        model: Model = files.read_all()
        was_killed = run_doomed(writable.place, at, moment, "commit_mount", NAME)
        assert files.read_all() == model
        assert len(writable.uncommitted()) <= 1
        version = writable.commit()
        writable.check(version.reference, model)
        assert version.parent == last
        versions += 1
        assert len(writable.service.list_versions(NAME).items) == versions
        last = version.reference
        if not was_killed:
            break
    assert 8 < at < MOST_STEPS - 1
    check_whole(writable.service)


def test_after_a_kill_what_was_taken_back_is_not_committed(writable: Writable) -> None:
    """Also what the process that was killed had put already."""
    files = writable.mount()
    before = files.read_all()
    for number in range(6):
        files.write(f"many{number}", random.Random(number).randbytes(900))
    staged = 0
    for at in range(4, 9):
        assert run_doomed(writable.place, at, "after", "commit_mount", NAME)
        (begun,) = writable.uncommitted() or [None]
        if begun is None:  # it was killed after all was done
            break
        staged = max(staged, len(writable.place.files(begun.reference)) - len(before))
    assert staged > 0
    for number in range(6):
        files.do("remove", f"many{number}")
    files.write("other", b"1")
    version = writable.commit()
    assert begun is not None
    assert version.version == begun.version
    writable.check(version.reference, before | {"other": (b"1", False)})


@pytest.mark.parametrize("committed", [False, True])
def test_a_discard_that_is_killed_at_any_step(writable: Writable, committed: bool) -> None:
    files = writable.mount()
    for at in range(1, MOST_STEPS):
        if committed:
            change(files, at)
            writable.commit()
        kept = files.read_all()
        change(files, at + 100)
        changed = files.read_all()
        writable.leave()
        was_killed = run_doomed(writable.place, at, "after", "discard_changes", NAME)
        files = writable.enter()
        assert files.read_all() in (kept, changed)
        writable.leave()
        writable.service.discard_changes(NAME)
        files = writable.enter()
        assert files.read_all() == kept
        assert not writable.layer.has_changes()
        assert [path.name for path in writable.layer.folder.parent.iterdir()] == [NAME]
        if not was_killed:
            break
    assert 3 < at < MOST_STEPS - 1
    uses = {use.parent.name for use in (writable.place.repository.disk_cache.root / "uses").glob("*/*")}
    assert writable.layer.lower.name in uses


# --- outputs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["after", pytest.param("before", marks=pytest.mark.soak)])
def test_a_commit_of_an_output_that_is_killed_at_any_step(make_place: Callable[[str], Place], moment: str) -> None:
    place = make_place("embedded")
    place.service.create_output("results")
    folder = TeamFolders(place.repository).mounts(OUTPUTS) / "results"
    for at in range(1, MOST_STEPS):
        noise = random.Random(at).randbytes
        write_tree(folder, {f"few/{number}": noise(700) for number in range(at % 7 + 1)} | {f"new{at}": b"1"})
        (folder / f"new{at - 2}").unlink(missing_ok=True)
        expected = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        was_killed = run_doomed(place, at, moment, "commit_output", "results")
        assert len(place.service.list_versions("results", committed=False).items) <= 1
        version = place.service.commit_output("results").result()
        assert place.contents(version.reference) == expected
        assert place.service.list_versions("results", committed=False).items == ()
        assert len(place.service.list_versions("results").items) == at
        assert place.service.list_outputs()[0].version == version.version
        if not was_killed:
            break
    assert 6 < at < MOST_STEPS - 1
    check_whole(place.service)
