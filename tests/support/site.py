"""A site with public datasets of its own, besides those that are shipped; all from local files."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.support import flowers


def site(folder: Path) -> dict[str, str]:
    """Write a catalogue and the files in it below a folder; the environment of a server that has it."""
    files = flowers.write(
        folder / "site", {"iris.csv": flowers.table(30), "names.txt": b"setosa\nversicolor\nvirginica\n"}
    )
    entries = [{"url": str(path), "path": path.name, "size": path.stat().st_size} for path in sorted(files.iterdir())]
    irises = {
        "name": "irises",
        "title": "Irises of this site",
        "description": "Petals and heights of thirty irises, measured in our own garden.",
        "homepage": "https://example.org/irises",
        "licence": "CC0-1.0",
        "notes": "Measured again every June.",
        "files": entries,
    }
    catalogue = folder / "catalogue.yaml"
    catalogue.write_text(yaml.safe_dump({"datasets": [irises]}))
    return {"GRADIENT_PUBLIC_CATALOGUE": str(catalogue)}
