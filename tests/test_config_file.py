"""Settings from a configuration file: where it is looked for, what it means, and who wins."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_gradient_data import config_file
from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind, Invalid

NAME = "jupyter_gradient_data_config"


@pytest.fixture
def folder(isolated_environment: Path) -> Path:
    path = isolated_environment / "jupyter" / "config"
    path.mkdir(parents=True)
    return path


def test_without_a_file_there_is_nothing() -> None:
    assert config_file.read() == {}


def test_without_a_file_nothing_that_reads_one_is_imported() -> None:
    code = (
        "import sys; from jupyter_gradient_data.config import Config; Config.load(); print('traitlets' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_file_is_a_program(folder: Path) -> None:
    (folder / f"{NAME}.py").write_text(
        'import pathlib\nc.GradientData.state_dir = pathlib.Path("/a") / "b"\nc.GradientData.transfers = 2 + 1\n'
        "c.Other.state_dir = 1\n"
    )
    config = Config.load({})
    assert (config.state_dir, config.transfers) == (Path("/a/b"), 3)


def test_a_file_is_json(folder: Path) -> None:
    (folder / f"{NAME}.json").write_text(json.dumps({"GradientData": {"author": "ann", "threads": 4}}))
    config = Config.load({})
    assert (config.author, config.threads) == ("ann", 4)


def test_who_wins(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path))  # goes before what is in the home folder
    (folder / f"{NAME}.py").write_text(
        "c.GradientData.threads = c.GradientData.transfers = c.GradientData.trash_days = 1"
    )
    (folder / f"{NAME}.json").write_text('{"GradientData": {"threads": 2, "transfers": 2}}')
    (tmp_path / f"{NAME}.py").write_text("c.GradientData.threads = 3")
    assert config_file.read() == {"threads": 3, "transfers": 2, "trash_days": 1}
    config = Config.load({"GRADIENT_THREADS": "4", "GRADIENT_TRANSFERS": "4"}, threads=5)
    assert (config.threads, config.transfers, config.trash_days, config.task_days) == (5, 4, 1, 30)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("threads = 'many'", "not a whole number"),
        ("threads = True", "not a whole number"),
        ("threads = -1", "not a whole number"),
        ("author = 5", "not text"),
        ("secret_key = 12345", "not text"),
        ("team = 'nonsense'", "a team id"),
    ],
)
def test_values_that_make_no_sense(folder: Path, line: str, reason: str) -> None:
    (folder / f"{NAME}.py").write_text(f"c.GradientData.{line}")
    with pytest.raises(Invalid, match=reason) as caught:
        Config.load({})
    assert "12345" not in str(caught.value)


@pytest.mark.parametrize(
    ("suffix", "text"), [(".py", "1 +"), (".py", "raise OSError"), (".py", "c.x.y()"), (".json", "{")]
)
def test_a_file_that_cannot_be_read_is_named(folder: Path, suffix: str, text: str) -> None:
    path = folder / f"{NAME}{suffix}"
    path.write_text(text)
    with pytest.raises(Invalid) as caught:
        Config.load({})
    assert caught.value.kind is ErrorKind.CONFIG_UNREADABLE
    assert str(path) in str(caught.value)


def test_the_command_reads_it(folder: Path, tmp_path: Path) -> None:
    state = tmp_path / "configured"
    (folder / f"{NAME}.py").write_text(f"c.GradientData.state_dir = {str(state)!r}")
    program = [sys.executable, "-m", "jupyter_gradient_data.cli"]
    subprocess.run([*program, "datasets", "create", "--name", "x"], capture_output=True, check=True)
    assert state.is_dir()
    (folder / f"{NAME}.py").write_text("c.GradientData.threads = 'many'")
    failed = subprocess.run([*program, "datasets", "list"], capture_output=True, text=True, check=False)
    assert failed.returncode == 2
    assert "c.GradientData.threads" in failed.stderr
    assert "Traceback" not in failed.stderr
