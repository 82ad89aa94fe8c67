"""Run `holder` without site packages: ``python -I -S run_holder.py``."""

from __future__ import annotations

import os
import sys


def run() -> None:
    """Make the package importable, after the standard library, and start."""
    here = os.path.abspath(__file__)
    for _ in range(5):
        here = os.path.dirname(here)
    sys.path.append(here)
    from jupyter_gradient_data.volumes.view.sandbox.holder import main

    main()


if __name__ == "__main__":
    run()
