"""Uploads of many requests against a model of them, whatever clients do in whatever order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets import catalog, files, versions
from jupyter_gradient_data.datasets.incoming import Incoming
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import ErrorKind, GradientDataError

SIZE = 12


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    repository = Repository(Config(state_dir=tmp_path_factory.mktemp("state"), author="tester"))
    catalog.create(repository, "data", "", None)
    yield repository
    repository.close()


@contextmanager
def refused(kind: ErrorKind | None) -> Iterator[None]:
    """What is inside raises this kind of error, or with None succeeds."""
    if kind is None:
        yield
        return
    with pytest.raises(GradientDataError) as caught:
        yield
    assert caught.value.kind is kind


def content_of(repository: Repository, reference: str) -> bytes | None:
    try:
        return b"".join(files.read(repository, reference, "a", 0, None))
    except GradientDataError as error:
        if error.kind is not ErrorKind.FILE_NOT_FOUND:
            raise
        return None


RESUMABLE = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(-1, SIZE + 1) | st.none(), st.binary(max_size=SIZE)),
        st.tuples(st.just("truncate"), st.integers(-1, SIZE + 1), st.just(b"")),
        st.tuples(st.sampled_from(["restart", "finish", "cancel", "expire", "fill"]), st.none(), st.just(b"")),
    ),
    max_size=12,
)


@settings(max_examples=settings.default.max_examples // 2)
@given(RESUMABLE)
def test_a_resumable_upload_is_a_list_of_bytes(
    repository: Repository, steps: list[tuple[str, int | None, bytes]]
) -> None:
    reference = versions.create(repository, "data", "", None, None).reference
    incoming = Incoming(repository)
    upload = incoming.begin(reference, "a", SIZE, False, {}).id
    model, is_open, final = b"", True, None
    gone = ErrorKind.UPLOAD_NOT_FOUND
    for name, number, piece in steps:
        if name == "restart":
            incoming = Incoming(repository)
        elif name == "expire":
            assert incoming.expire() == 0
        elif name in ("append", "fill"):
            offset = len(model) if number is None else number
            piece = b"x" * (SIZE - len(model)) if name == "fill" else piece
            kind = ErrorKind.UPLOAD_OFFSET if offset != len(model) else None
            kind = kind or (ErrorKind.UPLOAD_TOO_LONG if len(model) + len(piece) > SIZE else None)
            with refused(kind if is_open else gone):
                assert incoming.append(upload, offset, piece).offset == offset + len(piece)
            if is_open and kind is None:
                model += piece
        elif name == "truncate":
            assert number is not None
            fits = 0 <= number <= len(model)
            with refused((None if fits else ErrorKind.UPLOAD_OFFSET) if is_open else gone):
                assert incoming.truncate(upload, number).offset == number
            model = model[:number] if is_open and fits else model
        elif name == "finish" and is_open:
            with refused(None if len(model) == SIZE else ErrorKind.UPLOAD_INCOMPLETE):
                assert incoming.finish(upload, None).size == SIZE
            if len(model) == SIZE:
                is_open, final = False, model
        elif name == "cancel":
            with refused(None if is_open else gone):
                incoming.cancel(upload)
            is_open = False
        if is_open:
            assert incoming.get(upload).offset == len(model)
        assert content_of(repository, reference) == final


PARTS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(1, 4), st.binary(max_size=5)),
        st.tuples(st.just("drop"), st.integers(1, 4), st.binary(max_size=5)),
        st.tuples(st.sampled_from(["restart", "finish all", "cancel"]), st.just(0), st.just(b"")),
        st.tuples(st.just("finish"), st.integers(0, 15), st.just(b"")),
    ),
    max_size=12,
)


def md5(piece: bytes) -> str:
    return hashlib.md5(piece, usedforsecurity=False).hexdigest()


@settings(max_examples=settings.default.max_examples // 2)
@given(PARTS)
def test_an_upload_in_parts_is_a_dictionary(repository: Repository, steps: list[tuple[str, int, bytes]]) -> None:
    reference = versions.create(repository, "data", "", None, None).reference
    incoming = Incoming(repository)
    upload = incoming.begin(reference, "a", None, False, {}).id
    model: dict[int, bytes] = {}
    final: bytes | None = None
    is_open = True
    for name, number, piece in steps:
        if not is_open:
            break
        if name == "restart":
            incoming = Incoming(repository)
        elif name in ("put", "drop"):
            part = incoming.begin_part(upload, number)
            part.append(piece[:2])
            part.append(piece[2:])
            if name == "put":
                assert part.end().etag == md5(piece)
                model[number] = piece
            part.drop()
        elif name == "cancel":
            incoming.cancel(upload)
            is_open = False
        else:  # the bits of the number say which parts the client names
            wanted = [n for n in range(1, 5) if name == "finish all" or number & 1 << n - 1]
            named = None if name == "finish all" else [(n, md5(model.get(n, b"?"))) for n in wanted]
            chosen = [model[n] for n in wanted if n in model]
            complete = chosen and (named is None or len(chosen) == len(wanted))
            with refused(None if complete else ErrorKind.UPLOAD_INCOMPLETE):
                incoming.finish(upload, named)
            if complete:
                is_open, final = False, b"".join(chosen)
        if is_open:
            assert {part.number: part.etag for part in incoming.parts(upload)} == {n: md5(p) for n, p in model.items()}
        assert content_of(repository, reference) == final


def test_of_a_part_that_was_replaced_while_the_server_was_killed_the_newest_counts(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = versions.create(repository, "data", "", None, None).reference
    incoming = Incoming(repository)
    upload = incoming.begin(reference, "a", None, False, {}).id
    for piece in (b"old", b"new"):
        part = incoming.begin_part(upload, 1)
        part.append(piece)
        with monkeypatch.context() as patched:
            patched.setattr(Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt) if piece == b"new" else refused(None):
                part.end()
        part.drop()
    assert [part.etag for part in incoming.parts(upload)] == [md5(b"new")]
    incoming.finish(upload, None)
    assert content_of(repository, reference) == b"new"
