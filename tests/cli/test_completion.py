"""Completion in the shells themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.service.opening import open_service
from tests.cli.conftest import ROOT, Terminal

DATASETS = ["dsttn2y7j1ux882", "test1"]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path whose `gradient` runs on the double, with a state directory that is there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "gradient"
    program.write_text(f'#!/bin/sh\ncd "{ROOT}" && exec "{sys.executable}" -m tests.cli.scene plain "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GRADIENT_STATE_DIR", str(tmp_path))
    return folder


def ask(line: str, shell: str = "zsh") -> list[str]:
    """What the command answers a shell, without the shell."""
    done = subprocess.run(
        ["gradient"],
        env={**os.environ, "_GRADIENT_COMPLETE": f"{shell}_complete", "COMP_WORDS": line},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return [answer.split("\t")[1] for answer in done.stdout.splitlines() if answer]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("gradient da", ["datasets"]),
        ("gradient un", ["unmount"]),
        ("gradient mount te", ["test1:"]),
        ("gradient mount test1:h", ["test1:hello"]),
        ("gradient unmount ", ["test1"]),
        ("gradient mounts update ", ["test1"]),
        ("gradient public fetch ", ["birds"]),
        ("gradient public info gradient/", ["gradient/birds"]),
        ("gradient public fetch birds --file i", ["images.zip"]),
        ("gradient mounts update test1 test1:l", ["test1:latest"]),
        ("gradient outputs create te", ["test1"]),
        ("gradient outputs commit ", ["fresh"]),
        ("gradient datasets ver", ["verify", "versions"]),
        ("gradient datasets create --st", ["--storageProviderId"]),
        ("gradient datasets details --id ", DATASETS),
        ("gradient datasets details --id=", [f"--id={name}" for name in DATASETS]),
        ("gradient datasets details --id ds", DATASETS[:1]),
        ("gradient --team t12345678 datasets details --id te", DATASETS[1:]),
        ("gradient datasets versions commit --id te", ["test1:"]),
        ("gradient datasets versions commit --id test1:", ["test1:latest", "test1:hello", "test1:1rn19s2"]),
        ("gradient datasets versions commit --id test1:h", ["test1:hello"]),
        ("gradient datasets versions create --id a --from=test1:l", ["--from=test1:latest"]),
        ("gradient datasets tags delete --id test1:", ["test1:hello"]),
        ("gradient datasets diff test1:latest test1:1", ["test1:1rn19s2"]),
        ("gradient datasets create --storageProviderId ", ["spltautet072md4", "test1"]),
        ("gradient storageProviders details --id sp", ["spltautet072md4"]),
        ("gradient datasets files get --id test1:latest --source-path h", ["hello.txt"]),
        ("gradient datasets versions list --id a --isCommitted ", []),
        ("gradient storageProviders create s3 --addressing ", ["auto", "path", "virtual"]),
    ],
)
def test_what_is_offered(path, line, offered) -> None:
    assert ask(line) == offered


def test_a_tab_creates_nothing(path, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("GRADIENT_STATE_DIR", str(tmp_path / "not there"))
    assert ask("gradient datasets details --id ") == []
    assert not (tmp_path / "not there").exists()


def test_a_failing_service_is_silent(path) -> None:
    program = path / "gradient"
    program.write_text(program.read_text().replace("plain", "broken"))
    assert ask("gradient datasets details --id ") == []


@pytest.fixture
def shell(path: Path) -> Iterator[list[Terminal]]:
    """Shells on terminals, closed at the end."""
    shells: list[Terminal] = []
    yield shells
    for one in shells:
        one.close()


def tab(screen: Terminal, typed: str, completed: str) -> None:
    """Type, press TAB, and see the line completed as expected."""
    screen.seen = ""
    screen.type(f"{typed}\t")
    screen.expect(completed)
    screen.type("\x15")  # clear the line


def test_bash(shell) -> None:
    screen = Terminal(["bash", "--norc", "--noprofile", "-i"], PS1="$ ")
    shell.append(screen)
    screen.type("bind 'set enable-bracketed-paste off'; eval \"$(gradient completion bash)\"; echo rea''dy\n")
    screen.expect("ready\n")
    tab(screen, "gradient datasets vers", "versions ")
    tab(screen, "gradient datasets details --id ds", "--id dsttn2y7j1ux882 ")
    tab(screen, "gradient datasets details --id=ds", "--id=dsttn2y7j1ux882 ")
    tab(screen, "gradient datasets versions commit --id tes", "--id test1:(?! )")
    tab(screen, "gradient datasets versions commit --id test1:h", "--id test1:hello ")
    tab(screen, "gradient datasets versions commit --id=test1:lat", "--id=test1:latest ")
    tab(screen, "gradient datasets files put --source-path /et", "--source-path /etc/")


@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs zsh")
def test_zsh(shell, tmp_path) -> None:
    screen = Terminal(["zsh", "-f", "-i"], PS1="$ ", ZDOTDIR=str(tmp_path), TERM="dumb")
    shell.append(screen)
    setup = "unsetopt zle_bracketed_paste 2>/dev/null; autoload -U compinit; compinit -u -d $ZDOTDIR/dump"
    screen.type(f"{setup}; eval \"$(gradient completion zsh)\"; echo rea''dy\n")
    screen.expect("ready\n")
    tab(screen, "gradient datasets vers", "versions ")
    tab(screen, "gradient datasets details --id ds", "dsttn2y7j1ux882 ")
    tab(screen, "gradient datasets details --id=ds", "--id=dsttn2y7j1ux882 ")
    tab(screen, "gradient datasets versions commit --id test1:h", "test1:hello ")
    tab(screen, "gradient datasets files put --source-path /et", "/etc/")


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("gradient datasets vers", ["versions"]),
        ("gradient datasets details --id ds", ["dsttn2y7j1ux882"]),
        ("gradient datasets details --id=ds", ["--id=dsttn2y7j1ux882"]),
        ("gradient datasets versions commit --id test1:h", ["test1:hello"]),
        ("gradient datasets files put --source-path /et", ["/etc/"]),
    ],
)
def test_fish(path, typed, offered) -> None:
    script = f"gradient completion fish | source; complete -C '{typed}'"
    done = subprocess.run(["fish", "--no-config", "-c", script], capture_output=True, text=True, check=True)
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == offered
    assert done.stderr == ""


def test_what_comes_late_in_a_long_list_is_offered(path: Path, tmp_path: Path) -> None:
    code = "from jupyter_gradient_data.cli.main import main; main()"
    (path / "gradient").write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}" "$@"\n')
    service = open_service(Config(state_dir=tmp_path))
    for number in range(230):
        service.create_dataset(f"data-{number:03}")
    service.close()
    assert ask("gradient datasets details --id data-22") == [f"data-22{last}" for last in range(10)]
    assert len(ask("gradient datasets details --id data-")) == 200
