"""What a notebook does with one line: open a file, get its path, choose where to work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from jupyter_gradient_data.config import Config

from . import service as opened
from .datasets import resolved
from .references import split_reference
from .versions import Version


def version(reference: str) -> Version:
    """The version that a reference means in this notebook.

    ``latest`` and tags mean what they meant first, until the notebook is told to move on.

    Parameters
    ----------
    reference : str
        ``flowers``, ``flowers:reviewed`` or ``flowers:fo5rp4m``.

    Raises
    ------
    NotFound
        There is no such dataset or version.
    """
    return resolved(opened.current_service(), reference)


def open_(
    file: str,
    mode: str = "rb",
    *,
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
) -> IO[Any]:
    """Open a file of a dataset, as Python's own `open` does, but for bytes by default; only what is read is fetched.

    Parameters
    ----------
    file : str
        Reference and path: ``flowers/train.csv``, ``flowers:reviewed/images/rose.png``.
    mode : str
        ``"rb"`` for bytes, ``"r"`` for text; an uncommitted version, named by its id, can also be written to.
    buffering, encoding, errors, newline
        As for `open`; text is UTF-8 by default.

    Raises
    ------
    NotFound
        There is no such dataset, version or file.
    """
    reference, path = split_reference(file)
    options: dict[str, Any] = {"encoding": encoding, "errors": errors, "newline": newline}
    return version(reference).open(path, mode, buffering=buffering, **options)


def path(file: str) -> Path:
    """A file, a folder or a whole version on this machine; see `Version.path`.

    Parameters
    ----------
    file : str
        Reference and path: ``flowers/train.csv``; without a path all of it.
    """
    reference, inside = split_reference(file)
    return version(reference).path(inside)


def connect(
    url: str | None = None, token: str | None = None, state_dir: str | Path | None = None, **settings: Any
) -> None:
    """Work on another server or state directory from now on.

    Parameters
    ----------
    url : str, optional
        A Jupyter server with this extension, with its base URL.
    token : str, optional
        For that server: its own, or an API token made there.
    state_dir : path, optional
        The state directory to use without a server.
    **settings
        Any other setting by its name in lower case without ``GRADIENT_``, as ``author="me"``.

    Raises
    ------
    GradientDataError
        The server cannot be reached, or the state directory cannot be used.
    """
    config = Config.load(url=url, token=token, state_dir=state_dir, **settings)
    if state_dir is not None and url is None:  # not the server that a kernel is of
        opened.connect(replace(config, url=None), is_server_asked=False)
    else:
        opened.connect(config)
