"""The installed packages that this process has imported.

`importlib.metadata.packages_distributions` answers the same in a fifth of a second or more, and anew each time; this
looks only for what is imported, at names first, and remembers what it found.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

_MOST = 300
_SUFFIX = ".dist-info"


class _Installed(NamedTuple):
    name: str
    version: str
    folder: str


_known: dict[str, tuple[str, ...]] = {}  # module to the packages that have it, as far as asked


def imported_packages() -> dict[str, str]:
    """Names of packages, as package indexes write them, and their versions; a few hundred at most."""
    imported = {name.partition(".")[0] for name in list(sys.modules)} - sys.stdlib_module_names
    installed = {package.name: package for package in _installed()}
    _look_up({module for module in imported if not module.startswith("_")} - _known.keys(), installed)
    names = sorted({name for module in imported for name in _known.get(module, ()) if name in installed})
    return {name: installed[name].version for name in names[:_MOST]}


def _look_up(modules: set[str], installed: dict[str, _Installed]) -> None:
    """Find out which packages have some modules."""
    for module in modules:
        name = _canonical(module)
        _known[module] = (name,) if name in installed else ()
    left = {module for module in modules if not _known[module]}
    found = {name for names in _known.values() for name in names}
    for package in installed.values():
        if left and package.name not in found:
            for module in left.intersection(_modules(package)):
                _known[module] = (*_known[module], package.name)


def _installed() -> Iterator[_Installed]:
    """What is installed where this process imports from; of two of one name the one that is imported."""
    seen = set()
    for folder in sys.path:
        with suppress(OSError), os.scandir(folder or ".") as entries:
            for entry in entries:
                if entry.name.endswith(_SUFFIX):
                    name, _, version = entry.name.removesuffix(_SUFFIX).partition("-")
                    name = _canonical(name)
                    if name not in seen:
                        seen.add(name)
                        yield _Installed(name, version, entry.path)


def _modules(package: _Installed) -> set[str]:
    """Top-level modules of a package, and other first parts of its files."""
    with suppress(OSError), open(os.path.join(package.folder, "RECORD"), encoding="utf-8", errors="replace") as record:
        return {re.split(r"[/.,]", line, maxsplit=1)[0] for line in record}
    return set()


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
