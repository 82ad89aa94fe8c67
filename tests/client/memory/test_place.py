"""Which notebook a command executes, told only when it is certain."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest

from jupyter_gradient_data.client.memory import place
from jupyter_gradient_data.client.memory.place import Kind, find_place, is_headless, notebook_of_command


@pytest.mark.parametrize(
    ("command", "notebook"),
    [
        ("/usr/bin/python3 /usr/bin/jupyter-nbconvert --execute --to notebook a.ipynb", "/w/a.ipynb"),
        ("python -m jupyter nbconvert --execute sub/../a.ipynb", "/w/a.ipynb"),
        ("python -u -m nbconvert --to notebook --execute /x/a.ipynb --output b", "/x/a.ipynb"),
        ("jupyter execute a.ipynb", "/w/a.ipynb"),
        ("jupyter nbconvert --execute --to notebook a.ipynb --output b.ipynb", "/w/a.ipynb"),
        ("jupyter nbconvert --output b.ipynb --to=notebook --execute a.ipynb", "/w/a.ipynb"),
        ("jupyter execute --output=b.ipynb a.ipynb", "/w/a.ipynb"),
        ("/env/bin/python /env/bin/papermill in.ipynb out.ipynb -p alpha 1", "/w/in.ipynb"),
        ("papermill -k python3 in.ipynb s3://bucket/out.ipynb", "/w/in.ipynb"),
        ("python -m papermill in.ipynb", "/w/in.ipynb"),
        ("python /env/bin/voila --port=1 a.ipynb", "/w/a.ipynb"),
        # Not certain: which of them?
        ("papermill -p other x.ipynb in.ipynb out.ipynb", None),
        ("papermill in.ipynb -p other out.ipynb", None),
        ("jupyter nbconvert --execute a.ipynb b.ipynb", None),
        ("jupyter nbconvert --execute *", None),
    ],
)
def test_programs_that_execute_notebooks(command: str, notebook: str | None) -> None:
    words = command.split()
    assert is_headless(words)
    assert notebook_of_command(words, "/w") == (Path(notebook) if notebook else None)


@pytest.mark.parametrize(
    "command",
    [
        "python /usr/bin/jupyter-lab a.ipynb",
        "jupyter notebook a.ipynb",
        "jupyter",
        "python -m ipykernel_launcher -f /run/kernel-1.json",
        "python run.py a.ipynb",
        "python -c 1",
        "python",
        "bash -c nbconvert",
        "execute a.ipynb",
        "",
    ],
)
def test_other_programs_execute_none(command: str) -> None:
    assert not is_headless(command.split())


def test_a_program_that_is_installed_for_one_user_is_no_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "shell", lambda: None)
    monkeypatch.setattr(place, "shell_of_kernel", lambda: None)
    monkeypatch.setitem(sysconfig.get_config_vars(), "userbase", str(tmp_path))
    for name, kind in [("bin/tool", Kind.NOTHING), ("work/tool", Kind.SCRIPT)]:
        path = tmp_path / name
        path.parent.mkdir()
        path.touch()
        monkeypatch.setattr(sys.modules["__main__"], "__file__", str(path), raising=False)
        assert find_place().kind is kind
