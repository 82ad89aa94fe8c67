"""Finding data that is not known here at the storage providers, and making it known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jupyter_gradient_data.blobs.store import BlobStore
from jupyter_gradient_data.datasets.recover import recover
from jupyter_gradient_data.datasets.repository import Repository, read_format
from jupyter_gradient_data.datasets.tree import windows
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import is_team_id
from jupyter_gradient_data.models import LockEntry, Phase, Provider
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.stores.layout import Layout
from jupyter_gradient_data.stores.objects import ObjectStore

from .known import look_up

_AT_ONCE = 32  # commit records that are asked for before looking whether one was there
_MOST_PROVIDERS = 1000


class Finding:
    """One search.

    Parameters
    ----------
    repository : Repository
        Where what is found becomes known.
    progress : Progress
        Told what was read.
    """

    def __init__(self, repository: Repository, progress: Progress) -> None:
        self._repository = repository
        self._progress = progress
        self._fault: GradientDataError | None = None  # the first: why a provider could not help
        self._lost: dict[str, GradientDataError] = {}  # commit records that are there and damaged

    def run(self, entries: Iterable[LockEntry]) -> None:
        """Recover from each provider that holds one of these, until all are known.

        Raises
        ------
        Cancelled
            It was stopped; what is known by then stays.
        """
        missing = list(entries)
        for provider in self._repository.providers.page(_MOST_PROVIDERS, None).items if missing else ():
            self._progress.start(Phase.SCANNING)
            try:
                self._bring(provider, missing)
            except GradientDataError as error:
                if error.kind is ErrorKind.CANCELLED:
                    raise
                self._fault = self._fault or error
            missing = [known.entry for known in look_up(self._repository, missing) if known.is_absent]
            if not missing:
                return

    def why_not(self, entry: LockEntry) -> GradientDataError:
        """Why an entry is still not known."""
        version = f"{entry.dataset}:{entry.version}"
        if (lost := self._lost.get(version)) is not None:
            return lost
        return self._fault or ErrorKind.LOCK_NOWHERE(reference=entry.reference, version=version)

    def _bring(self, provider: Provider, missing: list[LockEntry]) -> None:
        """Recover from a provider that holds at least one of these."""
        repository = self._repository
        store = repository.blobs(repository.providers.row(provider.id).key)
        for team in self._teams(store.objects):
            records = {Layout(team).record(entry.dataset, entry.version): entry for entry in missing}
            if not self._holds_any(store, list(records)):
                continue
            read_format(store.objects, Layout(team))
            self._check_team(provider, team)
            report = recover(repository, provider.id, self._progress, team)
            for problem in report.problems:
                if (entry := records.get(problem.thing)) is not None:
                    error = ErrorKind.STORE_CORRUPT(thing=problem.thing, store=provider.name, reason=problem.what)
                    self._lost[f"{entry.dataset}:{entry.version}"] = error
            return

    def _holds_any(self, store: BlobStore, keys: list[str]) -> bool:
        for batch in windows(iter(keys), _AT_ONCE):
            self._progress.check()
            if any(found is not None for found in store.each(store.objects.head, batch)):
                return True
        return False

    def _teams(self, objects: ObjectStore) -> Iterator[str]:
        """Whose data may be meant: this team's, then that of others."""
        own = self._repository.team
        yield own
        yield from (name for name in objects.folders() if is_team_id(name) and name != own)

    def _check_team(self, provider: Provider, team: str) -> None:
        """Refuse the data of another team where this one was chosen; `recover` does where this one has datasets."""
        own = self._repository.team
        if team != own and self._repository.config.team is not None:
            raise ErrorKind.LOCK_OTHER_TEAM(provider=provider.name, team=team, other=own)
