"""The section ``million``: small changes to a version of 1,000,000 files."""

from __future__ import annotations

import shutil
from pathlib import Path

import ours
import servers
from measure import CommandFailed, Usage, measure
from peers import Command, Place, PrepareFailed
from places import SCRATCH
from results import Key, Record
from transfers import now

SECTION = "million"
FOLDERS = 1_000
SCATTERED = 100


class Million:
    """A dataset whose newest version has ``1,000 x per_folder`` real files, and the commands measured on it."""

    def __init__(self, place: Place, per_folder: int) -> None:
        self.place = place
        self.per_folder = per_folder
        self.dataset = ours.create_dataset(place)
        self.log = place.folder / "command.log"

    def fill(self) -> Usage:
        """Make the files, bring them up, remove them; returns what the upload cost."""
        data = self.place.folder / "data"
        for folder in range(FOLDERS):
            (data / f"d{folder:04}").mkdir(parents=True)
            for number in range(self.per_folder):
                self._write(data, folder, number, "first")
        upload = ours.gradient("datasets", "versions", "create", "--id", self.dataset, "--source-path", "./data/")
        usage = self._measure(upload)
        shutil.rmtree(data)
        return usage

    def commit(self, run: int, changed: int) -> Usage:
        """Commit a version in which ``changed`` files, each in another folder, differ from the newest."""
        source = self.place.folder / f"changed-{run}-{changed}"
        for number in range(changed):
            folder = number * FOLDERS // changed + run
            (source / f"d{folder:04}").mkdir(parents=True)
            self._write(source, folder, (number * 7 + run) % self.per_folder, f"run {run}, one of {changed}")
        return self._measure(ours.put_over_latest(self.dataset, f"./{source.name}/"))

    def newest(self) -> str:
        """The reference of the version that the last command created."""
        return ours.created_version(self.log.read_text())

    def list_folder(self, run: int) -> Usage:
        """List one of the folders."""
        usage = self._measure(ours.list_folder(self.dataset, f"d{run * 100:04}/"))
        if self.log.read_text().count(".txt") < self.per_folder:
            raise CommandFailed("the listing is not complete")
        return usage

    def diff(self, one: str, other: str) -> Usage:
        """Compare two versions that differ in ``SCATTERED`` files."""
        usage = self._measure(ours.diff(one, other))
        if self.log.read_text().count(".txt") < SCATTERED:
            raise CommandFailed("the comparison is not complete")
        return usage

    def _write(self, root: Path, folder: int, number: int, word: str) -> None:
        (root / f"d{folder:04}" / f"f{number:04}.txt").write_text(f"{word}: file {number} of folder {folder}\n")

    def _measure(self, command: Command) -> Usage:
        return measure(command, self.place.folder, self.place.env, self.log)


def run(runs: int, per_folder: int) -> list[Record]:
    """Make the version, then measure each small operation ``runs`` times; record 0 is the making."""
    folder = SCRATCH / SECTION
    shutil.rmtree(folder, ignore_errors=True)
    records = []
    try:
        with servers.seaweedfs(folder / "server") as port:
            million = Million(Place(folder / "work", f"http://127.0.0.1:{port}"), per_folder)
            records.append(_record(0, {"fill": million.fill()}))
            for number in range(1, runs + 1):
                commit = million.commit(number, 1)
                before = million.newest()
                scattered = million.commit(number, SCATTERED)
                after = million.newest()
                steps = {
                    "commit": commit,
                    "commit_scattered": scattered,
                    "list": million.list_folder(number),
                    "diff": million.diff(before, after),
                }
                records.append(_record(number, steps))
    except (CommandFailed, PrepareFailed, servers.ServerFailed) as failure:
        records.append(Record(Key(SECTION, "loopback", ours.NAME, max(1, len(records))), now(), error=str(failure)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return records


def _record(number: int, steps: dict[str, Usage]) -> Record:
    usage = {step: used.as_dict() for step, used in steps.items()}
    return Record(Key(SECTION, "loopback", ours.NAME, number), now(), usage)
