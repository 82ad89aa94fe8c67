"""One call of the local service in a process that ends at an exact step.

``python -m tests.support.doomed_layers 3 after commit_mount data`` ends after the third write to a store, commit of the
database, or change of a layer or its ledger.  Packs are small, so that a few files fill several.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from jupyter_gradient_data.blobs import packs
from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.service.local import LocalService
from jupyter_gradient_data.service.tasks import Task
from jupyter_gradient_data.volumes import outputs
from jupyter_gradient_data.volumes.layers import layers
from jupyter_gradient_data.volumes.layers.ledger import Ledger
from tests.support.faulty_store import COMMIT, Faults, How


def doom(faults: Faults, patch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    """Make each call of a function a step."""
    original: Callable[..., Any] = getattr(owner, name)

    def step(*arguments: Any, **options: Any) -> Any:
        return faults.step(COMMIT, name, lambda: original(*arguments, **options))

    patch.setattr(owner, name, step)


if __name__ == "__main__":
    at, moment, method, subject = sys.argv[1:]
    packs.PACK_SIZE = 2000
    faults, patch = Faults(int(at), How.EXIT, landed=moment == "after"), pytest.MonkeyPatch()
    faults.install(patch)
    for name in ("begin", "prepare", "accept", "create"):
        doom(faults, patch, Ledger, name)
    doom(faults, patch, layers, "_put_in_place")
    for module in (layers, outputs):
        doom(faults, patch, module, "remove_folder")
    service = LocalService(Repository(Config.load(author="tester")))
    answer = getattr(service, method)(subject)
    if isinstance(answer, Task):
        answer.result()
    service.close()
