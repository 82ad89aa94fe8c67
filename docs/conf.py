"""How Sphinx builds these pages; `make docs` runs it."""

from pathlib import Path

project = "jupyter-gradient-data"
author = "jupyter-gradient-data contributors"
copyright = f"2026, {author}"  # noqa: A001
_version_file = Path(__file__).parent.parent / "jupyter_gradient_data" / "_version.py"
release = _version_file.read_text().partition('"')[2].partition('"')[0]

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"{project} {release}"
