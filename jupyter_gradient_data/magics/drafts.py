"""The uncommitted version that `put`, `rm` and `commit` work on without being told which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_gradient_data.client.references import quoted
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.ids import Reference

if TYPE_CHECKING:
    from jupyter_gradient_data.client.versions import Version

    from .session import Session

_MOST = 20  # uncommitted versions that are looked at


def find_draft(session: Session, reference: str, verb: str) -> Version | None:
    """The version that a reference names, or the only uncommitted one of its dataset; None when there is none.

    Parameters
    ----------
    session : Session
        Has the service.
    reference : str
        A dataset, or one of its versions.
    verb : str
        What is to be done, for the advice when there are several.

    Raises
    ------
    Conflict
        There are several.
    """
    if Reference.parse(reference).selector is not None:
        return session.version(reference)
    dataset = session.dataset(reference)
    drafts = [*dataset.list_versions(committed=False)[:_MOST]]
    if len(drafts) > 1:
        raise ErrorKind.DRAFT_UNCLEAR(
            dataset=dataset.name,
            versions=", ".join(f"{one.id} ({one.message})" if one.message else one.id for one in drafts),
            example=f"`%dataset {verb} {quoted(drafts[0].reference)}`",
        )
    return drafts[0] if drafts else None


def need_draft(session: Session, reference: str, verb: str) -> tuple[Version, bool]:
    """The same, and whether it had to be begun: with all files of the newest version, which is said."""
    found = find_draft(session, reference, verb)
    if found is not None:
        return found, False
    return begin(session, reference, start_from="latest"), True


def begin(session: Session, dataset: str, *, start_from: str | None, message: str = "") -> Version:
    """Make an uncommitted version: empty, or with all files of another one."""
    made = session.dataset(dataset).new_version(from_=start_from, message=message)
    origin = f", with all files of {made.info.parent.rpartition(':')[2]}" if made.info.parent else ", empty"
    session.say(f"Created dataset version: {made.reference}{origin}")
    return made
