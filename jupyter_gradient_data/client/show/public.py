"""Public datasets in words: the same for the command and in notebooks."""

from __future__ import annotations

from jupyter_gradient_data.models import PublicDataset, PublicFile, PublicState
from jupyter_gradient_data.plain import format_count, format_size

UNKNOWN = "unknown"

_PROOFS = {
    "sha256": "SHA-256",
    "md5": "MD5",
    "start": "MD5 of the first MiB only",
    "size": "its size only",
    "none": "nothing",
}
_WEAK = ("start", "size", "none")


def public_row(dataset: PublicDataset) -> tuple[str, ...]:
    """Name, title, size, licence and state."""
    return dataset.name, dataset.title, size_in_words(dataset), dataset.licence or UNKNOWN, state_in_words(dataset)


def public_file_row(file: PublicFile) -> tuple[str, ...]:
    """Path, size, whether it is here, and how it is checked."""
    size = UNKNOWN if file.bytes is None else format_size(file.bytes)
    return file.path, size, "yes" if file.is_present else "no", _PROOFS.get(file.proof, file.proof)


def size_in_words(dataset: PublicDataset) -> str:
    """How large it is, as far as known."""
    if dataset.bytes is None:
        return UNKNOWN
    is_whole = all(file.bytes is not None for file in dataset.files)
    return format_size(dataset.bytes) + ("" if is_whole else " or more")


def state_in_words(dataset: PublicDataset) -> str:
    """How much of it is here, or that there is nowhere to fetch it from."""
    is_lost = dataset.state is PublicState.ABSENT and not dataset.files
    return "no address known" if is_lost else dataset.state.value


def licence_in_words(dataset: PublicDataset) -> str:
    """Its licence and terms."""
    parts = [part for part in (dataset.licence, dataset.licence_terms) if part]
    return "; ".join(parts) or "unknown: ask whoever publishes it before you use it"


def what_is_here(dataset: PublicDataset) -> str:
    """How many of its files are here."""
    count = len(dataset.files) - len(missing_files(dataset))
    if count == len(dataset.files):
        return f"all of {format_count(count, 'file')}" if count != 1 else "its file"
    return f"{count:,} of {format_count(len(dataset.files), 'file')}"


def missing_files(dataset: PublicDataset) -> set[str]:
    """Paths of the files that are not here."""
    return {file.path for file in dataset.files if not file.is_present}


def weakly_proved(before: PublicDataset, after: PublicDataset) -> str:
    """Of how many of the files that were fetched nobody can tell whether each byte is right; empty for none.

    Parameters
    ----------
    before, after : PublicDataset
        As it was before they were fetched, and as it is now.
    """
    missing = missing_files(before)
    weak = [file for file in after.files if file.path in missing and file.is_present and file.proof in _WEAK]
    return f"The catalogue cannot prove each byte of {format_count(len(weak), 'file')}" if weak else ""
