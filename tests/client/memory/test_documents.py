"""Locks are read as they were written, from every place that has one; what is damaged says so and stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_gradient_data.client.memory.documents import change_file, read_lock
from jupyter_gradient_data.client.memory.format import to_plain
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import new_dataset_id, new_version_id
from jupyter_gradient_data.models import LockEntry

ENTRY = LockEntry("flowers:latest", "dst364npcw6ccok", "flowers", "12e4567", "0" * 64, "/inputs/flowers", 3, 4096)


def _is_name(text: str) -> bool:
    return text == text.strip() and text != ""


NAMES = st.text(st.characters(exclude_categories=["C"], exclude_characters=":/\\"), min_size=1, max_size=20).filter(
    _is_name
)
ENTRIES = st.builds(
    LockEntry,
    reference=st.one_of(NAMES, st.builds("{}:{}".format, NAMES, NAMES)),
    dataset=st.builds(new_dataset_id),
    dataset_name=NAMES,
    version=st.one_of(st.builds(new_version_id), st.sampled_from(["1234567", "12e4567", "0x12345"])),
    root=st.binary(min_size=32, max_size=32).map(bytes.hex),
    path=st.none() | st.just("/inputs/a.b-c"),
    files=st.integers(0, 2**53),
    bytes=st.integers(0, 2**53),
)


def notebook(folder: Path, metadata: dict[str, Any]) -> Path:
    path = folder / "n.ipynb"
    cells = [{"cell_type": "code", "metadata": {"gradient": 1}, "source": "1", "outputs": [], "execution_count": None}]
    path.write_text(json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}))
    return path


def widgets(*locks: Any) -> dict[str, Any]:
    """As nbclient saves the state of widgets, with one of somebody else before."""
    others = [{"model_name": "IntSliderModel", "state": {"value": 3}}, {"state": None}, {}]
    models = [*others, *({"state": {"_model_name": "WidgetModel", "gradient_lock": lock}} for lock in locks)]
    states = {f"model{number}": model for number, model in enumerate(models)}
    return {"application/vnd.jupyter.widget-state+json": {"version_major": 2, "state": states}}


@settings(max_examples=60)
@given(st.lists(ENTRIES, max_size=4))
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, entries: list[LockEntry]) -> None:
    folder = tmp_path_factory.mktemp("lock")
    change_file(folder / "gradient.lock", lambda _: [ENTRY, *entries])
    assert read_lock(folder) == (ENTRY, *entries)
    plain = yaml.safe_load((folder / "gradient.lock").read_text(encoding="utf-8"))
    assert plain == to_plain([ENTRY, *entries])
    assert read_lock(notebook(folder, {"gradient": {"lock": plain}})) == (ENTRY, *entries)
    assert read_lock(notebook(folder, {"widgets": widgets(plain)})) == (ENTRY, *entries)
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


def test_a_lock_is_found_by_its_folder_or_script(tmp_path: Path) -> None:
    change_file(tmp_path / "gradient.lock", lambda _: [ENTRY])
    (tmp_path / "train.py").touch()
    assert read_lock(tmp_path) == read_lock(str(tmp_path / "train.py")) == (ENTRY,)
    text = (tmp_path / "gradient.lock").read_text()
    assert text.startswith("# Which versions of which datasets")
    assert 'version: "12e4567"' in text  # a number, to some


def test_of_two_locks_in_a_notebook_the_later_one_counts(tmp_path: Path) -> None:
    early, late = to_plain([ENTRY], 2), to_plain([], 3)
    for live, saved, expected in [(early, late, ()), (late, early, ()), (early, to_plain([], 2), (ENTRY,))]:
        metadata = {"gradient": {"lock": live, "other": 1}, "widgets": widgets(saved)}
        assert read_lock(notebook(tmp_path, metadata)) == expected
    assert read_lock(notebook(tmp_path, {"widgets": widgets(late, early)})) == ()


def test_a_notebook_that_used_nothing_has_an_empty_lock(tmp_path: Path) -> None:
    for metadata in ({}, {"gradient": {}}, {"gradient": 3, "widgets": 5}, {"widgets": {"x": 1}}, {"kernelspec": {}}):
        assert read_lock(notebook(tmp_path, metadata)) == ()


def damaged(**changes: Any) -> dict[str, Any]:
    return {"format": 1, "datasets": [{**to_plain([ENTRY])["datasets"][0], **changes}]}


@pytest.mark.parametrize(
    ("lock", "kind", "words"),
    [
        ({"format": 2, "datasets": "anything"}, ErrorKind.LOCK_NEWER, "format 2"),
        ([], ErrorKind.LOCK_UNREADABLE, "not a mapping"),
        ({"datasets": []}, ErrorKind.LOCK_UNREADABLE, "format"),
        ({"format": True, "datasets": []}, ErrorKind.LOCK_UNREADABLE, "format"),
        ({"format": 1}, ErrorKind.LOCK_UNREADABLE, "array"),
        ({"format": 1, "datasets": [{"reference": "x"}]}, ErrorKind.LOCK_UNREADABLE, "dataset"),
        (damaged(version=1234567), ErrorKind.LOCK_UNREADABLE, "version"),
        (damaged(version="release"), ErrorKind.LOCK_UNREADABLE, "version"),
        (damaged(dataset="flowers"), ErrorKind.LOCK_UNREADABLE, "dataset id"),
        (damaged(root="xyz"), ErrorKind.LOCK_UNREADABLE, "root"),
        (damaged(path="/inputs/../etc"), ErrorKind.LOCK_UNREADABLE, "etc"),
        (damaged(path="/etc"), ErrorKind.LOCK_UNREADABLE, "/etc"),
        (damaged(path="x"), ErrorKind.LOCK_UNREADABLE, "/inputs/"),
        (damaged(reference="a:b:c"), ErrorKind.LOCK_UNREADABLE, "a:b:c"),
        (damaged(files=-1), ErrorKind.LOCK_UNREADABLE, "below 0"),
    ],
)
def test_a_lock_that_cannot_be_used_says_why(tmp_path: Path, lock: Any, kind: ErrorKind, words: str) -> None:
    path = notebook(tmp_path, {"gradient": {"lock": lock}})
    with pytest.raises(GradientDataError) as error:
        read_lock(path)
    assert error.value.kind is kind
    assert str(path) in error.value.message
    assert words in error.value.message
    (tmp_path / "gradient.lock").write_text(yaml.safe_dump(lock))
    with pytest.raises(GradientDataError) as error:
        change_file(tmp_path / "gradient.lock", lambda _: [ENTRY])
    assert error.value.kind is kind
    assert yaml.safe_load((tmp_path / "gradient.lock").read_text()) == lock


def test_files_that_are_no_documents_say_so(tmp_path: Path) -> None:
    (tmp_path / "n.ipynb").write_bytes(b"<<<<<<< HEAD\xff")
    (tmp_path / "deep.ipynb").write_text(f'{{"metadata": {{"a": {"[" * 9000}{"]" * 9000}}}}}')
    (tmp_path / "gradient.lock").write_bytes(b"a: [\xff")
    for path, kind in [
        (tmp_path / "n.ipynb", ErrorKind.LOCK_UNREADABLE),
        (tmp_path / "deep.ipynb", ErrorKind.LOCK_UNREADABLE),
        (tmp_path / "gradient.lock", ErrorKind.LOCK_UNREADABLE),
        (tmp_path / "none.ipynb", ErrorKind.LOCK_NOT_FOUND),
        (tmp_path / "none", ErrorKind.LOCK_NOT_FOUND),
    ]:
        with pytest.raises(GradientDataError) as error:
            read_lock(path)
        assert error.value.kind is kind
