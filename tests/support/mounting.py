"""One process of several that mount at once: says that it is ready, waits for a line, mounts, says what it took.

``python -m tests.support.mounting REFERENCE NAME``, with settings from the environment.
"""

from __future__ import annotations

import json
import sys

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.service.local import LocalService

if __name__ == "__main__":
    service = LocalService(Repository(Config.load()))
    service.list_mounts()
    print("ready", flush=True)
    sys.stdin.readline()
    mount = service.mount(sys.argv[1], name=sys.argv[2]).result()
    print(json.dumps({"state": mount.state.value, "path": mount.local_path, **service.stats()}), flush=True)
    service.close()
