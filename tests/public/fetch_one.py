"""``python -m tests.public.fetch_one FOLDER CATALOGUE NAME``: one fetch in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.public.library import PublicLibrary

if __name__ == "__main__":
    folder, catalogue, name = sys.argv[1:]
    PublicLibrary(Path(folder), Path(catalogue)).fetch(name, (), Progress())
