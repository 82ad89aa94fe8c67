"""Locks in files: in the metadata of a notebook, and ``gradient.lock`` beside scripts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import LockEntry

from .format import Lock, from_plain, to_plain

LOCK_FILE = "gradient.lock"
NOTEBOOK = ".ipynb"

METADATA = "gradient"
"""Key of a notebook's metadata; the lock is ``lock`` in it."""
WIDGET_STATE = "gradient_lock"
"""Key of the state of the hidden widget that carries a lock where only the state of widgets is saved."""

_WIDGETS = "application/vnd.jupyter.widget-state+json"
_ABOUT = """\
# Which versions of which datasets the scripts in this folder used. They go on using exactly these, whatever is
# committed later; an entry that is taken out is made anew when its reference is used again.
#   gradient lock restore gradient.lock     brings this data back, also on another machine
#   gradient lock verify gradient.lock      proves that it is this data
# Written by jupyter-gradient-data; keep it with the scripts.
"""


def read_lock(path: str | os.PathLike[str]) -> tuple[LockEntry, ...]:
    """The lock that a notebook carries, or that lies beside a script.

    Parameters
    ----------
    path : path-like
        A notebook, a ``gradient.lock``, or a folder or Python script that has one beside it.

    Returns
    -------
    tuple of LockEntry
        In the order in which the data was first used; nothing for a notebook that has used none.

    Raises
    ------
    NotFound
        There is no such file.
    Invalid
        The lock is damaged, or of a newer format.
    """
    path = Path(path)
    if path.is_dir():
        path = path / LOCK_FILE
    elif path.suffix == ".py":
        path = path.with_name(LOCK_FILE)
    try:
        return (read_notebook if path.suffix == NOTEBOOK else read_file)(path).entries
    except FileNotFoundError:
        raise ErrorKind.LOCK_NOT_FOUND(path=path) from None
    except OSError as error:
        raise ErrorKind.LOCK_UNREADABLE(path=path, reason=error.strerror or error) from None


def read_notebook(path: Path) -> Lock:
    """The lock in a notebook's metadata: the later one, when both places have one.

    Raises
    ------
    Invalid
        It is damaged, or of a newer format.
    OSError
        The file cannot be read.
    """
    found = [from_plain(value, str(path)) for value in _places(read_metadata(path))]
    return max(found, key=lambda lock: lock.changes, default=Lock())


def read_metadata(path: Path) -> dict[str, Any]:
    """The metadata of a notebook; its cells, which may be large, are skipped.

    Raises
    ------
    Invalid
        It is not a notebook.
    OSError
        The file cannot be read.
    """
    import msgspec

    kind = msgspec.defstruct("Notebook", [("metadata", dict[str, Any], msgspec.field(default_factory=dict))])
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind).metadata  # type: ignore[attr-defined, no-any-return]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ErrorKind.LOCK_UNREADABLE(path=path, reason=f"it is not a notebook ({error})") from None


def read_file(path: Path) -> Lock:
    """The lock in a ``gradient.lock``.

    Raises
    ------
    Invalid
        It is damaged, or of a newer format.
    OSError
        The file cannot be read.
    """
    import yaml

    text = path.read_bytes()
    try:
        value = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except Exception as error:  # of a day such as 2024-02-30, and of other values, it is not an error of YAML
        reason = f"it is not YAML ({' '.join(str(error).split())})"
        raise ErrorKind.LOCK_UNREADABLE(path=path, reason=reason) from None
    return from_plain(value, str(path))


def change_file(path: Path, change: Callable[[tuple[LockEntry, ...]], Sequence[LockEntry]]) -> tuple[LockEntry, ...]:
    """Replace what a ``gradient.lock`` says, as a whole; of several processes one after the other.

    Parameters
    ----------
    path : Path
        The file; it need not be there yet.
    change : callable
        From the entries that it has to those that it shall have.

    Returns
    -------
    tuple of LockEntry
        What it has now.

    Raises
    ------
    Invalid
        It is damaged, or of a newer format; it is left as it is.
    OSError
        It cannot be written.
    """
    with _alone(path.parent):
        try:
            before: tuple[LockEntry, ...] | None = read_file(path).entries
        except FileNotFoundError:
            before = None
        after = tuple(change(before or ()))
        if after != (before or ()):
            _replace(path, _ABOUT + _to_yaml(to_plain(after)))
        return after


def _places(metadata: dict[str, Any]) -> Iterator[Any]:
    """Every lock that the metadata of a notebook has."""
    ours = metadata.get(METADATA)
    if isinstance(ours, dict) and "lock" in ours:
        yield ours["lock"]
    with suppress(KeyError, TypeError, AttributeError):  # widgets of others may be anything
        for model in metadata["widgets"][_WIDGETS]["state"].values():
            if isinstance(state := model.get("state"), dict) and WIDGET_STATE in state:
                yield state[WIDGET_STATE]


def _to_yaml(value: dict[str, Any]) -> str:
    """Text in quotes: a version such as ``12e4567`` is a number to some readers."""
    import yaml

    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        pass

    class Quoted(str):
        __slots__ = ()

    Dumper.add_representer(
        Quoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), '"')
    )
    entries = [
        {name: Quoted(item) if isinstance(item, str) else item for name, item in entry.items()}
        for entry in value["datasets"]
    ]
    return yaml.dump({**value, "datasets": entries}, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=1000)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes from changing a lock in this folder meanwhile, where its file system can."""
    import fcntl

    opened = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems
            fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def _replace(path: Path, text: str) -> None:
    """Write a file beside its place, then give it its name: readers see the old or the new one."""
    real = Path(os.path.realpath(path))  # a link stays one
    new = real.with_name(f".{real.name}.{os.getpid()}")
    try:
        new.write_text(text, encoding="utf-8")
        os.replace(new, real)
    finally:
        new.unlink(missing_ok=True)
