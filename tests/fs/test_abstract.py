"""fsspec's own tests of what every file system does: copy, get, put, pipe, open.

All of them run but the branches that need empty folders, which there are no more than in object stores.
``fsspec.tests.abstract.mv`` tests fsspec's local file system only, so it says nothing of ours.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fsspec.tests import abstract

from jupyter_gradient_data.fs.filesystem import GradientFileSystem

from .conftest import World


@pytest.fixture(scope="module")
def reference(embedded: World) -> str:
    """The version that all of them write to; each cleans up after itself."""
    return embedded.draft()


class Fixtures(abstract.AbstractFixtures):
    """What those tests ask for."""

    @pytest.fixture
    def fs(self, embedded: World) -> GradientFileSystem:
        return embedded.fs()

    @pytest.fixture
    def fs_path(self, reference: str) -> str:
        return reference

    @pytest.fixture
    def fs_join(self) -> Callable[..., str]:
        return lambda *parts: "/".join(parts)

    @pytest.fixture
    def fs_sanitize_path(self, fs: GradientFileSystem) -> Callable[[str], str]:
        return fs._strip_protocol

    @pytest.fixture
    def supports_empty_directories(self) -> bool:
        return False


class TestCopy(abstract.AbstractCopyTests, Fixtures):
    pass


class TestGet(abstract.AbstractGetTests, Fixtures):
    pass


class TestPut(abstract.AbstractPutTests, Fixtures):
    pass


class TestPipe(abstract.AbstractPipeTests, Fixtures):
    pass


class TestOpen(abstract.AbstractOpenTests, Fixtures):
    pass
