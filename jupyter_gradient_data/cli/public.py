"""``gradient public``: the catalogue of public datasets, and fetching from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import click

from .groups import group
from .progress import wait
from .session import Session
from .sizes import format_count, format_size
from .suggest import complete_public, complete_public_file

if TYPE_CHECKING:
    from jupyter_gradient_data.models import PublicDataset, PublicFile

F = TypeVar("F", bound=Callable[..., object])

_UNKNOWN = "unknown"
_PROOFS = {
    "sha256": "SHA-256",
    "md5": "MD5",
    "start": "MD5 of the first MiB only",
    "size": "its size only",
    "none": "nothing",
}
_WEAK = ("start", "size", "none")


def _name_argument(function: F) -> F:
    return click.argument("name", shell_complete=complete_public)(function)


@group(
    "public",
    examples=[
        "gradient public list",
        "gradient public info mnist",
        "gradient public fetch mnist",
        "gradient public fetch coco --file 'val2017.zip' --file 'annotations/*'",
    ],
)
def public() -> None:
    """Show and fetch public datasets, which kernels then find at /datasets/<name>.

    NAME is that of the list; gradient/<name>, as references write it, means the same.
    """


@public.command("list", examples=["gradient public list", "gradient public list --here", "gradient public list --json"])
@click.option("--here", is_flag=True, help="Only those that are on this machine, at least in part.")
@click.pass_obj
def list_public(session: Session, here: bool) -> None:
    """List the public datasets of the catalogue, and those that the operator has put there."""
    found = session.service.list_public()
    if here:
        found = tuple(dataset for dataset in found if dataset.state.value != "absent")
    if found:
        session.out.table([("Name", "Title", "Size", "Licence", "State"), *map(_row, found)])
    else:
        session.out.say("No data found")
    session.out.document(found)


@public.command("info", examples=["gradient public info mnist", "gradient public info gradient/fastai"])
@_name_argument
@click.pass_obj
def show_info(session: Session, name: str) -> None:
    """Show a public dataset: what it is, its licence, its files, and what of them is here.

    The last column says how what is fetched can be checked.
    """
    found = session.service.get_public(name)
    rows: list[tuple[str, str | tuple[str, ...]]] = [
        ("Name", found.name),
        ("Reference", f"gradient/{found.name}"),
        ("Title", found.title),
        ("Description", found.description),
        ("Homepage", found.homepage or _UNKNOWN),
        ("Licence", _licence(found)),
        ("Size", _size(found)),
        ("State", _state(found)),
        ("Path", found.path),
        ("Local Path", found.local_path),
        ("Source", found.source),
        ("Notes", tuple(found.notes.splitlines())),
    ]
    session.out.table(rows)
    if found.files:
        session.out.say("")
        session.out.table([("File", "Size", "Here", "Checked By"), *map(_file_row, found.files)])
    session.out.document(found)


@public.command(
    "fetch",
    examples=[
        "gradient public fetch mnist",
        "gradient public fetch coco --file val2017.zip --file 'annotations_*2017.zip'",
        "gradient public fetch lsun --file 'scenes/tower_*'",
    ],
)
@_name_argument
@click.option(
    "--file",
    "patterns",
    multiple=True,
    metavar="PATTERN",
    shell_complete=complete_public_file,
    help="Fetch only files whose path matches, with * and ? as in a shell, or those of a folder; may be repeated.",
)
@click.pass_obj
def fetch(session: Session, name: str, patterns: tuple[str, ...]) -> None:
    """Fetch a public dataset from where the catalogue says; it appears at /datasets/<name> all at once.

    What was begun before is continued. Archives are unpacked. Files that are fetched later are added.
    """
    before = session.service.get_public(name)
    session.out.say(f"Licence of {before.name}: {_licence(before)}")
    if before.homepage:
        session.out.say(f"Its terms are at {before.homepage}")
    found = wait(session, session.service.fetch_public(name, patterns))
    if _missing(before) == _missing(found) and before.state is found.state:
        session.out.done(f"Nothing to do: what you asked for of {found.name} is here already.", found)
    else:
        _tell_weak(session, before, found)
        session.out.done(f"Fetched {found.name}: {_here(found)} at {found.path}", found)


@public.command("remove", examples=["gradient public remove coco"])
@_name_argument
@click.pass_obj
def remove(session: Session, name: str) -> None:
    """Remove what was fetched of a public dataset, also what was not finished; it can be fetched again."""
    session.service.remove_public(name)
    session.out.done(f"Removed public dataset: {name}", {"removed": name})


@public.command("verify", examples=["gradient public verify mnist"])
@_name_argument
@click.pass_obj
def verify(session: Session, name: str) -> None:
    """Read all that was fetched of a public dataset and compare it with its hashes.

    What is damaged is removed and named, so that the next fetch brings it again.
    """
    found = wait(session, session.service.verify_public(name))
    session.out.done(f"Verified {found.name}: {_here(found)}, no problems.", found)


def _tell_weak(session: Session, before: PublicDataset, found: PublicDataset) -> None:
    """Say for which of the new files nobody can tell whether each byte is right."""
    missing = _missing(before)
    weak = [file for file in found.files if file.path in missing and file.is_present and file.proof in _WEAK]
    if weak:
        session.out.say(
            f"The catalogue cannot prove each byte of {format_count(len(weak), 'file')}; "
            f"`gradient public info {found.name}` shows how each is checked."
        )


def _missing(dataset: PublicDataset) -> set[str]:
    return {file.path for file in dataset.files if not file.is_present}


def _here(dataset: PublicDataset) -> str:
    count = len(dataset.files) - len(_missing(dataset))
    if count == len(dataset.files):
        return f"all of {format_count(count, 'file')}" if count != 1 else "its file"
    return f"{count:,} of {format_count(len(dataset.files), 'file')}"


def _licence(dataset: PublicDataset) -> str:
    parts: Sequence[str] = [part for part in (dataset.licence, dataset.licence_terms) if part]
    return "; ".join(parts) or "unknown: ask whoever publishes it before you use it"


def _size(dataset: PublicDataset) -> str:
    if dataset.bytes is None:
        return _UNKNOWN
    is_whole = all(file.bytes is not None for file in dataset.files)
    return format_size(dataset.bytes) + ("" if is_whole else " or more")


def _row(dataset: PublicDataset) -> tuple[str, ...]:
    return dataset.name, dataset.title, _size(dataset), dataset.licence or _UNKNOWN, _state(dataset)


def _file_row(file: PublicFile) -> tuple[str, ...]:
    size = _UNKNOWN if file.bytes is None else format_size(file.bytes)
    return file.path, size, "yes" if file.is_present else "no", _PROOFS.get(file.proof, file.proof)


def _state(dataset: PublicDataset) -> str:
    is_lost = dataset.state.value == "absent" and not dataset.files
    return "no address known" if is_lost else dataset.state.value
