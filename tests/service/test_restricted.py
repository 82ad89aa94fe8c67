"""What API tokens allow: every method of the service, for every access, with and without a limit to datasets."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import Access, ApiToken, LockEntry
from jupyter_gradient_data.service.api import DataService
from jupyter_gradient_data.service.host import Host, open_host
from jupyter_gradient_data.service.restricted import RULES, restrict
from tests.service.place import Place, fails

METHODS = sorted(name for name, _ in inspect.getmembers(DataService, inspect.isfunction) if name[0] != "_")
REFERENCES = {"dataset", "reference", "old", "new", "start_from"}  # what arguments that name datasets are called
LOCKS = {"verify_lock"}  # what they are about is in the entries of a lock, see below
UNLIMITED = {"restore", "verify", "mount", "update_mount", "create_output"}  # not for tokens limited to datasets


def signature(name: str) -> inspect.Signature:
    return inspect.signature(getattr(DataService, name))


class Recorder:
    """A service that only notes what it is asked for; it knows two datasets."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        def method(*args: Any, **options: Any) -> Any:
            bound = signature(name).bind(self, *args, **options).arguments
            del bound["self"]
            if name == "get_dataset":
                return self._dataset(**bound)
            return self.calls.append((name, bound))

        return method

    def _dataset(self, dataset: str) -> Any:
        ids = {"mine": MINE, "theirs": THEIRS}
        for name, known in ids.items():
            if dataset in (name, known):
                return type("Found", (), {"id": known, "name": name})()
        raise ErrorKind.DATASET_NOT_FOUND(dataset=dataset)


MINE, THEIRS = "ds" + "1" * 13, "ds" + "2" * 13


def make_token(access: Access, *datasets: str) -> ApiToken:
    from datetime import datetime, timezone

    return ApiToken("tk" + "0" * 13, "job", access, datasets, datetime(2020, 1, 1, tzinfo=timezone.utc), None, None)


def arguments(name: str, reference: str) -> dict[str, Any]:
    """Something for every argument that must be given, and for every one that names a dataset."""
    return {
        parameter.name: reference if parameter.name in REFERENCES else "x"
        for parameter in list(signature(name).parameters.values())[1:]
        if parameter.default is parameter.empty or parameter.name in RULES[name].references
    }


def test_there_is_a_rule_for_each_method() -> None:
    assert sorted(RULES) == METHODS


@pytest.mark.parametrize("name", METHODS)
def test_a_rule_knows_all_that_names_a_dataset(name: str) -> None:
    named = REFERENCES & set(signature(name).parameters)
    assert set(RULES[name].references) == (set() if name in UNLIMITED else named)
    assert set(RULES[name].team_only) <= set(signature(name).parameters)


@pytest.mark.parametrize("name", [name for name in METHODS if name not in ("close", "get_dataset")])
@pytest.mark.parametrize("access", list(Access))
def test_access(name: str, access: Access) -> None:
    recorder = Recorder()
    limited = restrict(recorder, make_token(access))  # type: ignore[arg-type]
    order = list(Access)
    if order.index(access) >= order.index(RULES[name].access):
        getattr(limited, name)(**arguments(name, "theirs"))
        assert [call for call, _ in recorder.calls] == [name]
    else:
        with fails(ErrorKind.NOT_ALLOWED):
            getattr(limited, name)(**arguments(name, "theirs"))
        assert recorder.calls == []


@pytest.mark.parametrize(
    "name", [name for name in METHODS if name not in {"close", "get_dataset", "list_datasets"} | LOCKS]
)
def test_a_limit_to_datasets(name: str) -> None:
    recorder = Recorder()
    limited = restrict(recorder, make_token(Access.ADMIN, MINE))  # type: ignore[arg-type]
    rule = RULES[name]
    if not rule.references:
        with fails(ErrorKind.NOT_ALLOWED):
            getattr(limited, name)(**arguments(name, MINE))
        assert recorder.calls == []
        return
    for mine in (MINE, "mine", f"{MINE}:latest", "mine:best"):
        getattr(limited, name)(**arguments(name, mine))
        _, given = recorder.calls.pop()
        for argument in rule.references:  # the id, which no renaming can turn to another dataset
            assert given[argument] == mine.replace("mine", MINE)
    for argument in rule.references:
        for foreign in (THEIRS, "theirs", "theirs:latest", "nothing", "nothing:x"):
            with fails(ErrorKind.DATASET_NOT_FOUND, foreign.partition(":")[0]):
                getattr(limited, name)(**{**arguments(name, MINE), argument: foreign})
    for argument in rule.team_only:
        with fails(ErrorKind.NOT_ALLOWED):
            getattr(limited, name)(**arguments(name, MINE), **{argument: "x"})
    assert recorder.calls == []


def test_a_lock_may_only_have_entries_of_the_datasets_of_a_token() -> None:
    recorder = Recorder()
    limited = restrict(recorder, make_token(Access.READ, MINE))  # type: ignore[arg-type]
    mine = LockEntry("mine", MINE, "mine", "abc123x", "ab" * 32, "/inputs/mine", 1, 1)
    limited.verify_lock([mine])
    assert recorder.calls.pop() == ("verify_lock", {"entries": [replace(mine, path=None)]}), "mounts are not its own"
    for foreign in (THEIRS, "ds" + "9" * 13):
        with fails(ErrorKind.DATASET_NOT_FOUND, foreign):
            limited.verify_lock([mine, replace(mine, dataset=foreign)])
    assert recorder.calls == []


def test_another_dataset_answers_like_none(local: Place) -> None:
    local.committed({"a": b"1"}, "mine")
    local.committed({"a": b"1"}, "theirs")
    token = local.service.create_token("job", access=Access.WRITE, datasets=["mine"]).token
    limited = restrict(local.service, token)

    def answer(reference: str) -> tuple[ErrorKind, str]:
        with pytest.raises(GradientDataError) as caught:
            limited.get_version(reference)
        return caught.value.kind, caught.value.message.replace(reference, "it")

    assert answer("theirs") == answer("nothing") == (ErrorKind.DATASET_NOT_FOUND, "There is no dataset it.")
    with fails(ErrorKind.DATASET_NOT_FOUND):
        limited.create_version("mine", start_from="theirs")
    with fails(ErrorKind.NOT_ALLOWED):
        limited.update_dataset("mine", name="theirs")
    for reference in ("a:b:c", "", "other/theirs"):
        with pytest.raises(GradientDataError):
            limited.get_version(reference)


def test_a_limited_token_at_work(place: Place) -> None:
    for name in ("one", "three", "two"):
        place.committed({"a": name.encode()}, name)
    token = place.service.create_token("job", access=Access.WRITE, datasets=["three", "one"]).token
    limited = restrict(place.service, token)
    assert [dataset.name for dataset in limited.list_datasets().items] == ["one", "three"]
    first = limited.list_datasets(limit=1)
    assert ([dataset.name for dataset in first.items], first.next_token) == (["one"], "one")
    rest = limited.list_datasets(limit=1, after="one")
    assert ([dataset.name for dataset in rest.items], rest.next_token) == (["three"], None)
    with fails(ErrorKind.INVALID_OPTION, "limit"):
        limited.list_datasets(limit=0)

    version = limited.create_version("one", start_from="three:latest")
    limited.write_file(version.reference, "b", [b"new"])
    limited.commit_version(f"one:{version.version}").result()
    assert b"".join(limited.read_file("one", "a")) == b"three"
    assert [change.path for change in limited.diff_versions("one:latest", "three").items] == ["b"]
    assert limited.update_dataset("one", description="words").description == "words"
    place.service.update_dataset("two", name="2")
    place.service.delete_dataset("three")
    assert [dataset.name for dataset in limited.list_datasets().items] == ["one"]
    limited.close()
    assert place.service.get_dataset("one").latest == version.version


@pytest.fixture
def host(local: Place) -> Iterator[Host]:
    opened = open_host(local.config)
    yield opened
    opened.close()


def test_calls_past_the_service(local: Place, host: Host) -> None:
    mine, theirs = local.dataset("mine"), local.dataset("theirs")
    service = local.service
    assert host.service_for(None) is host.service
    assert host.check_reference(None, Access.ADMIN, "whatever") == "whatever"
    host.check_access(None, Access.ADMIN)
    reader = service.create_token("reader").token
    limited = service.create_token("limited", access=Access.WRITE, datasets=["mine"]).token
    admin = service.create_token("admin", access=Access.ADMIN).token
    assert host.check_reference(reader, Access.READ, "theirs:1") == "theirs:1"
    assert host.check_reference(limited, Access.WRITE, "mine:x") == f"{mine.id}:x"
    for token, access in ((reader, Access.WRITE), (limited, Access.ADMIN)):
        with fails(ErrorKind.NOT_ALLOWED):
            host.check_reference(token, access, "mine")
    with fails(ErrorKind.DATASET_NOT_FOUND, theirs.id):
        host.check_reference(limited, Access.READ, theirs.id)
    host.check_access(admin, Access.ADMIN)
    host.check_access(reader, Access.READ)
    for token, access in ((reader, Access.WRITE), (limited, Access.READ)):
        with fails(ErrorKind.NOT_ALLOWED):
            host.check_access(token, access)
    with fails(ErrorKind.NOT_ALLOWED):
        host.service_for(reader).create_dataset("other")
