"""What this process runs: which notebook or which script, if any."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Any

from .documents import NOTEBOOK

SESSION = "JPY_SESSION_NAME"
"""Variable in which a Jupyter server tells a kernel its notebook."""
VS_CODE = "__vsc_ipynb_file__"
"""Variable of the user's in which VS Code does."""

_HEADLESS = ("nbconvert", "papermill", "execute", "run", "voila")  # as `jupyter <name>`, some also as `<name>`
_SERVERS = ("lab", "notebook", "server", "labhub", "jupyterhub-singleuser", "jupyter_server", "jupyterlab")
_OUTPUTS = ("--output", "--NbConvertApp.output_base")  # options: what comes after is written, not executed
_OWN_NAMES = ("nbconvert", "papermill", "voila")


class Kind(str, Enum):
    """What a place is."""

    NOTEBOOK = "notebook"  # a kernel, whether or not its notebook is known
    SCRIPT = "script"
    NOTHING = "nothing"  # a prompt, or a program that is installed


@dataclass(frozen=True, slots=True)
class Place:
    """What this process runs.

    Parameters
    ----------
    path : Path or None
        The notebook or script; None when it is not known.
    is_live : bool
        Whether a notebook is open in a front end that was told of a session, not only executed.
    """

    kind: Kind
    path: Path | None = None
    is_live: bool = False


def find_place() -> Place:
    """Look around in this process and those that started it."""
    if (kernel := shell_of_kernel()) is not None:
        return _of_kernel(kernel)
    script = _script()
    return Place(Kind.SCRIPT, script) if script else Place(Kind.NOTHING)


def shell() -> Any:
    """IPython's shell; None without one.  IPython is not imported for it."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None else None


def shell_of_kernel() -> Any:
    """That shell, when this process is a kernel; else None."""
    found = shell()
    return found if getattr(found, "kernel", None) is not None else None


def notebook_of_command(command: Sequence[str], folder: str) -> Path | None:
    """The notebook that a program executes, when its command names exactly one.

    Parameters
    ----------
    command : sequence of str
        With its arguments.
    folder : str
        Where it was started.
    """
    names = [
        argument
        for before, argument in pairwise(command)
        if argument.endswith(NOTEBOOK) and not argument.startswith("-") and before not in _OUTPUTS
    ]
    # papermill IN OUT: what it is given is the first of exactly two that stand side by side.
    if _program(command) == "papermill" and len(names) == 2 and command.index(names[1]) == command.index(names[0]) + 1:
        del names[1]
    return Path(os.path.abspath(os.path.join(folder, names[0]))) if len(names) == 1 else None


def is_headless(command: Sequence[str]) -> bool:
    """Whether a command executes a notebook without a front end."""
    return _program(command) in _HEADLESS


def _of_kernel(kernel: Any) -> Place:
    if isinstance(named := kernel.user_ns.get(VS_CODE), str) and named.endswith(NOTEBOOK):
        return Place(Kind.NOTEBOOK, Path(named))
    session = os.environ.get(SESSION, "")
    for command, folder in _ancestors():
        if is_headless(command):
            return Place(Kind.NOTEBOOK, notebook_of_command(command, folder))
        if _is_kernel(command):  # a notebook that executes another: the variable is inherited
            return Place(Kind.NOTEBOOK)
        if _program(command) in _SERVERS:
            break
    if not session.endswith(NOTEBOOK):
        return Place(Kind.NOTEBOOK)
    return Place(Kind.NOTEBOOK, Path(os.path.abspath(session)), is_live=True)


def _ancestors() -> Iterator[tuple[list[str], str]]:
    """Commands of the processes above this one, the nearest first, with the folders they were started in.

    Wrappers that started this kernel, as ``conda run`` does, have its connection file in their command; they are
    left out.
    """
    import psutil  # type: ignore[import-untyped]  # imported here: only kernels need it, and have it loaded

    try:
        own = _connection_files(psutil.Process().cmdline())
        for process in psutil.Process().parents():
            command = process.cmdline()
            if not own.intersection(command):
                yield command, process.cwd() if is_headless(command) else ""
    except psutil.Error:  # one that has ended, or is nobody's business
        return


def _connection_files(command: Sequence[str]) -> set[str]:
    return {argument for argument in command if argument.endswith(".json")}


def _is_kernel(command: Sequence[str]) -> bool:
    return any("kernel" in argument for argument in command) and bool(_connection_files(command))


def _program(command: Sequence[str]) -> str:
    """What a command runs: ``nbconvert`` for ``python /usr/bin/jupyter-nbconvert``, ``python -m jupyter nbconvert``."""
    words = list(command[:1])
    rest = list(command[1:])
    if os.path.basename(words[0] if words else "").startswith(("python", "pypy")):
        while rest and rest[0].startswith("-") and rest[0] != "-m":
            rest.pop(0)
        if rest[:1] == ["-m"]:
            rest.pop(0)
        words = rest[:1]
        rest = rest[1:]
    name = os.path.basename(words[0]).removesuffix(".exe") if words else ""
    if name == "jupyter":
        return rest[0] if rest else ""
    if name.startswith("jupyter-"):
        return name.removeprefix("jupyter-")
    return name if name in (*_OWN_NAMES, *_SERVERS) else ""


def _script() -> Path | None:
    """The Python file that this process was started with; None when that belongs to an installed program."""
    named = getattr(sys.modules.get("__main__"), "__file__", None)
    if named is None or shell() is not None:
        return None
    path = Path(os.path.abspath(named))
    schemes = (sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user"))
    folders = ("scripts", "purelib", "platlib", "stdlib")
    installed = {sysconfig.get_path(name, scheme) for scheme in schemes for name in folders}
    installed.add(os.path.dirname(sys.executable))  # on some systems scripts have yet another place
    if not path.is_file() or any(path.is_relative_to(folder) for folder in installed):
        return None
    return path
