"""Caches of versions over each kind of storage provider."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.service.conftest import make_place, one_check_per_bucket
from tests.service.place import Place

__all__ = ["make_place", "one_check_per_bucket"]


@pytest.fixture(params=["embedded", "sqlite-seaweedfs"])
def place(request: pytest.FixtureRequest, make_place: Callable[[str], Place]) -> Place:
    """A fresh state with each kind of storage provider."""
    return make_place(request.param)


@pytest.fixture
def bucket(make_place: Callable[[str], Place]) -> Place:
    """A fresh state whose datasets are in a bucket."""
    return make_place("sqlite-seaweedfs")
