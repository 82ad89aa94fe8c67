"""What the object store keeps of a dataset beside its bytes, so that the database can be rebuilt from it.

A dataset's *card* holds its name, description, tags and trash; a version's *commit record* names its tree.  The
database is the authority: a card that could not be written is written again by the next change (``card_written`` lags
behind).
"""

from __future__ import annotations

import json
import logging
from typing import Any

from sqlalchemy import Connection, Row, select, update

from jupyter_gradient_data.errors import GradientDataError
from jupyter_gradient_data.models import VersionState
from jupyter_gradient_data.stores.schema import datasets, tags, versions

from .repository import Repository

_log = logging.getLogger(__name__)


def to_json(document: dict[str, Any]) -> bytes:
    """A document as it is stored: readable by a person, the same bytes for the same content."""
    return (json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False) + "\n").encode()


def mark_changed(connection: Connection, dataset_id: str) -> None:
    """Note, in the transaction that changes what a card says, that the card must be written."""
    revision = {"card_revision": datasets.c.card_revision + 1}
    connection.execute(update(datasets).where(datasets.c.id == dataset_id).values(revision))


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
    """The card of a dataset as the database knows it (docs/format/v1.md, "Cards")."""
    tagged = select(tags, versions.c.version).join(versions, tags.c.version_key == versions.c.key)
    tag_rows = connection.execute(tagged.where(tags.c.dataset_id == dataset.id)).all()
    trashed = select(versions.c.version, versions.c.trashed).where(
        versions.c.dataset_id == dataset.id,
        versions.c.trashed.is_not(None),
        versions.c.state == VersionState.COMMITTED.value,
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
