"""What the object store keeps of a dataset beside its bytes, so that the database can be rebuilt from it.

A dataset's *card* holds its name, description, tags and trash; a version's *commit record* names its tree.  The
database is the authority: a card that could not be written is written again by the next change (``card_written`` lags
behind).
"""

from __future__ import annotations

import json
import logging
import re
from typing import Any

from sqlalchemy import Connection, Row, select, update

from jupyter_gradient_data.errors import GradientDataError
from jupyter_gradient_data.ids import is_text
from jupyter_gradient_data.stores.schema import datasets, tags, versions
from jupyter_gradient_data.stores.times import later

from .repository import Repository

_log = logging.getLogger(__name__)


def to_json(document: dict[str, Any]) -> bytes:
    """A document as it is stored: readable by a person, the same bytes for the same content."""
    return (json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False) + "\n").encode()


def mark_changed(connection: Connection, dataset_id: str, *, shown: bool = False) -> None:
    """Note, in the transaction that changes what a card says, that the card must be written.

    With ``shown`` also that the dataset looks different now, as when ``latest`` may be another version.
    """
    values: dict[str, Any] = {"card_revision": datasets.c.card_revision + 1}
    if shown:
        values["modified"] = later(datasets.c.modified)
    connection.execute(update(datasets).where(datasets.c.id == dataset_id).values(values))


def write_card(repository: Repository, dataset_id: str) -> None:
    """Bring a dataset's card in the store up to the database.

    Several processes may do so at once.  Whoever finds after writing that the dataset has changed meanwhile may have
    written over a newer card, and writes again.
    """
    is_old = False
    while True:
        with repository.database.read() as connection:
            row = connection.execute(select(datasets).where(datasets.c.id == dataset_id)).one()
            if row.card_written >= row.card_revision and not is_old:
                return
            card = make_card(connection, row)
        repository.blobs(row.provider_key).objects.put(repository.layout.card(dataset_id), to_json(card))
        with repository.database.write() as connection:
            written = update(datasets).where(datasets.c.id == dataset_id)
            written = written.where(datasets.c.card_revision == row.card_revision)
            is_old = connection.execute(written.values(card_written=row.card_revision)).rowcount == 0


def try_write_card(repository: Repository, dataset_id: str) -> None:
    """`write_card` after a change that is done whether the store can be reached now or not."""
    try:
        write_card(repository, dataset_id)
    except GradientDataError as error:
        _log.warning("The card of dataset %s will be written with its next change: %s", dataset_id, error)


def make_card(connection: Connection, dataset: Row[Any]) -> dict[str, Any]:
    """The card of a dataset as the database knows it (docs/format/v1.md, "Cards").

    Tags of versions in the trash are on it, too: they come back with them.
    """
    tagged = select(tags, versions.c.version).join(versions, tags.c.version_key == versions.c.key)
    tag_rows = connection.execute(tagged.where(tags.c.dataset_id == dataset.id)).all()
    trashed = select(versions.c.version, versions.c.trashed).where(
        versions.c.dataset_id == dataset.id,
        versions.c.trashed.is_not(None),
        versions.c.number.is_not(None),  # also of a commit that was not finished: its record may be in the store
    )
    return {
        "id": dataset.id,
        "name": dataset.name,
        "description": dataset.description,
        "public": dataset.is_public,
        "created": dataset.created,
        "modified": dataset.modified,
        "trashed": dataset.trashed,
        "revision": dataset.card_revision,
        "tags": {t.name: {"version": t.version, "created": t.created, "modified": t.modified} for t in tag_rows},
        "trashed_versions": {row.version: row.trashed for row in connection.execute(trashed)},
    }


def make_record(version: Row[Any], root: bytes, files: int, size: int) -> dict[str, Any]:
    """The commit record of a version (docs/format/v1.md, "Commit records")."""
    return {
        "dataset": version.dataset_id,
        "version": version.version,
        "number": version.number,
        "root": root.hex(),
        "parent": version.parent,
        "files": files,
        "bytes": size,
        "message": version.message,
        "metadata": version.metadata,
        "author": version.author,
        "created": version.created,
        "committed": version.committed,
    }


# --- reading ----------------------------------------------------------------------------------------------------------

_MAX_TIME = 2**47  # milliseconds since the epoch; a date that Python can show
_NUMBERS = {"number": 2**31, "files": 2**63, "bytes": 2**63, "revision": 2**31}  # others are times
_HASH = re.compile(r"[0-9a-f]{64}")


def card_fault(card: Any, dataset_id: str) -> str | None:
    """Why a document cannot be the card of a dataset, or None when it can."""
    fields = {"id": str, "name": str, "description": str, "public": bool, "tags": dict, "trashed_versions": dict}
    if fault := _fault(card, fields | {"created": int, "modified": int, "revision": int}):
        return fault
    if card["id"] != dataset_id:
        return "it is that of another dataset"
    if not all(map(_is_name, (card["name"], *card["tags"]))):
        return "it has a name that cannot be one"
    for tag in card["tags"].values():
        if fault := _fault(tag, {"version": str, "created": int, "modified": int}):
            return f"one of its tags is damaged: {fault}"
    times = [*card["trashed_versions"].values(), card.get("trashed") or 0]
    return None if all(_is_number(time, _MAX_TIME) for time in times) else "one of its times is impossible"


def record_fault(record: Any, dataset_id: str, version: str) -> str | None:
    """Why a document cannot be the commit record of a version, or None when it can."""
    fields = {"dataset": str, "version": str, "root": str, "message": str, "author": str, "metadata": dict}
    numbers = ("number", "files", "bytes", "created", "committed")
    if fault := _fault(record, fields | dict.fromkeys(numbers, int)):
        return fault
    if (record["dataset"], record["version"]) != (dataset_id, version):
        return "it is that of another version"
    if not _HASH.fullmatch(record["root"]):
        return "its root is no hash"
    return None if isinstance(record.get("parent"), str | None) else "its parent is no reference"


def _fault(document: Any, fields: dict[str, type]) -> str | None:
    """What is wrong with some fields of a document, or None when nothing is."""
    if not isinstance(document, dict):
        return "it is no JSON object"
    for name, kind in fields.items():
        if name not in document:
            return f"it has no {name!r}"
        value: Any = document[name]
        if type(value) is not kind:
            return f"its {name!r} is of the wrong kind"
        if kind is int and not _is_number(value, _NUMBERS.get(name, _MAX_TIME)):
            return f"its {name!r} is impossible"
        if isinstance(value, str) and not is_text(value):
            return f"its {name!r} is not text"
    return None


def _is_name(name: str) -> bool:
    """Whether a reference can hold a name; less than `check_name` asks, which depends on the version of Unicode."""
    return 0 < len(name) <= 128 and is_text(name) and not set(":/") & set(name)


def _is_number(value: Any, limit: int) -> bool:
    return type(value) is int and 0 <= value < limit
