"""A local file becomes an object without being copied, where the store can do that."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.stores.local import LocalStore
from jupyter_gradient_data.stores.objects import ObjectStore
from jupyter_gradient_data.stores.wrappers import LimitedStore, MeasuredStore, RetryingStore
from tests.support.s3_servers import S3Server

KEY = "t/blobs/aa/content"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    return path


WRAPPED: dict[str, Callable[[ObjectStore], ObjectStore]] = {
    "plain": lambda store: store,
    "retrying": RetryingStore,
    "limited": lambda store: LimitedStore(store, 1),
    "measured": MeasuredStore,
}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_a_file_is_adopted(tmp_path: Path, file: Path, wrap: Callable[[ObjectStore], ObjectStore]) -> None:
    local = LocalStore(tmp_path / "store", "s")
    store = wrap(local)
    for _ in range(2):  # the second time it is that very file already
        assert store.adopt(KEY, file)
        assert local.path(KEY).samefile(file)
        assert [info.key for info in store.list()] == [KEY]
        assert os.listdir(tmp_path / "store" / ".tmp") == []
    file.unlink()
    assert store.get(KEY) == b"content"


def test_what_was_there_is_replaced(tmp_path: Path, file: Path) -> None:
    store = LocalStore(tmp_path / "store", "s")
    store.put(KEY, b"before")
    assert store.adopt(KEY, file)
    assert store.get(KEY) == b"content"


@pytest.mark.parametrize("code", [errno.EXDEV, errno.EPERM, errno.EMLINK])
def test_where_there_are_no_links_it_has_to_be_sent(
    tmp_path: Path, file: Path, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LocalStore(tmp_path / "store", "s")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", refuse)
    assert not store.adopt(KEY, file)
    assert store.head(KEY) is None


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "store", "s")
    with pytest.raises(GradientDataError) as caught:
        store.adopt(KEY, tmp_path / "gone")
    assert caught.value.kind is ErrorKind.STORE_ERROR


def test_a_bucket_adopts_nothing(seaweedfs: S3Server, file: Path) -> None:
    assert not seaweedfs.store().adopt(KEY, file)
