"""Layers as kernels use them: a real overlay in a mount namespace of its own, or the private copy."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_gradient_data.volumes.layers.layers import Layer
from jupyter_gradient_data.volumes.view.sandbox.plan import OVERLAY_OPTIONS

CHILD = Path(__file__).with_name("overlay_mount.py")


class Files:
    """Changes files through a mount."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._answer()

    def write(self, path: str, content: bytes) -> None:
        """Open for writing, from the beginning."""
        self.do("write", path, base64.b64encode(content).decode())

    def append(self, path: str, content: bytes) -> None:
        """Write at the end."""
        self.do("write", path, base64.b64encode(content).decode(), "ab")

    def read_all(self) -> dict[str, tuple[bytes, bool]]:
        """Content and executable flag of all files that are seen; links are followed."""
        found = self.do("read_all")
        return {path: (base64.b64decode(content), executable) for path, (content, executable) in found.items()}

    def do(self, operation: str, *arguments: object) -> Any:
        """One of the operations of `overlay_mount`."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([operation, *arguments]) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise OSError(self._process.communicate()[1])
        answer = json.loads(line)
        if isinstance(answer, dict) and "error" in answer:
            raise OSError(answer["error"])
        return answer


@contextlib.contextmanager
def mounted(layer: Layer, place: Path, uid: int = 0) -> Iterator[Files]:
    """See and change a layer at ``place`` as a kernel of this user does; its private copy is changed where it is."""
    arguments = [str(uid), str(layer.files)]
    if layer.is_overlay:
        place.mkdir(exist_ok=True)
        os.chmod(place, 0o755)
        work = layer.folder / "work"
        arguments = [str(uid), *map(str, (place, layer.lower, layer.files, work)), OVERLAY_OPTIONS]
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(CHILD), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Files(process)
    finally:
        process.stdin.close()  # type: ignore[union-attr]
        process.wait(timeout=30)
        process.stdout.close()  # type: ignore[union-attr]
        process.stderr.close()  # type: ignore[union-attr]
