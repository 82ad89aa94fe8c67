"""What a program that sees the volumes in a namespace asks the one that keeps them there."""

from __future__ import annotations

import os
import secrets
import time

from .sandbox.plan import ASKED
from .ways import INSIDE, Places

_PAUSES = (0.001, 0.05)  # seconds between two looks: at first, and at most


def wait_until_shown(places: Places, timeout: float) -> None:
    """Return when this process sees the links as they are now, or after ``timeout`` seconds.

    A file asks for it, which the holder of our namespace takes away once it is so.

    Parameters
    ----------
    places : Places
        Of the notebook run in whose namespace this process is.
    timeout : float
        How long to wait for the holder; it may have ended.
    """
    mark = os.environ[INSIDE].partition(":")[0]
    asked = places.writable / f"{ASKED}{mark}-{secrets.token_hex(8)}"
    try:
        asked.touch()
    except OSError:  # the disk is full: it is seen a moment later
        return
    deadline, pause = time.monotonic() + timeout, _PAUSES[0]
    while asked.exists():
        if time.monotonic() > deadline:
            asked.unlink(missing_ok=True)
            return
        time.sleep(pause)
        pause = min(2 * pause, _PAUSES[1])
