"""Bringing back what a lock names: known again, then mounted; each entry for itself, and all of it may be repeated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import GradientDataError
from jupyter_gradient_data.models import LockCheck, LockEntry, LockState
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.volumes.mounts.mounts import Mounts
from jupyter_gradient_data.volumes.mounts.restoring import Together

from .checking import check, name_of, to_info
from .finding import Finding
from .known import Known, look_up


class LockRestoring:
    """One run.

    Parameters
    ----------
    repository : Repository
        Where the data becomes known.
    open_mounts : callable
        Gives the mounts of the notebook run; called when the data is known, as that may have brought another team.
    progress : Progress
        Told what was done.
    """

    def __init__(self, repository: Repository, open_mounts: Callable[[], Mounts], progress: Progress) -> None:
        self._repository = repository
        self._open_mounts = open_mounts
        self._progress = progress
        self._errors: dict[int, GradientDataError] = {}  # by place in the lock

    def run(self, entries: Sequence[LockEntry]) -> tuple[LockCheck, ...]:
        """Do it.

        Returns
        -------
        tuple of LockCheck
            What became of each entry.

        Raises
        ------
        Cancelled
            It was stopped; what is restored by then stays.
        """
        self._make_known(entries)
        mounts = self._open_mounts()
        self._mount(mounts, entries)
        return tuple(
            replace(found, error=to_info(self._errors[place])) if self._is_worse(found, place) else found
            for place, found in enumerate(check(self._repository, mounts, entries))
        )

    def _make_known(self, entries: Sequence[LockEntry]) -> None:
        finding = Finding(self._repository, self._progress)
        finding.run(known.entry for known in look_up(self._repository, entries) if known.is_absent)
        for place, known in enumerate(look_up(self._repository, entries)):
            if known.is_absent:
                self._errors[place] = finding.why_not(known.entry)

    def _mount(self, mounts: Mounts, entries: Sequence[LockEntry]) -> None:
        checks = check(self._repository, mounts, entries)
        jobs = [
            partial(self._mount_one, mounts, place, known)
            for place, (found, known) in enumerate(zip(checks, look_up(self._repository, entries), strict=True))
            if found.state is LockState.UNMOUNTED
        ]
        Together(self._progress).run(jobs)

    def _mount_one(self, mounts: Mounts, place: int, known: Known, progress: Progress) -> None:
        entry = known.entry
        try:
            mounts.mount_exactly(name_of(entry.path or ""), known.exact, entry.reference, progress)
        except GradientDataError as error:
            self._errors[place] = error

    def _is_worse(self, found: LockCheck, place: int) -> bool:
        """Whether trying has said more than looking at it says."""
        return found.state is not LockState.READY and place in self._errors
