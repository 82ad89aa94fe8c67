"""Clients that get in each other's way at the worst moment: cards, leases, and a committer that was thought dead."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from jupyter_gradient_data.datasets import lease
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import VersionState
from jupyter_gradient_data.service.api import DataService
from jupyter_gradient_data.service.local import LocalService
from jupyter_gradient_data.stores.database import now
from jupyter_gradient_data.stores.local import LocalStore
from jupyter_gradient_data.stores.schema import versions
from tests.faults.scene import check_whole, config, files_of

HOUR = 3600 * 1000  # milliseconds


class Client:
    """A service and what lies below it."""

    def __init__(self, state: Path) -> None:
        self.repository = Repository(config(state))
        self.service: DataService = LocalService(self.repository)

    def set(self, reference: str, **values: object) -> None:
        """Change the row of a version."""
        with self.repository.database.write() as connection:
            mine = versions.c.version == reference.partition(":")[2]
            connection.execute(update(versions).where(mine).values(values))

    def lease_of(self, reference: str) -> str | None:
        with self.repository.database.read() as connection:
            mine = versions.c.version == reference.partition(":")[2]
            return connection.scalar(select(versions.c.lease).where(mine))

    def document(self, *parts: str) -> dict[str, object]:
        """A JSON document of the team in the embedded store."""
        team = self.repository.config.state_path / "managed" / self.repository.team
        document: dict[str, object] = json.loads(team.joinpath(*parts).read_bytes())
        return document


@pytest.fixture
def clients(tmp_path: Path) -> Iterator[Callable[[], Client]]:
    """Makes clients of one state directory."""
    opened: list[Client] = []

    def make() -> Client:
        opened.append(Client(tmp_path / "state"))
        return opened[-1]

    yield make
    for client in opened:
        client.service.close()


@pytest.fixture
def client(clients: Callable[[], Client]) -> Client:
    return clients()


@pytest.fixture
def filling(client: Client) -> str:
    """An uncommitted version with one file."""
    dataset = client.service.create_dataset("photos")
    version = client.service.create_version(dataset.id).reference
    client.service.write_file(version, "a.txt", [b"first"])
    return version


def fails(kind: ErrorKind) -> pytest.RaisesExc[GradientDataError]:
    return pytest.RaisesExc(GradientDataError, check=lambda error: error.kind is kind)


def meanwhile(monkeypatch: pytest.MonkeyPatch, method: str, key_part: str, act: Callable[[], object]) -> list[str]:
    """Do something just before the first write of a certain object; returns the keys this has happened for."""
    original = getattr(LocalStore, method)
    seen: list[str] = []

    def wrapped(store: LocalStore, key: str, *rest: object) -> object:
        if key_part in key and not seen:
            seen.append(key)
            act()
        return original(store, key, *rest)

    monkeypatch.setattr(LocalStore, method, wrapped)
    return seen


# --- cards ------------------------------------------------------------------------------------------------------------


def test_a_card_that_is_written_late_does_not_replace_a_newer_one(
    client: Client, clients: Callable[[], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = client.service.create_dataset("photos")
    other = clients()
    late = meanwhile(
        monkeypatch,
        "put",
        "dataset.json",
        lambda: other.service.update_dataset(dataset.id, description="the newer one"),
    )
    client.service.update_dataset(dataset.id, description="the older one")
    assert late
    assert client.service.get_dataset(dataset.id).description == "the newer one"
    assert client.document("datasets", dataset.id, "dataset.json")["description"] == "the newer one"


@pytest.mark.parametrize("mend", ["change", "verify"])
def test_a_card_that_could_not_be_written_is_made_good(
    client: Client, mend: str, caplog: pytest.LogCaptureFixture
) -> None:
    dataset = client.service.create_dataset("photos")

    def fail() -> None:
        raise ErrorKind.STORE_UNREACHABLE(store="the store", reason="it was told to fail")

    with pytest.MonkeyPatch.context() as patch:
        assert meanwhile(patch, "put", "dataset.json", fail) == []
        client.service.update_dataset(dataset.id, description="changed")
    assert "will be written with its next change" in caplog.text
    assert client.document("datasets", dataset.id, "dataset.json")["description"] == ""
    if mend == "change":
        client.service.update_dataset(dataset.id, name="pictures")
    else:
        check_whole(client.service)
    assert client.document("datasets", dataset.id, "dataset.json")["description"] == "changed"


# --- leases -----------------------------------------------------------------------------------------------------------


def owner_elsewhere() -> str:
    return "another-machine/4711/8150/abcdef"


def owner_that_ended() -> str:
    """The lease owner of a process that ran on this machine."""
    code = "from jupyter_gradient_data.datasets import lease; print(lease.new_owner())"
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def leave_committing(client: Client, reference: str, owner: str, expires: int) -> None:
    client.set(reference, state=VersionState.COMMITTING.value, lease=owner, lease_expires=expires, number=1)


WRITES: list[Callable[[DataService, str], object]] = [
    lambda service, version: service.commit_version(version).result(),
    lambda service, version: service.write_file(version, "b.txt", [b"second"]),
    lambda service, version: service.delete_files(version, ["a.txt"]).result(),
    lambda service, version: service.put_files(version, [__file__]).result(),
]
each_write = pytest.mark.parametrize("write", WRITES, ids=["commit", "write", "delete", "put"])


@each_write
def test_a_commit_that_died_here_is_in_nobodys_way(
    client: Client, filling: str, write: Callable[[DataService, str], object]
) -> None:
    leave_committing(client, filling, owner_that_ended(), now() + HOUR)
    write(client.service, filling)
    client.service.commit_version(filling).result()
    check_whole(client.service)


@each_write
def test_a_commit_elsewhere_has_until_its_lease_runs_out(
    client: Client, filling: str, write: Callable[[DataService, str], object]
) -> None:
    leave_committing(client, filling, owner_elsewhere(), now() + HOUR)
    with fails(ErrorKind.VERSION_COMMITTING):
        write(client.service, filling)
    assert set(files_of(client.service, filling)) == {"a.txt"}
    client.set(filling, lease_expires=now() - 1)
    write(client.service, filling)
    client.service.commit_version(filling).result()
    check_whole(client.service)


def test_a_commit_under_way_in_this_process_is_not_taken_over(client: Client, filling: str) -> None:
    leave_committing(client, filling, lease.new_owner(), now() + HOUR)
    with fails(ErrorKind.VERSION_COMMITTING):
        client.service.commit_version(filling).result()


@pytest.mark.parametrize(
    ("method", "key_part"), [("put", "/packs/"), ("put_if_absent", "/versions/")], ids=["before nodes", "before record"]
)
def test_a_slow_committer_does_not_touch_what_another_committed(
    client: Client,
    clients: Callable[[], Client],
    filling: str,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    key_part: str,
) -> None:
    other = clients()

    def overtake() -> None:
        client.set(filling, lease=owner_elsewhere_of(client.lease_of(filling)), lease_expires=now() - 1)
        other.service.write_file(filling, "b.txt", [b"second"])
        other.service.commit_version(filling).result()

    slow = meanwhile(monkeypatch, method, key_part, overtake)
    with fails(ErrorKind.VERSION_COMMITTED):
        client.service.commit_version(filling).result()
    assert slow
    dataset, _, version = filling.partition(":")
    committed = other.service.get_version(filling)
    assert committed.is_committed
    assert client.document("datasets", dataset, "versions", f"{version}.json")["root"] == committed.root
    assert set(files_of(client.service, filling)) == {"a.txt", "b.txt"}
    assert client.service.commit_version(filling).result() == committed
    check_whole(client.service)


def owner_elsewhere_of(owner: str | None) -> str:
    """The same owner, as another machine sees it."""
    assert owner is not None
    return "another-machine" + owner[owner.index("/") :]


def test_a_slow_committer_does_not_commit_what_another_is_filling(
    client: Client, clients: Callable[[], Client], filling: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = clients()

    def overtake() -> None:
        client.set(filling, lease_expires=now() - 1)
        other.service.write_file(filling, "b.txt", [b"second"])

    slow = meanwhile(monkeypatch, "put_if_absent", "/versions/", overtake)
    with fails(ErrorKind.COMMIT_OVERTAKEN):
        client.service.commit_version(filling).result()
    assert slow
    assert not other.service.get_version(filling).is_committed
    assert set(files_of(other.service, filling)) == {"a.txt", "b.txt"}
    committed = other.service.commit_version(filling).result()
    dataset, _, version = filling.partition(":")
    assert client.document("datasets", dataset, "versions", f"{version}.json")["root"] == committed.root
    check_whole(client.service)


def test_a_version_deleted_while_it_is_committed_stays_deleted(
    client: Client, clients: Callable[[], Client], filling: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = clients()
    slow = meanwhile(monkeypatch, "put_if_absent", "/versions/", lambda: other.service.delete_version(filling))
    with fails(ErrorKind.VERSION_NOT_FOUND):
        client.service.commit_version(filling).result()
    assert slow
    with fails(ErrorKind.VERSION_NOT_FOUND):
        client.service.get_version(filling)
    check_whole(client.service)
