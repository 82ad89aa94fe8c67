"""A shell of IPython in this process, with the magics loaded, on a state of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter, rectify_completions
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from jupyter_gradient_data.client import service
from jupyter_gradient_data.client.memory.memory import MEMORY
from jupyter_gradient_data.client.memory.place import Kind
from jupyter_gradient_data.client.memory.place import Place as Where
from jupyter_gradient_data.magics import suggest
from jupyter_gradient_data.magics.session import SESSION


@dataclass
class Seen:
    """What a cell did."""

    printed: str
    plain: str  # what was shown, as text
    html: str
    error: BaseException | None

    @property
    def text(self) -> str:
        """All that a person reads in a terminal."""
        return self.printed + self.plain


class Notebook:
    """Runs cells."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell

    @property
    def names(self) -> dict[str, Any]:
        """Variables."""
        return self.shell.user_ns

    def run(self, code: str) -> Seen:
        """Run a cell, whatever it ends with."""
        with capture_output() as captured:
            result = self.shell.run_cell(code, store_history=True)
        error = result.error_in_exec or result.error_before_exec
        plain = "\n".join(output.data.get("text/plain", "") for output in captured.outputs)
        html = "\n".join(output.data.get("text/html", "") for output in captured.outputs)
        return Seen(re.sub(r"\x1b\[\d*m", "", captured.stdout), plain, html, error)

    def __call__(self, code: str) -> Seen:
        """Run a cell that must succeed."""
        seen = self.run(code)
        assert seen.error is None, seen
        return seen

    def completions(self, code: str) -> list[str]:
        """What Tab offers at the end of a cell: the line as it then is."""
        with provisionalcompleter():
            found = [*rectify_completions(code, self.shell.Completer.completions(code, len(code)))]
        return [(code[: one.start] + one.text).split("\n")[-1] for one in found]


@pytest.fixture(scope="module")
def shell() -> Iterator[InteractiveShell]:
    """A shell with the magics."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(warn_venv=False)  # tests may run in another environment than the shell's
    shell.history_manager.enabled = False
    shell.extension_manager.load_extension("jupyter_gradient_data")
    yield shell
    shell.extension_manager.unload_extension("jupyter_gradient_data")
    InteractiveShell.clear_instance()


@pytest.fixture
def cell(shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:
    """A fresh notebook in a folder and on a state of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADIENT_STATE_DIR", str(tmp_path / ".state"))
    MEMORY.__init__(lambda: Where(Kind.NOTHING))  # type: ignore[misc]  # as in a new process
    SESSION.current = None
    suggest.forget()
    before = set(shell.user_ns)
    yield Notebook(shell)
    for name in set(shell.user_ns) - before:  # not `shell.reset`, which takes half a second
        del shell.user_ns[name]
    MEMORY.__init__()  # type: ignore[misc]
    service.disconnect()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Some files beside the notebook."""
    folder = tmp_path / "photos"
    (folder / "tulips").mkdir(parents=True)
    (folder / "labels.csv").write_text("name,label\n" + "".join(f"{i}.jpg,{i % 3}\n" for i in range(100)))
    (folder / "tulips" / "1.jpg").write_bytes(b"\xff\xd8\xff not really a picture")
    return folder


@pytest.fixture
def flowers(cell: Notebook, photos: Path) -> Notebook:
    """With a dataset of one committed version, tagged ``v1``."""
    cell("%dataset create flowers\n%dataset put flowers photos/\n%dataset commit flowers -m 'first photos' --tag v1")
    return cell
