"""Tab: what is offered where, in the words of the user, whatever engine IPython uses beside it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from jupyter_gradient_data.client import service
from jupyter_gradient_data.magics import completion, suggest
from jupyter_gradient_data.magics.verbs import root
from tests.magics.conftest import Notebook


@pytest.fixture(params=[True, False], ids=["jedi", "no jedi"])
def filled(
    flowers: Notebook, shell: InteractiveShell, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Notebook]:
    """With things to complete."""
    (tmp_path / "my photos").mkdir()
    (tmp_path / "it's.csv").write_text("a")
    (tmp_path / ".hidden").write_text("a")
    flowers('%dataset create "my flowers"\n%dataset mount flowers --name garden\n%dataset outputs create models')
    flowers("%dataset tag flowers:v1 gold")  # no version's id begins so, or one in 50,000
    before = shell.Completer.use_jedi
    shell.Completer.use_jedi = request.param
    yield flowers
    shell.Completer.use_jedi = before


def test_what_is_offered(filled: Notebook) -> None:
    filled("v = %dataset info flowers:v1")
    version = filled.names["v"].id
    offered = {
        "%dataset ": [f"%dataset {verb}" for verb in root.lazy],
        "%dataset mo": ["%dataset mount", "%dataset mounts"],
        "%dataset public f": ["%dataset public fetch"],
        "%dataset put --": ["%dataset put --to", "%dataset put --target-path", "%dataset put --help"],
        "%dataset info ": ["%dataset info flowers", "%dataset info models", "%dataset info 'my flowers'"],
        "d = %dataset info fl": ["d = %dataset info flowers"],
        "x = 1\nd = %dataset info fl": ["d = %dataset info flowers"],
        "for x in y:\n    %dataset info fl": ["    %dataset info flowers"],
        "%dataset info flowers:": [f"%dataset info flowers:{one}" for one in ("latest", "gold", "v1", version)],
        "%dataset info flowers:gol": ["%dataset info flowers:gold"],
        "%dataset diff flowers:v1 flowers:late": ["%dataset diff flowers:v1 flowers:latest"],
        "%dataset ls flowers/": ["%dataset ls flowers/labels.csv", "%dataset ls flowers/tulips/"],
        "%dataset cat flowers:v1/tu": ["%dataset cat flowers:v1/tulips/"],
        "%dataset cat flowers:v1/tulips/": ["%dataset cat flowers:v1/tulips/1.jpg"],
        "%dataset put fl": ["%dataset put flowers"],
        "%dataset put flowers ph": ["%dataset put flowers photos/"],
        "%dataset put flowers photos/t": ["%dataset put flowers photos/tulips/"],
        "%dataset put flowers my": ["%dataset put flowers 'my photos/"],
        '%dataset put flowers "my': ['%dataset put flowers "my photos/'],
        "%dataset put flowers it": ['%dataset put flowers "it\'s.csv"'],
        "%dataset put flowers .h": ["%dataset put flowers .hidden"],
        "%dataset put flowers photos/ --to tu": ["%dataset put flowers photos/ --to tulips/"],
        "%dataset put flowers --to=t": ["%dataset put flowers --to=tulips/"],
        "%dataset rm flowers la": ["%dataset rm flowers labels.csv"],
        "%dataset get flowers ph": ["%dataset get flowers photos/"],
        "%dataset commit flowers --tag ": ["%dataset commit flowers --tag gold", "%dataset commit flowers --tag v1"],
        "%dataset tag flowers:latest ": ["%dataset tag flowers:latest gold", "%dataset tag flowers:latest v1"],
        "%dataset new --from flowers:gol": ["%dataset new --from flowers:gold"],
        "%dataset unmount ": ["%dataset unmount garden"],
        "%dataset update g": ["%dataset update garden"],
        "%dataset outputs commit ": ["%dataset outputs commit models"],
        "%dataset public info gradient/mn": ["%dataset public info gradient/mnist"],
        "%dataset public fetch mnist --file train-im": [
            "%dataset public fetch mnist --file train-images-idx3-ubyte.gz"
        ],
        "%dataset create x --storageProviderId Gr": ["%dataset create x --storageProviderId 'Gradient Managed'"],
        "%%dataset put fl": ["%%dataset put flowers"],
        "%dataset cat $v": ["%dataset cat $v"],
    }
    assert {line: filled.completions(line) for line in offered} == offered


def test_after_use_the_name_is_left_out(filled: Notebook) -> None:
    filled("%dataset use flowers")
    assert filled.completions("%dataset cat la") == ["%dataset cat labels.csv"]
    assert filled.completions("%dataset cat :v1/tulips/") == ["%dataset cat :v1/tulips/1.jpg"]
    assert filled.completions("%dataset info :gol") == ["%dataset info :gold"]
    assert filled.completions("%dataset put ph") == ["%dataset put photos/"]
    assert filled.completions("%dataset put photos/ --to t") == ["%dataset put photos/ --to tulips/"]


@pytest.mark.parametrize(
    "line",
    [
        "%dataset nothing ",
        "%dataset info nothing:",
        "%dataset ls flowers:nothing/",
        "%dataset cat 'fl",
    ],
)
def test_where_nothing_fits_nothing_of_python_is_offered(flowers: Notebook, line: str) -> None:
    assert flowers.completions(line) in ([line], ["%dataset cat 'flowers'"])


@pytest.mark.parametrize(
    "line", ["%dataset put \\", "%dataset put 'a\"", "%dataset  ", "%dataset --", "%dataset put -- -"]
)
def test_odd_lines_are_no_error(flowers: Notebook, line: str) -> None:
    assert all(one.startswith("%dataset ") for one in flowers.completions(line))


def test_other_lines_are_left_alone(flowers: Notebook, shell: InteractiveShell) -> None:
    shell.Completer.use_jedi = False
    assert "%dataset" in flowers.completions("%datas")
    flowers("flowers_of_python = 1")
    assert flowers.completions("flowers_of") == ["flowers_of_python"]
    assert "# %dataset info flowers" not in flowers.completions("# %dataset info fl")


def test_a_version_that_is_being_made_is_completed_too(cell: Notebook, photos: Path) -> None:
    cell("%dataset create flowers\n%dataset put flowers photos/")
    assert cell.completions("%dataset ls flowers/tu") == ["%dataset ls flowers/tulips/"]


def test_tab_makes_no_state(cell: Notebook, tmp_path: Path) -> None:
    assert cell.completions("%dataset info ") == ["%dataset info "]
    assert not (tmp_path / ".state").exists()


def test_it_is_asked_once_and_again_after_a_change(flowers: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = service.current_service()
    asked: list[int] = []
    listed = opened.list_datasets
    monkeypatch.setattr(opened, "list_datasets", lambda **options: asked.append(1) or listed(**options))
    for _ in range(3):
        assert flowers.completions("%dataset info f") == ["%dataset info flowers"]
    assert len(asked) == 1
    flowers("%dataset create ferns")
    assert flowers.completions("%dataset info f") == ["%dataset info ferns", "%dataset info flowers"]
    assert len(asked) == 2


def test_what_comes_late_in_a_long_list_is_offered_too(flowers: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggest, "_MOST", 3)
    monkeypatch.setattr(suggest, "_PAGE", 2)
    flowers("for name in 'abcdez':\n    %dataset create $name\n    %dataset tag flowers tag-$name")
    flowers("for name in 'abcdez':\n    _ = %dataset put flowers photos/ --to $name")
    for end in ("info z", "info flowers:tag-z", "tag flowers:v1 tag-z", "ls flowers:v1/tul"):
        assert flowers.completions(f"%dataset {end}")[0].startswith(f"%dataset {end}")
        assert flowers.completions(f"%dataset {end[:-1]}")[-1].startswith(f"%dataset {end[:-1]}")
    assert flowers.completions("%dataset info ") == [f"%dataset info {name}" for name in "abc"]


def test_nobody_waits_for_a_slow_service(flowers: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    opened = service.current_service()
    listed = opened.list_datasets
    monkeypatch.setattr(completion, "_PATIENCE", 0.1)
    monkeypatch.setattr(opened, "list_datasets", lambda **options: answered.wait(60) and listed(**options))
    begun = time.monotonic()
    assert flowers.completions("%dataset info f") == ["%dataset info f"]
    assert time.monotonic() - begun < 30  # it did not wait for the answer
    answered.set()
    monkeypatch.setattr(completion, "_PATIENCE", 60)
    assert flowers.completions("%dataset info f") == ["%dataset info flowers"]


def test_a_defect_is_not_shown(flowers: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**options: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(service.current_service(), "list_datasets", fail)
    suggest.forget()
    assert flowers.completions("%dataset info f") == ["%dataset info f"]
