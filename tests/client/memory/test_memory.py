"""What a reference means in a notebook or script: what it meant first, until told; and who is told what."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_gradient_data.client.memory import homes
from jupyter_gradient_data.client.memory.documents import change_file, read_lock
from jupyter_gradient_data.client.memory.memory import Memory
from jupyter_gradient_data.client.memory.place import Kind, Place
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import Mount, Version
from jupyter_gradient_data.service.api import DataService

Commit = Callable[..., Version]


@pytest.fixture
def memory() -> Memory:
    """Of a prompt: nothing is kept."""
    return Memory(lambda: Place(Kind.NOTHING))


def script_memory(folder: Path) -> Memory:
    """Of a script, as it is at its start."""
    return Memory(lambda: Place(Kind.SCRIPT, folder / "train.py"))


def noted(memory: Memory) -> list[tuple[str, str, str | None]]:
    return [(entry.reference, entry.version, entry.path) for entry in memory.entries]


def test_latest_and_tags_stay_until_told(service: DataService, commit: Commit, name: str, memory: Memory) -> None:
    first = commit(name, "1", "gold")
    assert memory.resolve(service, name) == memory.resolve(service, f"{name}:gold") == first
    second = commit(name, "2", "gold")
    for reference in (name, f"{name}:latest", f"{first.dataset}:latest", f"{name}:gold", f"{first.dataset}:gold"):
        assert memory.resolve(service, reference).version == first.version
    assert [entry.version for entry in memory.follow(f"{first.dataset}:latest")] == [first.version]
    assert memory.resolve(service, name) == second
    assert memory.resolve(service, f"{name}:gold").version == first.version
    assert len(memory.follow()) == 2
    assert memory.entries == ()
    assert memory.resolve(service, f"{name}:gold") == second


def test_one_entry_for_each_reference(service: DataService, commit: Commit, name: str, memory: Memory) -> None:
    version = commit(name, "1")
    for reference in (f"{version.dataset}", f"{name}:latest", name, f"{name}:{version.version}"):
        memory.resolve(service, reference)
    assert noted(memory) == [
        (version.dataset, version.version, None),
        (f"{name}:{version.version}", version.version, None),
    ]
    (entry, _) = memory.entries
    assert (entry.dataset_name, entry.root, entry.files, entry.bytes) == (name, version.root, 1, 1)
    assert memory.locked(f"{name}:latest") is entry
    assert memory.locked(f"{name}:other") is None


def test_what_is_not_committed_is_not_recorded(service: DataService, commit: Commit, name: str, memory: Memory) -> None:
    commit(name, "1")
    draft = service.create_version(name)
    assert memory.resolve(service, draft.reference) == draft
    assert memory.entries == ()


def mounted(service: DataService, version: Version, reference: str, name: str) -> Mount:
    return service.mount(reference, name=name).result()


def test_what_is_opened_and_mounted_is_one_entry(
    service: DataService, commit: Commit, name: str, memory: Memory
) -> None:
    version = commit(name, "1")
    memory.resolve(service, name)
    memory.record_mount(service, mounted(service, version, name, name))
    memory.resolve(service, name)
    assert noted(memory) == [(name, version.version, f"/inputs/{name}")]
    memory.record_mount(service, mounted(service, version, version.reference, f"{name}-too"), name)
    assert noted(memory) == [
        (name, version.version, f"/inputs/{name}"),
        (name, version.version, f"/inputs/{name}-too"),
    ]


def test_a_path_shows_one_thing(service: DataService, commit: Commit, name: str, memory: Memory) -> None:
    old, new = commit(name, "1", "old"), commit(name, "2")
    memory.record_mount(service, mounted(service, old, f"{name}:old", name))
    service.update_mount(name, name).result()
    memory.record_mount(service, service.get_mount(name), name)
    assert noted(memory) == [(f"{name}:old", old.version, None), (name, new.version, f"/inputs/{name}")]


def test_what_was_committed_here_counts_as_told(
    service: DataService, commit: Commit, name: str, memory: Memory, capsys: pytest.CaptureFixture[str]
) -> None:
    first = commit(name, "1")
    memory.record_mount(service, mounted(service, first, name, name))
    own = commit(name, "2")
    memory.committed(service, own)
    assert noted(memory) == [(name, first.version, f"/inputs/{name}")]  # it is what was read
    commit(name, "3")  # somebody else's
    assert memory.resolve(service, f"{own.dataset}:latest") == own
    assert memory.resolve(service, name) == own
    assert noted(memory) == [(name, first.version, f"/inputs/{name}"), (f"{own.dataset}:latest", own.version, None)]
    assert memory.resolve(service, name) == own
    memory.follow(name)
    assert memory.resolve(service, name).version not in (first.version, own.version)
    assert capsys.readouterr() == ("", "")


def test_a_dataset_that_is_made_again_by_the_notebook_is_the_one_it_means(
    service: DataService, commit: Commit, name: str, tmp_path: Path
) -> None:
    commit(name, "1")
    script_memory(tmp_path).resolve(service, name)
    service.delete_dataset(name)
    again = commit(name, "2")
    memory = script_memory(tmp_path)
    memory.committed(service, again)
    assert memory.resolve(service, name) == again
    assert noted(memory) == [(name, again.version, None)]


def test_a_new_name_is_the_same_dataset(service: DataService, commit: Commit, name: str, memory: Memory) -> None:
    first = commit(name, "1")
    memory.resolve(service, name)
    service.update_dataset(name, name=f"{name}-new")
    other = commit(name, "other")
    commit(f"{name}-new", "2")
    assert memory.resolve(service, f"{name}-new").version == first.version
    assert memory.resolve(service, name).version == first.version != other.version
    assert len(memory.entries) == 1


def test_moving_on_is_told_once(
    service: DataService, commit: Commit, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = commit(name, "1", "gold")
    memory = script_memory(tmp_path)
    memory.resolve(service, name)
    memory.resolve(service, f"{name}:gold")
    second = commit(name, "2", "gold")
    assert capsys.readouterr() == ("", "")
    memory = script_memory(tmp_path)
    for _ in range(2):
        memory.resolve(service, name)
        memory.resolve(service, f"{first.dataset}:latest")
        memory.resolve(service, f"{name}:gold")
    told = capsys.readouterr()
    assert told.out == ""
    follow = f"Take its entry out of {tmp_path / 'gradient.lock'} to follow what is there now."
    assert told.err.splitlines() == [
        f"{name}:latest is {first.version} here, as gradient.lock says; newer: {second.version}. {follow}",
        f"{name}:gold is {first.version} here, as gradient.lock says; now: {second.version}. {follow}",
    ]


def test_what_is_not_here_says_how_it_comes_back(
    service: DataService, commit: Commit, name: str, tmp_path: Path
) -> None:
    version = commit(name, "1")
    script_memory(tmp_path).resolve(service, name)
    lock = tmp_path / "gradient.lock"
    text = lock.read_text()

    lock.write_text(text.replace(version.version, "zzzzzz1"))
    with pytest.raises(GradientDataError) as error:
        script_memory(tmp_path).resolve(service, name)
    assert error.value.kind is ErrorKind.LOCKED_ABSENT
    assert error.value.message == f"{name} is zzzzzz1 in gradient.lock, and that version is not known here."
    assert f"`gradient lock restore {lock}` brings it back." in error.value.hint

    lock.write_text(text.replace(str(version.root), "0" * 64))
    with pytest.raises(GradientDataError) as error:
        script_memory(tmp_path).resolve(service, name)
    assert error.value.kind is ErrorKind.LOCKED_DIFFERENT


@pytest.mark.parametrize("text", ["format: 7\n", "format: 1\ndatasets: 3\n", "[", "<<<<<<< HEAD\n", "a: 2024-02-30\n"])
def test_a_lock_that_cannot_be_read_stands_in_nobodys_way(
    service: DataService,
    commit: Commit,
    name: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
) -> None:
    version = commit(name, "1")
    (tmp_path / "gradient.lock").write_text(text)
    memory = script_memory(tmp_path)
    assert memory.resolve(service, name) == memory.resolve(service, name) == version
    (line,) = capsys.readouterr().err.splitlines()
    assert str(tmp_path / "gradient.lock") in line
    assert "what is used now is not recorded" in line
    assert (tmp_path / "gradient.lock").read_text() == text
    assert len(memory.entries) == 1


def test_an_interrupt_forgets_nothing(
    service: DataService, commit: Commit, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    first = commit(name, "1")
    memory = script_memory(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(homes, "change_file", interrupted)
        with pytest.raises(KeyboardInterrupt):
            memory.resolve(service, name)
    assert memory.resolve(service, name) == first
    assert [entry.version for entry in read_lock(tmp_path)] == [first.version]
    commit(name, "2")
    memory = script_memory(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(homes, "read_file", interrupted)
        with pytest.raises(KeyboardInterrupt):
            memory.resolve(service, name)
    assert memory.resolve(service, name) == first


def test_a_lock_that_cannot_be_written_is_one_line(
    service: DataService, commit: Commit, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    version = commit(name, "1", "gold")
    (tmp_path / "gradient.lock").symlink_to("/proc/version/none")  # nobody, not even root, can write there
    memory = script_memory(tmp_path)
    assert memory.resolve(service, name) == memory.resolve(service, f"{name}:gold") == version
    (line,) = capsys.readouterr().err.splitlines()
    assert "is not recorded" in line


def test_scripts_of_one_folder_add_to_each_other(
    service: DataService, commit: Commit, name: str, tmp_path: Path
) -> None:
    commit(name, "1", "gold")
    one, other = script_memory(tmp_path), script_memory(tmp_path)
    assert one.entries == other.entries == ()
    one.resolve(service, name)
    other.resolve(service, f"{name}:gold")
    assert [entry.reference for entry in read_lock(tmp_path)] == [f"{name}:gold", name]
    one.follow(name)
    assert [entry.reference for entry in read_lock(tmp_path)] == [f"{name}:gold"]
    change_file(tmp_path / "gradient.lock", lambda _: ())
    before = (tmp_path / "gradient.lock").stat().st_ino
    script_memory(tmp_path).follow()  # nothing to change: nothing is written
    assert (tmp_path / "gradient.lock").stat().st_ino == before


def test_threads_agree_on_what_came_first(service: DataService, commit: Commit, name: str, memory: Memory) -> None:
    commit(name, "0")
    found: list[str] = []
    begin = threading.Barrier(8)

    def use() -> None:
        begin.wait()
        found.extend(memory.resolve(service, name).version for _ in range(3))

    threads = [threading.Thread(target=use) for _ in range(7)]
    for thread in threads:
        thread.start()
    begin.wait()
    commit(name, "1")
    for thread in threads:
        thread.join()
    assert len(found) == 21
    assert set(found) == {memory.entries[0].version}
    assert len(memory.entries) == 1
