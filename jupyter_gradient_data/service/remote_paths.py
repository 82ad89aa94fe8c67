"""Where things are on a server: references and paths as URLs."""

from __future__ import annotations

from urllib.parse import quote

from jupyter_gradient_data.datasets.paths import file_path
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.ids import LATEST, Reference, is_text

from .remote_http import join


def dataset_url(dataset: str) -> str:
    """Of a dataset, by id or name; raises `Invalid` when it names a version."""
    return _dataset(Reference.parse_dataset(dataset))


def version_url(reference: str, *, named: bool = False) -> str:
    """Of a version.

    Parameters
    ----------
    reference : str
        Without a version part it means the newest committed version.
    named : bool
        Whether it must have one.
    """
    parsed = Reference.parse_version(reference) if named else Reference.parse(reference)
    return _dataset(parsed) + "/versions" + join(parsed.selector or LATEST)


def content_url(reference: str, path: str, *, named: bool = False) -> str:
    """Of a file's content; raises `Invalid` for what cannot be a path, as the server would."""
    return version_url(reference, named=named) + "/content/" + quote(file_path(path), safe="/")


def named_provider(provider: str | None) -> str | None:
    """A provider that may be looked for; raises `NotFound` for what is no text, and so cannot be sent."""
    if provider is not None and not is_text(provider):
        raise ErrorKind.PROVIDER_NOT_FOUND(provider=provider)
    return provider


def provider_url(provider: str) -> str:
    """Of a storage provider, by id or name."""
    if not named_provider(provider):
        raise ErrorKind.PROVIDER_NOT_FOUND(provider=provider)
    return "/api/providers" + join(provider)


def _dataset(reference: Reference) -> str:
    return "/api/datasets" + join(str(Reference(reference.dataset, None, reference.namespace)))
