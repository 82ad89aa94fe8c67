"""Fills and commits one version after the other until it is killed: ``python -m tests.support.filling STATE SOURCES``.

Version number *n* (its message) starts from the one before and takes the folder *n* of SOURCES.  A line on standard
output says that a version is committed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.faults.scene import opened

if __name__ == "__main__":
    state, sources, number = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    with opened(state) as service:
        while True:
            latest = service.get_dataset("photos").latest
            start = f"photos:{latest}" if latest else None
            version = service.create_version("photos", message=str(number), start_from=start).reference
            service.put_files(version, [sources / str(number % 10)]).result()
            service.commit_version(version).result()
            print(version, flush=True)
            number += 1
