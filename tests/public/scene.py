"""A site with a catalogue of its own, and what tests do with it."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import random
import struct
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from urllib3.util.retry import Retry

from jupyter_gradient_data.models import PublicDataset
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.public.folder import delete
from jupyter_gradient_data.public.library import PublicLibrary
from tests.support.file_server import FileServer

RETRIES = Retry(total=3, backoff_factor=0)
MIB = 1024 * 1024


class Site:
    """A folder of public datasets and a catalogue.

    Parameters
    ----------
    folder : Path
        Where both are.
    web : FileServer
        Where the files of entries are.
    """

    def __init__(self, folder: Path, web: FileServer) -> None:
        self.root = folder / "public"
        self.root.mkdir(exist_ok=True)
        self.catalogue = folder / "catalogue.yaml"
        self.web = web
        self.datasets: dict[str, dict[str, Any]] = {}
        self.write()

    def write(self) -> None:
        """Write the catalogue as it is now."""
        self.catalogue.write_text(yaml.safe_dump({"datasets": list(self.datasets.values())}))

    def add(self, name: str, *files: dict[str, Any], **facts: Any) -> None:
        """Add or replace a dataset."""
        self.datasets[name] = {"name": name, "files": list(files), **facts}
        self.write()

    def file(self, path: str, content: bytes, **facts: Any) -> dict[str, Any]:
        """An entry for a file that the server has, with all that is known of it."""
        known = {"url": self.web.add(path, content), "path": path, "size": len(content), "sha256": sha256(content)}
        return {key: value for key, value in {**known, **facts}.items() if value is not None}

    def library(self, **options: Any) -> PublicLibrary:
        """What the service uses; patient enough for loopback."""
        return PublicLibrary(self.root, self.catalogue, **{"retries": RETRIES, "patience": 10.0, **options})

    def fetch(self, name: str, *patterns: str, progress: Progress | None = None) -> PublicDataset:
        """Fetch and describe."""
        library = self.library()
        library.fetch(name, patterns, progress or Progress())
        return library.get(name)

    def tree(self, name: str) -> dict[str, bytes]:
        """All files of a dataset that are visible."""
        return contents(self.root / name)

    def visible(self) -> set[str]:
        """Names that whoever looks into the folder sees."""
        return {name for name in os.listdir(self.root) if not name.startswith(".")}

    def clean(self) -> None:
        """Make all of it removable."""
        delete(self.root)


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def noise(size: int, seed: int = 0) -> bytes:
    """Bytes that do not compress."""
    return random.Random(seed).randbytes(size)


def idx(count: int = 3) -> bytes:
    """Images in the format of MNIST, compressed as there."""
    images = struct.pack(">IIII", 2051, count, 28, 28) + noise(count * 28 * 28)
    return gzip.compress(images, mtime=0)


def zip_of(files: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return target.getvalue()


def tar_of(files: Mapping[str, bytes], mode: str = "w:gz", *more: tarfile.TarInfo) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as archive:  # type: ignore[call-overload]
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for member in more:
            archive.addfile(member)
    return target.getvalue()
