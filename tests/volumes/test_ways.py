"""Which way the volumes are shown, on machines that allow more or less; and that each way works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_gradient_data.config import Config
from tests.support import machine
from tests.support.privileges import folder_for_all
from tests.volumes.shown import INPUTS, Shown

ROOT = Path(__file__).parents[2]

LOOK = """
import json, logging, os, sys
from pathlib import Path
from jupyter_gradient_data.volumes.view.records import current_way
from jupyter_gradient_data.volumes.view.ways import Places
from tests.volumes.shown import Shown
state, settings, before = Path(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]
exec(before)
shown = Shown(state, **settings)
shown.link("d", shown.tree("t", a="one"))
shown.sync()
names = ("STORAGE", "NOTEBOOK_DIR", "OUTPUTS", "INPUTS", "DATASETS")
places = [f"$GRADIENT_{name}" for name in names]
script = f"echo x > {places[0]}/x; echo y > {places[1]}/y; echo z > {places[2]}/z; cat {places[3]}/d/a {places[4]}/d/a"
written = [shown.folders.storage() / "x", shown.folders.notebook() / "y", shown.folders.mounts("outputs") / "z"]
found = {
    "mode": shown.view.mode.value,
    "reason": shown.view.reason,
    "overlay": shown.view.can_overlay,
    "environment": shown.view.environment(),
    "output": shown.run(script),
    "written": [path.read_text() for path in written if path.exists()],
    "refused": "Read-only" in shown.run("touch $GRADIENT_INPUTS/d/new"),
    "root": sorted(os.listdir("/")),
    "current": current_way(Places(shown.config, shown.folders)).mode.value,
    "before": eval(sys.argv[4]),
}
shown.close()
found["left"] = sorted(os.listdir("/"))
print(json.dumps(found))
"""


@pytest.fixture
def state() -> Iterator[Path]:
    with folder_for_all() as folder:
        if os.geteuid() == 0:
            os.chown(folder, machine.USER, machine.USER)
        yield folder / "state"


def look(state: Path, *kinds: str, before: str = "", then: str = "None", **settings: Any) -> dict[str, Any]:
    """What a view on such a machine does; its log as ``log``."""
    if kinds and os.geteuid() != 0:
        pytest.skip("only root can make itself another machine")
    program = [sys.executable, "-W", "ignore", "-c", LOOK, str(state), json.dumps(settings), before, then]
    done = subprocess.run([*machine.command(*kinds), *program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout.splitlines()[-1]), "log": done.stderr}


NOTHING_WORKS = (
    "mount namespaces cannot be had (unshare: Operation not permitted); links at / cannot be made (/ is not writable)"
)
MACHINES = [
    ((), "namespace", "kernels and terminals get a mount namespace"),
    (("no-mounts",), "namespace", "kernels and terminals get a mount namespace in a user namespace"),
    (("ordinary",), "namespace", "kernels and terminals get a mount namespace in a user namespace"),
    (("own-root", "read-only"), "namespace", "kernels and terminals get a mount namespace"),
    (("own-root", "no-namespaces"), "links", "mount namespaces cannot be had (unshare: Operation not permitted)"),
    (
        ("own-root", "read-only", "no-namespaces"),
        "environment",
        NOTHING_WORKS,
    ),
    (
        ("own-root", "ordinary", "no-namespaces"),
        "environment",
        NOTHING_WORKS,
    ),
]


@pytest.mark.parametrize(("kinds", "mode", "reason"), MACHINES, ids=lambda value: "+".join(value) or "as-it-is")
def test_the_best_way_that_works_is_gone_and_works(state: Path, kinds: tuple[str, ...], mode: str, reason: str) -> None:
    found = look(state, *kinds)
    if not kinds and os.geteuid() != 0:
        reason += " in a user namespace"
    assert (found["mode"], found["reason"]) == (mode, reason)
    assert found["output"] == "oneone"
    assert found["written"] == ["x\n", "y\n", "z\n"]
    assert found["refused"] == (mode == "namespace")
    assert found["current"] == mode
    fixed = found["environment"]["GRADIENT_STORAGE"] == "/storage"
    assert fixed == (mode != "environment")
    assert ("storage" in found["root"]) == (mode == "links")
    assert "storage" not in found["left"]
    assert found["log"] == ""


@pytest.mark.parametrize(
    ("kinds", "view", "mode"),
    [
        ((), "environment", "environment"),
        ((), "namespace", "namespace"),
        (("own-root",), "links", "links"),
    ],
)
def test_the_way_that_was_asked_for_is_gone(state: Path, kinds: tuple[str, ...], view: str, mode: str) -> None:
    found = look(state, *kinds, view=view)
    assert found["mode"] == mode
    assert found["output"] == "oneone"
    assert found["log"] == ""


@pytest.mark.parametrize(
    ("kinds", "view", "why"),
    [
        (("no-namespaces",), "namespace", "mount namespaces cannot be had (unshare: Operation not permitted)"),
        (("own-root", "read-only"), "links", "links at / cannot be made (/ is not writable)"),
    ],
)
def test_a_way_that_cannot_be_gone_is_told_and_variables_help(
    state: Path, kinds: tuple[str, ...], view: str, why: str
) -> None:
    found = look(state, *kinds, view=view)
    assert found["mode"] == "environment"
    assert found["reason"] == f"GRADIENT_VIEW asks for {view}, but {why}"
    assert found["output"] == "oneone"
    assert f"Kernels cannot see the volumes by {view}: {why}." in found["log"]
    assert "Traceback" not in found["log"]


def test_off_changes_nothing(tmp_path: Path) -> None:
    shown = Shown(tmp_path / "state", view="off")
    assert shown.view.wrap(["program", "argument"]) == ["program", "argument"]
    assert shown.view.environment() == {}
    assert shown.view.mode.value == "off"
    assert shown.run("ls -d /storage") == "ls: cannot access '/storage': No such file or directory"
    shown.close()


# --- what is on the machine already -----------------------------------------------------------------------------------

MINE = "os.mkdir('/storage'); Path('/storage/mine').write_text('mine')"


def test_a_folder_of_the_machine_is_not_hidden(state: Path) -> None:
    found = look(state, "own-root", before=MINE, then="shown.run('cat /storage/mine')")
    assert found["mode"] == "environment"
    assert "would hide /storage, a folder of this machine that is not empty" in found["reason"]
    assert found["before"] == "mine"
    assert found["output"] == "oneone"


def test_who_insists_finds_the_folder_aside(state: Path) -> None:
    then = "shown.run('ls /storage; cat /.machine/storage/mine')"
    found = look(state, "own-root", before=MINE, then=then, view="namespace")
    assert (found["mode"], found["before"]) == ("namespace", "x\nmine")


def test_an_empty_folder_of_the_machine_is_in_nobodys_way(state: Path) -> None:
    found = look(state, "own-root", before="os.mkdir('/storage')")
    assert (found["mode"], found["output"]) == ("namespace", "oneone")


def test_public_datasets_may_be_where_datasets_are_shown(state: Path) -> None:
    before = "os.makedirs('/datasets/mnist'); Path('/datasets/mnist/a').write_text('digits')"
    then = "shown.run('ls /datasets; cat /datasets/mnist/a; touch /datasets/mnist/b')"
    code = f"{before}; settings['public_dir'] = Path('/datasets')"
    found = look(state, "own-root", before=code, then=then)
    assert found["mode"] == "namespace", found["reason"]
    assert found["before"].startswith("d\nmnist\ndigits")
    assert "Read-only" in found["before"]


# --- without a view ---------------------------------------------------------------------------------------------------


def test_what_the_running_server_says_is_what_others_are_told(tmp_path: Path) -> None:
    from jupyter_gradient_data.volumes.view.records import current_way
    from jupyter_gradient_data.volumes.view.ways import Places

    shown = Shown(tmp_path / "state", view="environment")
    other = Places(Config(state_dir=shown.config.state_path), shown.folders)
    assert current_way(other) == shown.view.way
    shown.close()
    assert current_way(other).mode.value != "off"
    assert current_way(other).reason != "GRADIENT_VIEW asks for it"


def test_a_view_without_a_server_borrows_that_of_one(tmp_path: Path) -> None:
    from jupyter_gradient_data.service.host import open_view

    shown = Shown(tmp_path / "state", view="namespace")
    shown.link("d", shown.tree("t", a="one"), INPUTS)
    shown.sync()
    borrowed = open_view(shown.config)
    assert borrowed.wrap(["x"]) == shown.view.wrap(["x"])
    assert borrowed.environment() == shown.view.environment()
    assert borrowed._holder is None
    borrowed.close()
    shown.close()
    own = open_view(shown.config)
    assert (own.mode.value, own._holder is not None) == ("namespace", True)
    own.close()
