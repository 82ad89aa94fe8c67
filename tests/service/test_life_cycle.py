"""The life of datasets, versions, tags and files as a state machine beside a plain model of it.

Whatever is done in whatever order, also when the service is closed and opened in between: committed versions never
change, versions with equal contents have equal roots, and nothing is found to be damaged.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import ChangeKind, VersionState
from tests.service.place import Place, fails, names, write_tree

# Folders are letters and files are digits, so that no path is both.
PATHS = st.builds(
    lambda folders, name: "/".join([*folders, name]),
    st.lists(st.sampled_from(["a", "b", "ü"]), max_size=2),
    st.sampled_from(["0", "1", "2", "0-"]),
)
BYTES = {"empty": b"", "1": b"1", "few": b"22" * 50, "some": b"333" * 1000, "large": bytes(range(256)) * 4096 + b"!"}
CONTENTS = st.sampled_from(sorted(BYTES)).map(lambda name: BYTES[name])
FILES = st.dictionaries(PATHS, CONTENTS, max_size=4)
DATASETS = ["one", "two"]


@dataclass
class ModelVersion:
    """What we think of a version: its files by path, and what became of it."""

    reference: str
    files: dict[str, bytes]
    root: str | None = None
    trashed: bool = False

    @property
    def is_open(self) -> bool:
        return self.root is None and not self.trashed

    @property
    def is_committed(self) -> bool:
        return self.root is not None and not self.trashed


@dataclass
class ModelDataset:
    """Versions in the order of their commits, and tags."""

    commits: list[ModelVersion] = field(default_factory=list)
    tags: dict[str, ModelVersion] = field(default_factory=dict)

    @property
    def latest(self) -> ModelVersion | None:
        return next((version for version in reversed(self.commits) if not version.trashed), None)

    @property
    def shown_tags(self) -> dict[str, ModelVersion]:
        """Tags of versions in the trash wait there until their names are used for others."""
        return {name: version for name, version in self.tags.items() if not version.trashed}


class LifeCycle(RuleBasedStateMachine):
    versions: Bundle[ModelVersion] = Bundle("versions")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="life-"))
        self.place = Place(Config(state_dir=self.folder / "state", author="model"))
        self.datasets: dict[str, ModelDataset] = {}
        self.all: list[ModelVersion] = []
        self.sources = 0

    def teardown(self) -> None:
        report = self.place.service.verify(read_data=True).result()
        assert report.ok, report.problems
        for version in self.all:
            if not version.trashed:
                assert self.place.contents(version.reference) == version.files
        self.place.service.close()
        shutil.rmtree(self.folder)

    @property
    def service(self):  # type: ignore[no-untyped-def]
        return self.place.service

    def dataset_of(self, version: ModelVersion) -> ModelDataset:
        dataset_id = version.reference.partition(":")[0]
        return self.datasets[self.service.get_dataset(dataset_id).name]

    # --- datasets and versions ----------------------------------------------------------------------------------------

    @initialize()
    def two_datasets(self) -> None:
        for name in DATASETS:
            self.place.dataset(name)
            self.datasets[name] = ModelDataset()

    @rule(target=versions, name=st.sampled_from(DATASETS))
    def create_empty(self, name: str) -> ModelVersion:
        return self.add(self.service.create_version(name).reference, {})

    @rule(target=versions, name=st.sampled_from(DATASETS), start=versions)
    def create_from(self, name: str, start: ModelVersion) -> ModelVersion:
        if start.is_committed:
            made = self.service.create_version(name, start_from=start.reference)
            assert made.parent == start.reference
            return self.add(made.reference, dict(start.files))
        kind = ErrorKind.VERSION_NOT_FOUND if start.trashed else ErrorKind.VERSION_UNCOMMITTED
        with fails(kind):
            self.service.create_version(name, start_from=start.reference)
        return start

    def add(self, reference: str, files: dict[str, bytes]) -> ModelVersion:
        self.all.append(ModelVersion(reference, files))
        return self.all[-1]

    @rule(version=versions)
    def commit(self, version: ModelVersion) -> None:
        if version.trashed:
            with fails(ErrorKind.VERSION_NOT_FOUND):
                self.service.commit_version(version.reference).result()
            return
        done = self.service.commit_version(version.reference).result()
        assert (done.files, done.bytes) == (len(version.files), sum(map(len, version.files.values())))
        if version.root is None:
            version.root = done.root
            self.dataset_of(version).commits.append(version)
        assert done.root == version.root

    @rule(version=versions)
    def trash(self, version: ModelVersion) -> None:
        if version.trashed:
            return
        self.service.delete_version(version.reference)
        version.trashed = True

    @rule(version=versions)
    def restore(self, version: ModelVersion) -> None:
        if version.trashed:
            self.service.restore(version.reference)
            version.trashed = False
        else:
            with fails(ErrorKind.NOT_IN_TRASH):
                self.service.restore(version.reference)

    @rule(name=st.sampled_from(DATASETS))
    def trash_and_restore_a_dataset(self, name: str) -> None:
        dataset = self.service.get_dataset(name)
        self.service.delete_dataset(name)
        with fails(ErrorKind.DATASET_NOT_FOUND):
            self.service.get_dataset(name)
        self.service.restore(dataset.id)

    # --- files --------------------------------------------------------------------------------------------------------

    @rule(version=versions, path=PATHS, content=CONTENTS)
    def write(self, version: ModelVersion, path: str, content: bytes) -> None:
        self.change(version, lambda: self.service.write_file(version.reference, path, [content]), {path: content})

    @rule(version=versions, files=FILES, folder=st.sampled_from(["/", "a", "b/ü"]), old=st.booleans())
    def put(self, version: ModelVersion, files: dict[str, bytes], folder: str, old: bool) -> None:
        self.sources += 1
        source = write_tree(self.folder / f"source {self.sources}", files, old=old)
        below = "" if folder == "/" else f"{folder}/"
        self.change(
            version,
            lambda: self.service.put_files(version.reference, [f"{source}/"], folder).result(),
            {below + path: content for path, content in files.items()},
        )

    def change(self, version: ModelVersion, act, files: dict[str, bytes]) -> None:  # type: ignore[no-untyped-def]
        if version.is_open:
            act()
            version.files.update(files)
        else:
            with fails(ErrorKind.VERSION_NOT_FOUND if version.trashed else ErrorKind.VERSION_COMMITTED):
                act()

    @rule(version=versions, data=st.data())
    def delete(self, version: ModelVersion, data: st.DataObject) -> None:
        if not version.is_open:
            return
        folders = {path[: path.rindex("/")] for path in version.files if "/" in path}
        path = data.draw(st.sampled_from(sorted({*version.files, *folders, "/", "nothing"})))
        gone = {own for own in version.files if path == "/" or own == path or own.startswith(f"{path}/")}
        if path == "nothing":
            with fails(ErrorKind.FILE_NOT_FOUND, "nothing"):
                self.service.delete_files(version.reference, [path]).result()
        else:
            assert self.service.delete_files(version.reference, [path]).result() == len(gone)
        for own in gone:
            del version.files[own]

    # --- tags ---------------------------------------------------------------------------------------------------------

    @rule(version=versions, name=st.sampled_from(["best", "stable"]))
    def tag(self, version: ModelVersion, name: str) -> None:
        if version.is_committed:
            self.service.set_tag(version.reference, name)
            self.dataset_of(version).tags[name] = version
        else:
            kind = ErrorKind.VERSION_NOT_FOUND if version.trashed else ErrorKind.VERSION_UNCOMMITTED
            with fails(kind):
                self.service.set_tag(version.reference, name)

    @rule(dataset=st.sampled_from(DATASETS), name=st.sampled_from(["best", "stable"]))
    def delete_tag(self, dataset: str, name: str) -> None:
        if name in self.datasets[dataset].shown_tags:
            del self.datasets[dataset].tags[name]
            self.service.delete_tag(dataset, name)
        else:
            with fails(ErrorKind.TAG_NOT_FOUND, name):
                self.service.delete_tag(dataset, name)

    # --- looking ------------------------------------------------------------------------------------------------------

    @rule(version=versions, limit=st.integers(1, 3))
    def read(self, version: ModelVersion, limit: int) -> None:
        if version.trashed:
            return
        assert names(self.place.files(version.reference, limit)) == sorted(version.files, key=str.encode)
        top = {path.partition("/")[0] + ("/" if "/" in path else "") for path in version.files}
        assert names(list(self.place.all_rows(version.reference, limit=limit))) == sorted(top, key=str.encode)
        assert self.place.contents(version.reference) == version.files

    @rule(old=versions, new=versions)
    def diff(self, old: ModelVersion, new: ModelVersion) -> None:
        if old.trashed or new.trashed:
            return
        found = {c.path: c.kind for c in self.service.diff_versions(old.reference, new.reference).items}
        expected = dict.fromkeys(old.files.keys() - new.files.keys(), ChangeKind.REMOVED)
        expected |= dict.fromkeys(new.files.keys() - old.files.keys(), ChangeKind.ADDED)
        both = old.files.keys() & new.files.keys()
        expected |= {path: ChangeKind.CHANGED for path in both if old.files[path] != new.files[path]}
        assert found == expected

    @rule()
    def reopen(self) -> None:
        self.place.reopen()

    @precondition(lambda self: self.all)
    @invariant()
    def states_and_names_are_those_of_the_model(self) -> None:
        for name, dataset in self.datasets.items():
            latest = dataset.latest
            found = self.service.get_dataset(name).latest
            assert found == (latest.reference.partition(":")[2] if latest else None)
            tags = {tag.name: f"{tag.dataset}:{tag.version}" for tag in self.service.list_tags(name).items}
            assert tags == {tag: version.reference for tag, version in dataset.shown_tags.items()}
        in_trash = {item.reference for item in self.service.list_trash().items}
        assert in_trash == {version.reference for version in self.all if version.trashed}
        version = self.all[-1]
        try:
            state = self.service.get_version(version.reference).state
        except GradientDataError as error:
            assert version.trashed, error  # noqa: PT017
            return
        assert not version.trashed
        assert (state is VersionState.COMMITTED) == version.is_committed

    @invariant()
    def roots_are_equal_when_contents_are(self) -> None:
        contents = {}
        for version in self.all:
            if version.root is not None:
                key = tuple(sorted(version.files.items()))
                assert contents.setdefault(key, version.root) == version.root
        assert len(set(contents.values())) == len(contents)


LifeCycle.TestCase.settings = settings(
    max_examples=settings.default.max_examples // 5, stateful_step_count=30, deadline=None
)
TestLifeCycle = LifeCycle.TestCase
