"""Any order of what users and others do: no byte of the user's is lost, and what is new arrives."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.support.repositories import Home, Upstream

PATHS = ["a.txt", "n.ipynb", "d", "d/x", "d/x/y", "d/z", "e/f"]
LINES = 6

paths = st.sampled_from(PATHS)


class Texts:
    """Texts of a few lines, each new one with a word that no other has."""

    def __init__(self) -> None:
        self._count = 0

    def new(self, old: bytes | None, line: int) -> bytes:
        self._count += 1
        lines = (old or b"".join(b"%d\n" % number for number in range(LINES))).splitlines(keepends=True)
        lines[line % len(lines)] = b"word %d\n" % self._count
        return b"".join(lines)


class Machine(RuleBasedStateMachine):
    """A repository, a home, and what the user has written there and neither deleted nor written again."""

    @initialize(files=st.sets(st.sampled_from(["a.txt", "d/x", "d/z", "e/f"])), own=st.sets(paths, max_size=1))
    def begin(self, files: set[str], own: set[str]) -> None:
        self.folder = tempfile.TemporaryDirectory()
        root = Path(self.folder.name)
        self.texts = Texts()
        self.upstream = Upstream(root / "upstream", {"first": b"", **{name: self.texts.new(None, 0) for name in files}})
        self.home = Home(root / "home")
        self.mine: dict[str, bytes] = {}  # by path, or by commit and path
        self.deleted: set[str] = set()  # what the user has deleted since upstream last had it new
        for name in own:
            self.edit(name, 0)
        self.update()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    @rule(path=paths, line=st.integers(0, LINES - 1))
    def others_edit(self, path: str, line: int) -> None:
        self.upstream.commit({path: self.texts.new(self.upstream.files.get(path), line)})

    @rule(path=paths)
    def others_delete(self, path: str) -> None:
        if path in self.upstream.files:
            self.upstream.commit({path: None})

    @rule(path=paths, line=st.integers(0, LINES - 1))
    def others_rewrite(self, path: str, line: int) -> None:
        self.upstream.commit({path: self.texts.new(self.upstream.files.get(path), line)}, "--amend")

    @rule(path=paths, line=st.integers(0, LINES - 1))
    def edit(self, path: str, line: int) -> None:
        content = self.texts.new(self.home.files.get(path), line)
        for other in PATHS:
            if other != path and (other.startswith(f"{path}/") or path.startswith(f"{other}/")):
                self.mine.pop(other, None)  # it is in the way, so the user deletes it
        self.home.write({path: content})
        self.mine[path] = content
        self.deleted.discard(path)

    @rule(path=paths)
    def delete(self, path: str) -> None:
        if path in self.home.files:
            self.home.write({path: None})
            self.mine.pop(path, None)
            self.deleted.add(path)

    @rule(path=paths)
    def rename(self, path: str) -> None:
        if path in self.home.files and f"renamed-{path.replace('/', '-')}" not in self.home.files:
            content = self.home.files[path]
            self.home.write({path: None, f"renamed-{path.replace('/', '-')}": content})
            self.mine.pop(path, None)
            self.mine[f"renamed-{path.replace('/', '-')}"] = content
            self.deleted.add(path)

    @rule()
    def stage(self) -> None:
        self.home.git("add", "--all", "--force", ".")

    @rule()
    def commit(self) -> None:
        head = self.home.commit({})
        self.mine |= {f"{head}:{path}": content for path, content in self.mine.items() if ":" not in path}

    @rule()
    def update(self) -> None:
        before = self.home.files if (self.home.folder / ".git").exists() else None
        base = self._files_at("refs/gradient/base") if before is not None else {}
        brought = self.home.bring(self.upstream)
        after, theirs = self.home.files, self.upstream.files
        assert brought.commit == self.upstream.head
        for content in self.mine.values():
            assert self.home.has(content), content
        for path in before or {}:
            if path not in theirs or theirs[path] == base.get(path):  # others have not changed it
                if before[path] != base.get(path):
                    assert after.get(path) == before[path]
            elif before[path] == base.get(path) and self._is_free(path, after):
                assert after[path] == theirs[path]
        for path in theirs:
            if path not in base and path not in (before or {}) and path not in self.deleted:
                assert theirs[path] in after.values()
        for path in self.deleted - theirs.keys():
            assert path not in after or path in self.mine
        self.home.git("fsck", "--no-dangling")
        self.home.git("merge-base", "--is-ancestor", self.upstream.head, "HEAD")
        assert not (self.home.folder / ".git/gradient").exists()
        self.deleted -= {path for path in self.deleted if path in after}
        # What was merged is the user's as it is now.
        self.mine |= {path: after[path] for path in self.mine if path in after and ":" not in path}
        again = self.home.bring(self.upstream)
        assert (again.notes, self.home.files) == ([], after)

    def _files_at(self, ref: str) -> Mapping[str, bytes]:
        names = self.home.git("ls-tree", "-r", "--name-only", ref).splitlines()
        return {name: (self.home.git("show", f"{ref}:{name}") + "\n").encode() for name in names}

    def _is_free(self, path: str, files: Mapping[str, bytes]) -> bool:
        return not any(path.startswith(f"{other}/") or other.startswith(f"{path}/") for other in files)


Machine.TestCase.settings = settings(max_examples=20, stateful_step_count=15, deadline=None)
test_nothing_is_lost = Machine.TestCase
