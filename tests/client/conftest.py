"""The Python API on a service in this process or on a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

import jupyter_gradient_data
from jupyter_gradient_data.client import service
from jupyter_gradient_data.client.memory.memory import MEMORY
from jupyter_gradient_data.client.memory.place import Kind, Place as Where
from tests.service.conftest import make_place, one_check_per_bucket
from tests.service.place import Place

__all__ = ["make_place", "one_check_per_bucket"]


@pytest.fixture(params=["embedded", "remote"])
def place(request: pytest.FixtureRequest, make_place: Callable[[str], Place]) -> Place:
    """A fresh state, in this process and served."""
    return make_place(request.param)


@pytest.fixture
def embedded(make_place: Callable[[str], Place]) -> Place:
    """A fresh state in this process, for what cannot depend on that."""
    return make_place("embedded")


def _working_on(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.setattr(service, "_opened", place.service)
    MEMORY.__init__(lambda: Where(Kind.NOTHING))  # type: ignore[misc]  # as in a new process
    yield jupyter_gradient_data
    MEMORY.__init__()  # type: ignore[misc]


@pytest.fixture
def jgd(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The package, working on `place`."""
    yield from _working_on(place, monkeypatch)


@pytest.fixture
def local_jgd(embedded: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The package, working on `embedded`."""
    yield from _working_on(embedded, monkeypatch)
