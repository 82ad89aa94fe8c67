"""The ``gradient`` command in a process that ends at an exact step.

``python -m tests.support.doomed 3 after datasets …`` ends after the third.  Packs are small, so that a few files fill
several.
"""

from __future__ import annotations

import sys

import pytest

from jupyter_gradient_data.blobs import packs
from jupyter_gradient_data.cli.main import main
from tests.support.faulty_store import Faults, How

if __name__ == "__main__":
    at, moment, *arguments = sys.argv[1:]
    packs.PACK_SIZE = 2000
    Faults(int(at), How.EXIT, landed=moment == "after").install(pytest.MonkeyPatch())
    main(arguments)
