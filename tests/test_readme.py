"""The quick start of the README works as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def test_the_quick_start_works_as_typed(tmp_path: Path) -> None:
    section = README.read_text().partition("## Quick start")[2]
    (script,) = re.findall(r"^```sh\n(.*?)^```$", section.partition("\n## ")[0], re.MULTILINE | re.DOTALL)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")

    dataset = re.match(r"Created dataset: (ds[a-z0-9]{13})\n", done.stdout)
    assert dataset
    first, second = re.findall(rf"^Committed dataset version: {dataset[1]}:([a-z0-9]{{7}})$", done.stdout, re.MULTILINE)
    assert first != second
    listed, _, difference = done.stdout.partition(first)[2].partition(second)
    assert re.search(r"rose\.txt +\| 7 ", listed)
    assert re.search(r"tulip\.txt +\| 8 ", listed)
    assert "lily.txt" not in listed
    assert "lily.txt" in difference
    assert "tulip.txt" in difference
    assert "rose.txt" not in difference
    assert {file.name: file.read_text() for file in (tmp_path / "copy").iterdir()} == {
        "rose.txt": "a rose\n",
        "tulip.txt": "a tulip\n",
    }
