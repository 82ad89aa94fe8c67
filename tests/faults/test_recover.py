"""The metadata database is lost: what was committed comes back from the store alone, and what is damaged is named."""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_gradient_data.blobs.hashing import hash_bytes
from jupyter_gradient_data.blobs.packs import TRAILER_SIZE
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import ProviderKind, RecoverReport
from jupyter_gradient_data.service.api import DataService
from tests.faults.scene import check_whole, opened, read_folder, write_files
from tests.support.s3_servers import S3Server


def fill(service: DataService, sources: Path, provider: str | None = None) -> dict[str, dict[str, bytes]]:
    """A past with everything in it that has to come back; returns the files of each committed version."""
    first = write_files(sources / "first", 1)
    second = write_files(sources / "second", 2)
    flowers = service.create_dataset("Blumen 🌷", description="Tulpen\nund Nelken", provider=provider)
    one = service.create_version(flowers.id, message="erste Fotos", metadata={"camera": "Ω", "iso": [100, 200]})
    service.put_files(one.reference, [f"{first}/"]).result()
    service.commit_version(one.reference).result()
    two = service.create_version(flowers.id, message="mehr", start_from=one.reference)
    early = service.create_version(flowers.id, message="begun before, committed after")
    service.put_files(two.reference, [second], "/neu").result()
    service.delete_files(two.reference, ["few"]).result()
    service.commit_version(two.reference).result()
    service.write_file(early.reference, "only.txt", [b"one file"], executable=True)
    service.commit_version(early.reference).result()
    service.set_tag(one.reference, "v1.0")
    service.set_tag(two.reference, "größte")
    service.set_tag(one.reference, "größte")
    service.update_version(two.reference, message="mehr davon", metadata={"checked": True})
    trashed = service.create_version(flowers.id, start_from=two.reference)
    service.commit_version(trashed.reference).result()
    service.delete_version(trashed.reference)
    uncommitted = service.create_version(flowers.id, message="not yet", start_from=two.reference)
    service.write_file(uncommitted.reference, "staged.txt", [b"staged"])

    other = service.create_dataset("other", provider=provider)
    alone = service.create_version(other.id, start_from=two.reference)
    service.commit_version(alone.reference).result()
    service.create_dataset("empty", description="nothing in it", provider=provider)
    gone = service.create_dataset("gone", provider=provider)
    service.write_file(service.create_version(gone.id).reference, "a", [b"a"])
    service.delete_dataset(gone.id)
    service.create_dataset("gone", description="the name was free again", provider=provider)

    files = read_folder(first)
    more = {path: data for path, data in files.items() if not path.startswith("few/")}
    more |= {f"neu/second/{path}": data for path, data in read_folder(second).items()}
    return {
        one.reference: files,
        two.reference: more,
        early.reference: {"only.txt": b"one file"},
        alone.reference: more,
    }


def memory(service: DataService) -> dict[str, Any]:
    """All that must come back, with ids and times; not what is uncommitted, nor times that no store was told."""
    datasets = service.list_datasets().items
    return {
        dataset.name: {
            "dataset": dataclasses.replace(dataset, provider=None, modified=None, uncommitted=0),
            "versions": [
                dataclasses.replace(version, modified=None)
                for version in service.list_versions(dataset.id, committed=True).items
            ],
            "tags": service.list_tags(dataset.id).items,
        }
        for dataset in datasets
    }


def check_content(service: DataService, expected: dict[str, dict[str, bytes]], folder: Path) -> None:
    for reference, files in expected.items():
        target = folder / reference.replace(":", "-")
        service.get_files(reference, [], target).result()
        assert read_folder(target) == files


def lose_database(state: Path) -> None:
    lost = list(state.glob("metadata.sqlite*"))
    assert lost
    for file in lost:
        file.unlink()


def test_everything_committed_comes_back(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with opened(state) as service:
        expected = fill(service, tmp_path / "sources")
        before, stored = memory(service), service.usage()[0].stored_bytes
    lose_database(state)
    with opened(state) as service:
        assert service.list_datasets().items == ()
        report = service.recover().result()
        assert (report.datasets, report.versions, report.tags, report.problems) == (5, 5, 2, ())
        assert memory(service) == before
        assert service.usage()[0].stored_bytes == stored
        check_whole(service)
        check_content(service, expected, tmp_path / "got")

        again = service.recover().result()
        assert again == RecoverReport(report.provider, 0, 0, 0, 0)
        assert memory(service) == before
        assert service.usage()[0].stored_bytes == stored


def test_work_goes_on_after_recovery(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with opened(state) as service:
        fill(service, tmp_path / "sources")
    lose_database(state)
    with opened(state) as service:
        service.recover().result()
        before = service.get_version("Blumen 🌷:latest")
        version = service.create_version("Blumen 🌷", start_from="Blumen 🌷:v1.0")
        result = service.put_files(version.reference, [f"{tmp_path / 'sources' / 'second'}/"]).result()
        assert result.files_sent == 0, "what the store has was sent again"
        committed = service.commit_version(version.reference).result()
        assert service.get_version("Blumen 🌷:latest") == committed != before
        check_whole(service)


def test_a_database_that_has_other_datasets_keeps_them(tmp_path: Path) -> None:
    """Recovering into a database in use adds what is missing and changes nothing else."""
    state = tmp_path / "state"
    with opened(state) as service:
        expected = fill(service, tmp_path / "sources")
        before = memory(service)
    lose_database(state)
    with opened(state) as service:
        mine = service.create_dataset("other", description="made after the loss")
        service.recover().result()
        assert service.get_dataset("other").id == mine.id
        recovered = service.get_dataset("other (recovered)")
        assert recovered.id == before["other"]["dataset"].id
        assert memory(service)["Blumen 🌷"] == before["Blumen 🌷"]
        check_whole(service)
        check_content(service, expected, tmp_path / "got")


def test_everything_comes_back_from_a_bucket(tmp_path: Path, seaweedfs: S3Server) -> None:
    bucket = f"recover-{secrets.token_hex(6)}"
    seaweedfs.client().create_bucket(Bucket=bucket)

    def add_provider(service: DataService) -> str:
        config = seaweedfs.config(bucket=bucket)
        return service.create_provider("bucket", ProviderKind.S3_COMPATIBLE, config, seaweedfs.secret_key).id

    with opened(tmp_path / "old") as service:
        expected = fill(service, tmp_path / "sources", add_provider(service))
        before = memory(service)
    with opened(tmp_path / "new") as service:
        provider = add_provider(service)
        report = service.recover(provider).result()
        assert (report.provider, report.datasets, report.versions, report.problems) == (provider, 5, 5, ())
        assert memory(service) == before
        check_whole(service)
        check_content(service, expected, tmp_path / "got")
        assert service.recover(provider).result() == RecoverReport(provider, 0, 0, 0, 0)
    with opened(tmp_path / "new") as service:
        assert memory(service) == before
    with opened(tmp_path / "busy") as service:
        service.create_dataset("in use")
        provider = add_provider(service)
        with fails(ErrorKind.RECOVER_NOT_EMPTY):
            service.recover(provider).result()


def fails(kind: ErrorKind) -> pytest.RaisesExc[GradientDataError]:
    return pytest.RaisesExc(GradientDataError, check=lambda error: error.kind is kind)


def test_where_nothing_is_nothing_is_recovered(tmp_path: Path) -> None:
    with opened(tmp_path / "state") as service, fails(ErrorKind.NOTHING_TO_RECOVER):
        service.recover().result()


@pytest.mark.parametrize(
    "marker", [{"format": 2, "features": []}, {"format": 1, "features": ["from-the-future"]}], ids=["format", "feature"]
)
def test_an_unknown_format_is_refused(tmp_path: Path, marker: dict[str, object]) -> None:
    state = tmp_path / "state"
    with opened(state) as service:
        service.create_dataset("photos")
    (file,) = (state / "managed").glob("*/format.json")
    file.write_text(json.dumps(marker))
    lose_database(state)
    with opened(state) as service:
        with fails(ErrorKind.FORMAT_UNKNOWN):
            service.recover().result()
        with fails(ErrorKind.FORMAT_UNKNOWN):
            service.create_dataset("photos")


def test_a_version_deleted_after_its_commit_was_interrupted_stays_deleted(tmp_path: Path) -> None:
    """Its commit record is in the store already."""
    state = tmp_path / "state"
    with opened(state) as service:
        dataset = service.create_dataset("photos")
        version = service.create_version(dataset.id)
        service.write_file(version.reference, "a", [b"a"])
        service.commit_version(version.reference).result()
        (record,) = (state / "managed").glob("*/datasets/*/versions/*.json")
        document = record.read_bytes()
        service.delete_version(version.reference)
        interrupted = service.create_version(dataset.id)
        service.write_file(interrupted.reference, "a", [b"a"])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("jupyter_gradient_data.datasets.commit._Commit.flip", _interrupted)
            with pytest.raises(KeyboardInterrupt):
                service.commit_version(interrupted.reference).result()
        assert record.with_name(f"{interrupted.version}.json").read_bytes() != document
        service.delete_version(interrupted.reference)
    lose_database(state)
    with opened(state) as service:
        assert service.recover().result().problems == ()
        assert service.list_versions(dataset.id, committed=None).items == ()


def _interrupted(_commit: object) -> None:
    raise KeyboardInterrupt


# --- damage -----------------------------------------------------------------------------------------------------------


class Damaged:
    """A state with two datasets that share nothing, whose database is lost."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        with opened(self.state) as service:
            self.good, self.good_files = self._add(service, "good", folder, 1)
            known = set(self._stored())
            self.bad, self.bad_files = self._add(service, "bad", folder, 2)
            self.old = service.get_version(self.bad).reference
            self.new = service.create_version("bad", start_from=self.old, message="newer").reference
            service.write_file(self.new, "newer.txt", [b"newer"])
            service.commit_version(self.new).result()
            service.set_tag(self.old, "tagged")
        self.bad_objects = sorted(set(self._stored()) - known)
        lose_database(self.state)

    def _add(self, service: DataService, name: str, folder: Path, seed: int) -> tuple[str, dict[str, bytes]]:
        source = write_files(folder / name, seed, large=False)
        (source / "text" / "mine").write_text(name)
        dataset = service.create_dataset(name, description=f"the {name} one")
        version = service.create_version(dataset.id, message="first").reference
        service.put_files(version, [f"{source}/"]).result()
        service.commit_version(version).result()
        return version, read_folder(source)

    def _stored(self) -> list[Path]:
        return [path for path in (self.state / "managed").rglob("*") if path.is_file() and ".tmp" not in path.parts]

    def objects(self, kind: str) -> list[Path]:
        """What was written for the bad dataset, the earliest first."""
        return sorted((p for p in self.bad_objects if kind in p.parts), key=lambda path: path.stat().st_mtime_ns)

    def document(self, reference: str) -> Path:
        """The commit record of a version."""
        (path,) = (self.state / "managed").glob(f"*/datasets/*/versions/{reference.partition(':')[2]}.json")
        return path

    def card(self) -> Path:
        """The card of the bad dataset."""
        (path,) = (self.state / "managed").glob(f"*/datasets/{self.bad.partition(':')[0]}/dataset.json")
        return path

    def recover(self, service: DataService, folder: Path) -> RecoverReport:
        """Recover; the good dataset is whole in any case."""
        report = service.recover().result()
        assert service.get_version("good:latest").message == "first"
        check_content(service, {self.good: self.good_files}, folder / "got")
        assert service.verify("good", read_data=True).result().ok
        return report


@pytest.fixture
def damaged(tmp_path: Path) -> Damaged:
    return Damaged(tmp_path)


def flip_byte(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def rewrite_footer(path: Path, change: Callable[[bytearray], object]) -> None:
    """Change the footer of a pack and make its trailer fit again."""
    data = path.read_bytes()
    trailer = data[-TRAILER_SIZE:]
    length = int.from_bytes(trailer[32:36], "little")
    footer = bytearray(data[-TRAILER_SIZE - length : -TRAILER_SIZE])
    change(footer)
    new = hash_bytes(footer) + len(footer).to_bytes(4, "little") + trailer[36:]
    path.write_bytes(data[: -TRAILER_SIZE - length] + footer + new)


PACK_DAMAGE: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "cut": cut,
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    "another trailer": lambda path: flip_byte(path, -1),
    "another footer": lambda path: flip_byte(path, -TRAILER_SIZE - 5),
    "footer says longer": lambda path: rewrite_footer(path, lambda footer: footer.__setitem__(32, footer[32] ^ 1)),
    "footer says another size": lambda path: rewrite_footer(path, lambda footer: footer.__setitem__(36, 0x7F)),
    "footer says another encoding": lambda path: rewrite_footer(path, lambda footer: footer.__setitem__(40, 7)),
    "footer says the same blob twice": lambda path: rewrite_footer(
        path, lambda footer: footer.__setitem__(slice(41, 73), footer[:32])
    ),
}


@pytest.mark.parametrize("name", PACK_DAMAGE)
def test_a_damaged_pack_is_named_and_the_rest_comes_back(damaged: Damaged, tmp_path: Path, name: str) -> None:
    pack = damaged.objects("packs")[0]  # the files of the first version
    PACK_DAMAGE[name](pack)
    with opened(damaged.state) as service:
        report = damaged.recover(service, tmp_path)
        assert (report.datasets, report.versions, report.tags) == (2, 3, 1)
        things = [problem.thing for problem in report.problems if problem.fatal]
        if name != "missing":
            assert any(pack.name in thing for thing in things)
        assert any(damaged.old in thing and "few/1.bin" in thing for thing in things)
        assert service.get_dataset("bad").description == "the bad one"
        with pytest.raises(GradientDataError):
            list(service.read_file(damaged.old, "few/1.bin"))
        assert b"".join(service.read_file(damaged.new, "newer.txt")) == b"newer"


CARD_DAMAGE: dict[str, Callable[[dict[str, Any]], object]] = {
    "no name": lambda card: card.pop("name"),
    "a number for a name": lambda card: card.update(name=5),
    "a name like a reference": lambda card: card.update(name="a:b"),
    "a name that is no text": lambda card: card.update(name="\ud800"),
    "another dataset": lambda card: card.update(id="ds" + "0" * 13),
    "tags in a list": lambda card: card.update(tags=["tagged"]),
    "a tag without a version": lambda card: card["tags"]["tagged"].pop("version"),
    "a time in the far future": lambda card: card.update(created=2**60),
    "a trash without time": lambda card: card.update(trashed_versions={"zz99zz9": None}),
}


@pytest.mark.parametrize(
    "damage", [b"", b"\xff\xfe", b"{", b"[]", b"null", b"[" * 100_000, *CARD_DAMAGE], ids=lambda d: repr(d)[:20]
)
def test_an_unreadable_card_is_named_and_the_versions_come_back(
    damaged: Damaged, tmp_path: Path, damage: bytes | str
) -> None:
    content = damage
    if isinstance(damage, str):
        card = json.loads(damaged.card().read_bytes())
        CARD_DAMAGE[damage](card)
        content = json.dumps(card).encode()
    assert isinstance(content, bytes)
    damaged.card().write_bytes(content)
    with opened(damaged.state) as service:
        report = damaged.recover(service, tmp_path)
        assert [problem.thing for problem in report.problems if problem.fatal] == [str_key(damaged.card())]
        assert (report.datasets, report.versions, report.tags) == (2, 3, 0)
        dataset = damaged.bad.partition(":")[0]
        assert service.get_dataset(dataset).name == dataset
        check_content(service, {damaged.old: damaged.bad_files}, tmp_path / "got")
        check_whole(service)


RECORD_DAMAGE: dict[str, Callable[[dict[str, Any]], object]] = {
    "no root": lambda record: record.pop("root"),
    "a short root": lambda record: record.update(root="abcd"),
    "a root that is no hash": lambda record: record.update(root="x" * 64),
    "another version": lambda record: record.update(version="zz99zz9"),
    "another dataset": lambda record: record.update(dataset="ds" + "0" * 13),
    "no version id": lambda record: record.update(version=7),
    "text for a number": lambda record: record.update(number="1"),
    "a message that is none": lambda record: record.update(message=None),
    "a negative size": lambda record: record.update(bytes=-1),
}


@pytest.mark.parametrize("name", [*RECORD_DAMAGE, "no JSON"])
def test_an_unreadable_record_is_named_and_the_other_versions_come_back(
    damaged: Damaged, tmp_path: Path, name: str
) -> None:
    path = damaged.document(damaged.old)
    if name in RECORD_DAMAGE:
        record = json.loads(path.read_bytes())
        RECORD_DAMAGE[name](record)
        path.write_text(json.dumps(record))
    else:
        path.write_bytes(b"not JSON")
    with opened(damaged.state) as service:
        report = damaged.recover(service, tmp_path)
        assert str_key(path) in [problem.thing for problem in report.problems if problem.fatal]
        assert (report.datasets, report.versions, report.tags) == (2, 2, 0)
        assert any(problem.thing.endswith(":tagged") for problem in report.problems)
        assert service.get_version("bad:latest").reference == damaged.new
        files = {**damaged.bad_files, "newer.txt": b"newer"}
        check_content(service, {damaged.new: files}, tmp_path / "got")


def str_key(path: Path) -> str:
    """The key of an object in the embedded store."""
    return str(path)[str(path).index("/managed/") + len("/managed/") :]


def test_what_is_not_ours_is_left_alone(damaged: Damaged, tmp_path: Path) -> None:
    strangers = [
        damaged.card().parent.parent / "README.txt",
        damaged.card().with_name("notes.json"),
        damaged.card().parent / "versions" / "draft.json.bak",
    ]
    for path in strangers:
        path.write_text("a stranger's")
    with opened(damaged.state) as service:
        report = damaged.recover(service, tmp_path)
        assert (report.datasets, report.versions, report.tags) == (2, 3, 1)
        assert not any(problem.fatal for problem in report.problems)
    assert all(path.read_text() == "a stranger's" for path in strangers)
