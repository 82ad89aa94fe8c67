"""The service as far as an API token allows.

One table says of each method of `DataService` what access it needs and which of its arguments name datasets.  A token
that is limited to some datasets meets only those: another dataset answers exactly like one that does not exist, and
what belongs to no dataset is refused.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import Reference
from jupyter_gradient_data.models import Access, ApiToken, Dataset, LockEntry, Page

from .api import DataService
from .paging import checked_limit

_ORDER = list(Access)


@dataclass(frozen=True)
class Rule:
    """What a token needs to call a method.

    Parameters
    ----------
    access : Access
        At least this.
    references : tuple of str
        Arguments that name a dataset, a version or a tag; all that are given must be the token's own.
    any_token : bool
        Whether also a token limited to datasets may call it when it has no ``references``.
    locks : tuple of str
        Arguments that are entries of a lock; all their datasets must be the token's own.
    team_only : tuple of str
        Arguments that a token limited to datasets may not give: their effect shows what else there is.
    """

    access: Access
    references: tuple[str, ...] = ()
    any_token: bool = False
    locks: tuple[str, ...] = ()
    team_only: tuple[str, ...] = ()


def _reads(*references: str, any_token: bool = False) -> Rule:
    return Rule(Access.READ, references, any_token)


def _proves(*locks: str) -> Rule:
    return Rule(Access.READ, locks=locks)


def _writes(*references: str, team_only: tuple[str, ...] = ()) -> Rule:
    return Rule(Access.WRITE, references, team_only=team_only)


_ADMIN = Rule(Access.ADMIN)

# Mounts and outputs are those of the whole notebook run: that a name is taken would tell of datasets that a limited
# token must not know.
_MOUNTS = {
    "mount": _writes(),
    "unmount": _writes(),
    "list_mounts": _reads(),
    "get_mount": _reads(),
    "update_mount": _writes(),
    "commit_mount": _writes(),
    "discard_changes": _writes(),
    "restore_mounts": _writes(),
    "create_output": _writes(),
    "list_outputs": _reads(),
    "commit_output": _writes(),
    "delete_output": _writes(),
}

# What a check says, and a restore does, is also about mounts.
_LOCK = {
    "check_lock": _reads(),
    "restore_lock": _writes(),
    "verify_lock": _proves("entries"),
}

# What is public is the same for all, and on the disk of all.
_PUBLIC = {
    "list_public": _reads(),
    "get_public": _reads(),
    "fetch_public": _writes(),
    "remove_public": _writes(),
    "verify_public": _writes(),
}

RULES = {
    **_MOUNTS,
    **_LOCK,
    **_PUBLIC,
    "create_dataset": _writes(),
    "list_datasets": _reads(any_token=True),
    "get_dataset": _reads("dataset"),
    "update_dataset": _writes("dataset", team_only=("name",)),  # that a name is taken would tell of another dataset
    "preview_delete": _reads("reference"),
    "delete_dataset": _writes("dataset"),
    "create_version": _writes("dataset", "start_from"),
    "list_versions": _reads("dataset"),
    "get_version": _reads("reference"),
    "update_version": _writes("reference"),
    "commit_version": _writes("reference"),
    "delete_version": _writes("reference"),
    "list_tags": _reads("dataset"),
    "set_tag": _writes("reference"),
    "delete_tag": _writes("dataset"),
    "list_files": _reads("reference"),
    "get_file": _reads("reference"),
    "read_file": _reads("reference"),
    "open_file": _reads("reference"),
    "write_file": _writes("reference"),
    "put_files": _writes("reference"),
    "get_files": _reads("reference"),
    "delete_files": _writes("reference"),
    "move_files": _writes("reference"),
    "diff_versions": _reads("old", "new"),
    "summarize_changes": _reads("reference", "old"),
    "read_archive": _reads("reference"),
    "list_trash": _reads(),
    "restore": _writes(),  # what is in the trash has no name that could be looked up
    "create_provider": _ADMIN,
    "try_provider": _ADMIN,
    "list_providers": _reads(),
    "get_provider": _reads(),
    "update_provider": _ADMIN,
    "delete_provider": _ADMIN,
    "check_provider": _ADMIN,
    "create_token": _ADMIN,
    "list_tokens": _ADMIN,
    "delete_token": _ADMIN,
    "usage": _reads(),
    "verify": _ADMIN,
    "recover": _ADMIN,
    "collect_garbage": _ADMIN,
    "list_volumes": _reads(),
    "list_notebooks": _reads(),
    "delete_notebook": _ADMIN,
    "cache_info": _reads(),
    "trim_cache": _ADMIN,
    "verify_cache": _ADMIN,
    "get_workspace": _reads(),
    "update_workspace": _ADMIN,  # it brings files that kernels run, and settings that mount
    "stats": _reads(),
    "close": _reads(any_token=True),
}


def restrict(service: DataService, token: ApiToken) -> DataService:
    """The service as far as a token allows; closing it leaves ``service`` open."""
    return cast(DataService, _Restricted(service, token))


def check_access(token: ApiToken, access: Access) -> None:
    """Raise `Denied` unless a token may do what belongs to no dataset."""
    _check_level(token, access)
    if token.datasets:
        raise _not_its_own()


def own_reference(service: DataService, token: ApiToken, access: Access, reference: str) -> str:
    """The reference with the dataset's id in it, which no renaming can turn to another dataset.

    Raises
    ------
    NotFound
        There is no such dataset, or the token is limited to others.
    Denied
        The token has not enough access.
    """
    _check_level(token, access)
    if not token.datasets:
        return reference
    parsed = Reference.parse(reference)
    dataset = str(Reference(parsed.dataset, None, parsed.namespace))
    found = parsed.dataset if parsed.dataset in token.datasets else service.get_dataset(dataset).id
    if found not in token.datasets:
        raise ErrorKind.DATASET_NOT_FOUND(dataset=dataset)
    return str(Reference(found, parsed.selector, parsed.namespace))


def _check_level(token: ApiToken, access: Access) -> None:
    if _ORDER.index(token.access) < _ORDER.index(access):
        what = "do what needs" if access is Access.ADMIN else access.value
        raise ErrorKind.NOT_ALLOWED(action=what, resource="admin access" if access is Access.ADMIN else "data")


def _not_its_own() -> GradientDataError:
    return ErrorKind.NOT_ALLOWED(action="use", resource="anything but the datasets it was made for")


class _Restricted:
    """Stands for a `DataService`; each method goes through `RULES` on its way there."""

    def __init__(self, service: DataService, token: ApiToken) -> None:
        self._service = service
        self._token = token

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in RULES:
            raise AttributeError(name)
        return functools.partial(self._call, name)

    def close(self) -> None:
        """Nothing: others use the service, too."""

    def list_datasets(self, *, limit: int = 100, after: str | None = None) -> Page[Dataset]:
        """The token's datasets by name."""
        if not self._token.datasets:
            return self._service.list_datasets(limit=limit, after=after)
        checked_limit(limit)
        found = sorted(filter(None, map(self._find, self._token.datasets)), key=lambda dataset: dataset.name)
        rest = [dataset for dataset in found if after is None or dataset.name > after]
        return Page(tuple(rest[:limit]), rest[limit - 1].name if len(rest) > limit else None)

    def _call(self, name: str, /, *args: Any, **options: Any) -> Any:
        rule, method = RULES[name], getattr(self._service, name)
        _check_level(self._token, rule.access)
        if self._token.datasets:
            bound = _signature(name).bind(*args, **options)
            self._check_limits(rule, bound.arguments)
            args, options = bound.args, bound.kwargs
        return method(*args, **options)

    def _check_limits(self, rule: Rule, arguments: dict[str, Any]) -> None:
        """Refuse what is not the token's own; put ids for names into the arguments."""
        given = {name for name, value in arguments.items() if value is not None}
        if not (rule.references or rule.locks or rule.any_token) or given.intersection(rule.team_only):
            raise _not_its_own()
        for name in given.intersection(rule.references):
            arguments[name] = own_reference(self._service, self._token, rule.access, arguments[name])
        for name in given.intersection(rule.locks):
            arguments[name] = [self._own_entry(entry) for entry in arguments[name]]

    def _own_entry(self, entry: LockEntry) -> LockEntry:
        """An entry without its path: what is mounted there is nothing that a limited token may know."""
        if entry.dataset not in self._token.datasets:
            raise ErrorKind.DATASET_NOT_FOUND(dataset=entry.dataset)
        return replace(entry, path=None)

    def _find(self, dataset: str) -> Dataset | None:
        try:
            return self._service.get_dataset(dataset)
        except GradientDataError as error:
            if error.kind is ErrorKind.DATASET_NOT_FOUND:  # it is in the trash
                return None
            raise


@functools.cache
def _signature(name: str) -> inspect.Signature:
    signature = inspect.signature(getattr(DataService, name))
    return signature.replace(parameters=list(signature.parameters.values())[1:])  # without self
