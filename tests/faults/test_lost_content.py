"""Content that the store has lost or damaged: it is noticed, and who still has it puts it again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.service.api import DataService
from tests.faults.scene import LARGE, check_whole, opened, read_folder, write_files


@pytest.fixture
def service(tmp_path: Path) -> Iterator[DataService]:
    with opened(tmp_path / "state") as service:
        service.create_dataset("photos")
        yield service


def objects(tmp_path: Path, kind: str) -> list[Path]:
    return [path for path in (tmp_path / "state" / "managed").glob(f"*/{kind}/**/*") if path.is_file()]


@pytest.mark.parametrize("kind", ["packs", "blobs"])
def test_a_commit_without_content_is_refused_until_it_is_put_again(
    service: DataService, tmp_path: Path, kind: str
) -> None:
    source = write_files(tmp_path / "source", 1)
    version = service.create_version("photos").reference
    service.put_files(version, [f"{source}/"]).result()
    (lost,) = objects(tmp_path, kind)
    lost.unlink()
    for _ in range(2):
        with pytest.raises(GradientDataError) as caught:
            service.commit_version(version).result()
        assert caught.value.kind is ErrorKind.CONTENT_MISSING
    service.put_files(version, [f"{source}/"]).result()
    service.commit_version(version).result()
    check_whole(service)


def test_a_damaged_version_is_whole_again_when_its_files_are_put_again(service: DataService, tmp_path: Path) -> None:
    source = write_files(tmp_path / "source", 1)
    version = service.create_version("photos").reference
    service.put_files(version, [f"{source}/"]).result()
    (pack,), (large,) = objects(tmp_path, "packs"), objects(tmp_path, "blobs")
    service.commit_version(version).result()
    for file, place in ((pack, pack.read_bytes().index((source / "few" / "3.bin").read_bytes())), (large, LARGE // 2)):
        data = bytearray(file.read_bytes())
        data[place] ^= 1
        file.write_bytes(data)
    assert len(service.verify(read_data=True).result().problems) == 2
    again = service.create_version("photos").reference
    assert service.put_files(again, [f"{source}/"]).result().files_sent == 2
    service.commit_version(again).result()
    check_whole(service)
    service.get_files(version, [], tmp_path / "got").result()
    assert read_folder(tmp_path / "got") == read_folder(source)
