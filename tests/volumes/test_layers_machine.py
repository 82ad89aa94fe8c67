"""Random changes of a writable mount against a model: what is committed is what is seen, whatever happened before."""

from __future__ import annotations

import base64
import contextlib
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.volumes.folders import TeamFolders
from tests.service.place import Place
from tests.support.overlays import Files
from tests.volumes.writable import KINDS, NAME, Model, Writable, unchanged

PATHS = st.sampled_from(["a", "b", "d", "d/a", "d/b", "d/e", "d/e/a", "d/e/b", "f/a", "f/g/h", "Ümläut/ß"])
CONTENTS = st.sampled_from([b"", b"1", b"2", b"12", b"alpha", b"ALPHA", bytes(5000)])
START = {"a": b"alpha", "d/a": b"1", "d/e/a": b"2", "d/e/b*": b"12", "f/g/h": b"", "Ümläut/ß": b"5"}


class Changes(RuleBasedStateMachine):
    """A writable mount, and what should be in it."""

    kind = ""

    def __init__(self) -> None:
        super().__init__()
        self._stack = contextlib.ExitStack()
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        self.place = Place(Config(state_dir=self._folder / "state", author="tester"))
        self._stack.callback(self.place.close)
        self.version = self.place.committed(START, NAME).reference
        self.writable = Writable(self.place, self._folder / "shown", self.kind)
        self.files: Files = self.writable.mount()
        self._stack.callback(self.writable.leave)
        self._stack.enter_context(unchanged(TeamFolders(self.place.repository).cache() / "trees"))
        self.model: Model = {path.rstrip("*"): (data, path.endswith("*")) for path, data in START.items()}
        self.committed = dict(self.model)
        self.count = 1

    def teardown(self) -> None:
        self._stack.close()

    # --- changes ------------------------------------------------------------------------------------------------------

    @rule(path=PATHS, content=CONTENTS)
    def write(self, path: str, content: bytes) -> None:
        self.files.do("put", path, base64.b64encode(content).decode())
        self._make_way(path)
        self.model[path] = content, self.model.get(path, (b"", False))[1]

    @rule(path=PATHS, content=CONTENTS)
    def append(self, path: str, content: bytes) -> None:
        self.files.do("put", path, base64.b64encode(content).decode(), "ab")
        self._make_way(path)
        before, executable = self.model.get(path, (b"", False))
        self.model[path] = before + content, executable

    def _make_way(self, path: str) -> None:
        for other in [each for each in self.model if path.startswith(f"{each}/") or each.startswith(f"{path}/")]:
            del self.model[other]

    @precondition(lambda self: self.model)
    @rule(data=st.data(), size=st.integers(0, 6))
    def truncate(self, data: st.DataObject, size: int) -> None:
        path = self._file(data)
        self.files.do("truncate", path, size)
        content, executable = self.model[path]
        self.model[path] = content[:size].ljust(size, b"\0"), executable

    @precondition(lambda self: self.model)
    @rule(data=st.data(), executable=st.booleans())
    def chmod(self, data: st.DataObject, executable: bool) -> None:
        path = self._file(data)
        self.files.do("chmod", path, 0o755 if executable else 0o644)
        self.model[path] = self.model[path][0], executable

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(self._things()))
        self.files.do("remove", path)
        for each in [each for each in self.model if each == path or each.startswith(f"{path}/")]:
            del self.model[each]

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(self._things()))
        target = f"moved{self.count}"
        self.count += 1
        self.files.do("move", path, target)
        for each in [each for each in self.model if each == path or each.startswith(f"{path}/")]:
            self.model[target + each[len(path) :]] = self.model.pop(each)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def move_over(self, data: st.DataObject) -> None:
        source, target = self._file(data), self._file(data)
        if source != target:
            self.files.do("replace", source, target)
            self.model[target] = self.model.pop(source)

    @rule()
    def make_folder(self) -> None:
        self.files.do("mkdir", f"empty{self.count}")
        self.count += 1

    def _file(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.model)))

    def _things(self) -> list[str]:
        """Files and folders with files."""
        found = set(self.model)
        for path in self.model:
            parts = path.split("/")
            found.update("/".join(parts[:count]) for count in range(1, len(parts)))
        return sorted(found)

    # --- commits ------------------------------------------------------------------------------------------------------

    @rule()
    def commit(self) -> None:
        assert self.files.read_all() == self.model
        assert self.writable.layer.has_changes() == (self.model != self.committed)
        version = self.writable.commit()
        self.writable.check(version.reference, self.model)
        if self.model == self.committed:
            assert version.reference == self.version
        else:
            assert version.parent == self.version
        self.version, self.committed = version.reference, dict(self.model)
        assert self.files.read_all() == self.model

    @rule()
    def discard(self) -> None:
        self.writable.leave()
        mount = self.place.service.discard_changes(NAME)
        assert f"{mount.dataset}:{mount.version}" == self.version
        self.files = self.writable.enter()
        self.model = dict(self.committed)
        assert self.files.read_all() == self.model
        assert not self.writable.layer.has_changes()

    @rule()
    def restart(self) -> None:
        """A server that starts again mounts what the settings list; the layer is still there."""
        self.place.service.restore_mounts().result()
        assert self.files.read_all() == self.model


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("examples", "steps"), [(8, 20), pytest.param(200, 60, marks=pytest.mark.soak, id="thorough")])
def test_random_changes(kind: str, examples: int, steps: int) -> None:
    if kind == "overlay" and os.geteuid() != 0:
        pytest.skip("versions in the cache are read-only: only root has overlays over them")
    machine = type("Changes", (Changes,), {"kind": kind})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
