"""The workspace: a repository that is cloned into the home of a notebook run, and merged without losing what is there.

How it is, is kept in ``mounts/{notebook}/workspace.json``, beside the home; in the clone's own configuration
(``gradient.*``) and refs (``refs/gradient/``) is what the next merge starts from.  Neither has a secret.
"""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from jupyter_gradient_data.datasets.notices import note
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import Action, ErrorInfo, Thing, Workspace, WorkspaceState
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.volumes.folders import TeamFolders

from .git import Credentials, Git, GitFailed
from .git_errors import explain, of_system
from .git_url import check_ref, hide_all_users, parse_url
from .merge import bring
from .state import Record, is_locked, locked

_MOST_NOTES = 100


class Wanted(NamedTuple):
    """A repository and a ref of it, both checked."""

    url: str
    ref: str | None


class WorkspaceFolder:
    """The workspace of this notebook run.

    Parameters
    ----------
    repository : Repository
        Whose notebook run; its settings may name a repository, and have the password.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._config = repository.config
        self._folders = TeamFolders(repository)

    def get(self) -> Workspace:
        """How it is."""
        record = Record.read(self._beside("json"))
        state, error = record.state, record.error
        if is_locked(self._beside("lock")):
            state, error = WorkspaceState.UPDATING, None
        elif state is WorkspaceState.UPDATING:  # by somebody who is not there any more
            state, error = WorkspaceState.FAILED, _info(_interrupted(record.url or ""))
        url = record.url
        if url is None and self._config.workspace_url:
            url = hide_all_users(self._config.workspace_url)
        return Workspace(
            url,
            record.ref,
            record.commit,
            state,
            str(self._folders.notebook()),
            error,
            tuple(record.notes),
            datetime.fromtimestamp(record.modified, timezone.utc) if record.modified else None,
        )

    def wanted(self, url: str | None, ref: str | None) -> Wanted:
        """What an update is to bring: what is given, else what is there, else what the settings name.

        Raises
        ------
        Invalid
            It is nothing that git may be given.
        NotFound
            None of them names a repository.
        """
        record = Record.read(self._beside("json"))
        url = url or record.url or self._config.workspace_url
        if not url:
            raise ErrorKind.WORKSPACE_NONE()
        parsed = parse_url(url)
        if ref is None and record.url == parsed.text:
            ref = record.ref
        elif ref is None and self._config.workspace_url and parse_url(self._config.workspace_url) == parsed:
            ref = self._config.workspace_ref
        return Wanted(parsed.text, None if ref is None else check_ref(ref))

    def update(self, wanted: Wanted, progress: Progress) -> Workspace:
        """Clone it, or merge what is new in it.

        Raises
        ------
        Cancelled
            It was stopped; nothing has changed.
        GradientDataError
            Why it cannot be done; what was there is untouched, and the next try begins where this one stopped.
        """
        home = self._folders.notebook()
        with locked(self._beside("lock"), progress) as hold:
            record = Record.read(self._beside("json"))
            if record.commit is None:
                record.url, record.ref = wanted
            self._write(record, WorkspaceState.UPDATING)
            git = Git(home / ".git", self._credentials(wanted.url), hold)
            try:
                brought = bring(git, home, wanted.url, wanted.ref, progress)
            except BaseException as error:
                failure = _explained(error, wanted.url, home)
                record.error = _info(failure)
                self._write(record, WorkspaceState.FAILED)
                if failure is error:
                    raise
                raise failure from None
            record.url, record.ref = wanted
            record.commit, record.error = brought.commit, None
            record.notes = _shortened(brought.notes)
            self._write(record, WorkspaceState.READY)
        return self.get()

    def _credentials(self, url: str) -> Credentials | None:
        """User and password for the host that the settings name, and for no other."""
        user, password = self._config.workspace_username, self._config.workspace_password
        if not (user or password) or not self._config.workspace_url:
            return None
        origin = parse_url(url).origin
        if origin is None or parse_url(self._config.workspace_url).origin != origin:
            return None
        return Credentials(origin, user or "git", password or "")

    def _write(self, record: Record, state: WorkspaceState) -> None:
        record.state = state
        record.write(self._beside("json"))
        with self._repository.database.write() as connection:
            note(connection, self._repository.team, Thing.WORKSPACE, self._config.notebook_name, Action.CHANGED)

    def _beside(self, ending: str) -> Path:
        folder = self._folders.all_mounts() / self._config.notebook_name
        folder.mkdir(exist_ok=True, mode=0o700)
        return folder / f"workspace.{ending}"


def _explained(error: BaseException, url: str, home: Path) -> GradientDataError:
    if isinstance(error, GradientDataError):
        return error
    if isinstance(error, GitFailed):
        return explain(error, url, home)
    if isinstance(error, OSError):
        return of_system(error, home)
    return _interrupted(url)


def _interrupted(url: str) -> GradientDataError:
    return ErrorKind.WORKSPACE_FAILED(
        url=url, reason="it was interrupted", hint="Update the workspace again: it begins where it stopped."
    )


def _info(error: GradientDataError) -> ErrorInfo:
    return ErrorInfo(error.kind.code, error.message, error.hint)


def _shortened(notes: list[str]) -> list[str]:
    more = len(notes) - _MOST_NOTES
    return notes if more <= 0 else [*notes[:_MOST_NOTES], f"And {more:,} more like these."]
