"""A notebook in JupyterLab in a browser: made, opened and run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.support.lab import run


def write_notebook(path: Path, cells: Sequence[str]) -> Path:
    """A notebook with cells of Python."""
    entries = [
        {
            "cell_type": "code",
            "id": f"cell-{at}",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": code,
        }
        for at, code in enumerate(cells)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = {"cells": entries, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def run_notebook(page: Page, name: str) -> Locator:
    """Open a notebook of the server, and run all of it; returns it."""
    run(page, "docmanager:open", path=name)
    notebook = page.locator(".jp-Notebook:visible")
    expect(notebook.locator(".jp-Cell").first).to_be_visible()
    expect(page.locator("#jp-main-statusbar")).to_contain_text("Python 3 (ipykernel) | Idle")
    run(page, "notebook:run-all-cells")
    return notebook
