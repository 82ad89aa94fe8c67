"""``gradient cache``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.service.host import open_host


def gradient(state: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "jupyter_gradient_data.cli", "--state-dir", str(state), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_cache_is_shown_checked_and_cleared(tmp_path: Path) -> None:
    from jupyter_gradient_data.datasets.files import VersionFiles
    from jupyter_gradient_data.progress import Progress
    from jupyter_gradient_data.volumes.cache.cache import VersionCache

    host = open_host(Config(state_dir=tmp_path / "state"))
    host.service.create_dataset("data")
    reference = host.service.create_version("data").reference
    host.service.write_file(reference, "a", [b"12345"])
    host.service.commit_version(reference).result()
    files = VersionFiles.open(host._repository, reference)
    cache = VersionCache(host._repository, host.folders)
    tree = cache.materialise(files, Progress(), "n/name")
    code, out = gradient(tmp_path / "state", "cache", "info")
    assert code == 0
    assert "Versions" in out
    assert "5 B" in out
    code, out = gradient(tmp_path / "state", "cache", "info", "--json")
    found = json.loads(out)
    assert (found["versions"], found["mounted"], found["bytes"]) == (1, 1, 5)
    assert gradient(tmp_path / "state", "cache", "verify") == (0, "Nothing is damaged.\n")
    os.chmod(tree / "a", 0o600)
    (tree / "a").write_bytes(b"54321")
    code, out = gradient(tmp_path / "state", "cache", "verify")
    assert (code, out.startswith("1 content damaged")) == (1, True)
    assert (tree / "a").read_bytes() == b"12345"
    assert gradient(tmp_path / "state", "cache", "trim", "--all")[0] == 0
    assert tree.exists()
    cache.release(tree.name, "n/name")
    code, out = gradient(tmp_path / "state", "cache", "trim", "--all")
    assert (code, out) == (0, "Removed 1 version and 1 content; 5 B were freed.\n")
    assert not tree.exists()
    host.close()
