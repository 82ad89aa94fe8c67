"""Of what a version was made, in its details; whoever wrote it, and whatever."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

REF = "--id=dsttn2y7j1ux882:1rn19s2"
WHOLE = {
    "notebook": "work/train.ipynb",
    "notebook_hash": "ab" * 32,
    "kernel": {"name": "python3", "python": "3.12.4"},
    "packages": {"anyio": "4", "pandas": "2.2.3", "numpy": "2.1.0"},
    "inputs": [
        {"reference": "flowers:latest", "version": "klfoyy9", "path": "/inputs/flowers"},
        {"reference": "flowers:fo5rp4m", "version": "fo5rp4m", "path": None},
    ],
}


def rows(gradient: Any) -> dict[str, list[str]]:
    """The table of the version's details; lines of one cell together."""
    found: dict[str, list[str]] = {}
    last = ""
    for line in gradient("datasets", "versions", "details", REF).out.splitlines():
        if line.startswith("|"):
            label, value = (part.strip() for part in line[1:-1].split(" | ", 1))
            last = label or last
            found.setdefault(last, []).append(value)
    return found


def test_details_show_what_a_version_was_made_of(double, gradient) -> None:
    double.version = replace(double.version, metadata={"provenance": WHOLE})
    shown = rows(gradient)
    assert list(shown)[4:] == ["Notebook", "Notebook Hash", "Kernel", "Packages", "Inputs"]
    assert shown["Notebook"] == ["work/train.ipynb"]
    assert shown["Notebook Hash"] == ["ab" * 32]
    assert shown["Kernel"] == ["python3 (Python 3.12.4)"]
    assert shown["Packages"] == ["3: numpy 2.1.0, pandas 2.2.3, …"]
    assert shown["Inputs"] == ["flowers:latest (klfoyy9) at /inputs/flowers", "flowers:fo5rp4m"]


@pytest.mark.parametrize(
    ("provenance", "labels"),
    [
        ({**WHOLE, "kernel": {"python": "3.12.4"}, "inputs": []}, ["Notebook", "Notebook Hash", "Kernel", "Packages"]),
        ({"kernel": 3, "packages": [], "inputs": [1, {"reference": 2}], "notebook": {}}, []),
        ({}, []),
        ("by hand", []),
    ],
)
def test_rows_are_only_there_for_what_is_known(double, gradient, provenance: Any, labels: list[str]) -> None:
    double.version = replace(double.version, metadata={"provenance": provenance})
    assert list(rows(gradient))[4:] == labels
    double.version = replace(double.version, metadata={})
    assert len(rows(gradient)) == 4
