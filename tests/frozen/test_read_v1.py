"""What the first version wrote is read for ever: a frozen repository, recovered into an empty state and read whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_gradient_data.service.api import DataService
from tests.faults.scene import opened
from tests.frozen.make_v1 import describe

FROZEN = Path(__file__).parent / "v1"


@pytest.fixture
def expected() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FROZEN / "expected.json").read_bytes())
    return found


@pytest.fixture
def service(tmp_path: Path) -> Iterator[DataService]:
    shutil.copytree(FROZEN / "managed", tmp_path / "state" / "managed")
    with opened(tmp_path / "state") as service:
        report = service.recover().result()
        assert (report.datasets, report.versions, report.tags, report.problems) == (4, 6, 3, ())
        yield service


def test_it_is_read_as_it_was_written(service: DataService, expected: dict[str, Any]) -> None:
    assert describe(service) == expected
    assert service.verify(read_data=True).result().problems == ()


def test_its_files_are_got(service: DataService, expected: dict[str, Any], tmp_path: Path) -> None:
    for dataset in expected.values():
        for version, described in dataset["versions"].items():
            target = tmp_path / "got" / version
            result = service.get_files(f"{dataset['id']}:{version}", [], target).result()
            sizes = {path: int(text.split()[0]) for path, text in described["files"].items()}
            assert (result.files, result.bytes) == (len(sizes), sum(sizes.values()))
            found = {str(p.relative_to(target)): p.stat().st_size for p in target.rglob("*") if p.is_file()}
            assert found == sizes


def test_work_goes_on_in_it(service: DataService, expected: dict[str, Any]) -> None:
    """Equal content has the root it had then: a tree that is made anew is the same to the byte."""
    dataset = expected["Blumen 🌷"]
    (first,) = (text for text in dataset["versions"].values() if text["message"] == "first")
    version = service.create_version(dataset["id"]).reference
    for path, text in first["files"].items():
        content = b"".join(service.read_file(f"{dataset['id']}:v1.0", path))
        service.write_file(version, path, [content], executable=text.endswith(" x"))
    assert service.commit_version(version).result().root == first["root"]
