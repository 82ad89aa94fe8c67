"""The page about Python is true: its examples run, one after the other."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.service.place import Place, write_tree

PAGE = Path(__file__).parents[2] / "docs" / "users" / "python.md"


def test_the_examples_run_as_they_stand(
    jgd: ModuleType, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tree(tmp_path / "work", {"photos/rose.png": b"rose", "photos/deep/tulip.png": b"tulip", "labels.csv": b"a\n"})
    monkeypatch.chdir(tmp_path / "work")
    text = PAGE.read_text()
    examples = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    run = [example for example in examples if not example.startswith("# not run")]
    assert len(run) > len(examples) - 2
    names: dict[str, Any] = {"__name__": "__main__"}
    for example in run:
        exec(compile(example, str(PAGE), "exec"), names)
    flowers = jgd.dataset("flowers")
    assert flowers.tags.keys() == {"v1", "v2", "draft", "reviewed"}
    assert place.contents(flowers["v1"].info.reference) == {
        "README.txt": b"Photos of flowers\n",
        "deep/tulip.png": b"tulip",
        "rose.png": b"rose",
        "tables/labels.csv": b"a\n",
        "tables/sizes.csv": b"name,size\nrose,3\n",
    }
    assert flowers["v2"].read_text("tables/sizes.csv") == "name,size\nrose,4\n"
    assert list(jgd.dataset("results")["best"].files) == ["model.txt"]
    assert capsys.readouterr().out.startswith("There is no dataset trees. ")
