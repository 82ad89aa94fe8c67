"""Of what a version was made, as rows of its details; anybody may have written it, so anything may be in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .tables import Cell

_MAIN = (  # in this order, as many as there is room for: what says most about a result
    *("torch", "tensorflow", "jax", "keras", "transformers", "scikit-learn", "xgboost", "lightgbm", "numpy", "scipy"),
    *("pandas", "polars", "pyarrow", "duckdb", "xarray", "zarr", "dask", "statsmodels", "pillow", "opencv-python"),
    *("matplotlib", "fastai"),
)
_SHOWN = 5


def provenance_rows(metadata: Mapping[str, Any]) -> list[tuple[str, Cell]]:
    """Rows for what is known; none when a version was not made in a notebook or script."""
    from jupyter_gradient_data.models import PROVENANCE  # here: `--help` needs none of it

    known = metadata.get(PROVENANCE)
    if not isinstance(known, Mapping):
        return []
    rows: list[tuple[str, Cell]] = [
        ("Notebook", _text(known.get("notebook"))),
        ("Notebook Hash", _text(known.get("notebook_hash"))),
        ("Kernel", _kernel(known.get("kernel"))),
        ("Packages", _packages(known.get("packages"))),
        ("Inputs", _inputs(known.get("inputs"))),
    ]
    return [(label, value) for label, value in rows if value]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _kernel(value: Any) -> str:
    """``python3 (Python 3.12.4)``; in a script there is but Python."""
    if not isinstance(value, Mapping):
        return ""
    name, python = _text(value.get("name")), _text(value.get("python"))
    python = f"Python {python}" if python else ""
    return f"{name} ({python})" if name and python else name or python


def _packages(value: Any) -> str:
    """``64: numpy 2.1.0, pandas 2.2.3, …``."""
    if not isinstance(value, Mapping) or not value:
        return ""
    main = [f"{name} {value[name]}" for name in _MAIN if isinstance(value.get(name), str)][:_SHOWN]
    more = ["…"] if len(main) < len(value) else []
    return f"{len(value)}: {', '.join([*main, *more])}" if main else str(len(value))


def _inputs(value: Any) -> tuple[str, ...]:
    """One line each: ``flowers:latest (klfoyy9) at /inputs/flowers``."""
    lines = []
    for entry in value if isinstance(value, list) else []:
        if isinstance(entry, Mapping) and (reference := _text(entry.get("reference"))):
            version, path = _text(entry.get("version")), _text(entry.get("path"))
            named = f" ({version})" if version and not reference.endswith(f":{version}") else ""
            lines.append(f"{reference}{named}" + (f" at {path}" if path else ""))
    return tuple(lines)
