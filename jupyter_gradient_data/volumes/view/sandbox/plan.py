"""What a holder is asked to show."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

OVERLAY_OPTIONS = "userxattr,redirect_dir=nofollow,metacopy=off,index=off"
"""What else an overlay of a writable mount is told; whoever reads its upper folder counts on it."""
ASKED = ".shown-"
"""How files beside the layers begin by which programs ask whether they see everything; the holder removes them."""


@dataclass(frozen=True)
class Plan:
    """All paths are absolute.

    Parameters
    ----------
    storage, notebook, outputs : str
        Folders of this machine that are shown, to be written, under these names at ``/``.
    inputs, datasets : str
        Folders of links; what each names is shown read-only under ``/inputs`` and ``/datasets``.
    writable : str
        Folder with the layers of writable mounts.
    read_only : tuple of str
        Folders that are read-only at their own paths.
    user_namespace : bool
        Whether to make a user namespace even where a mount namespace alone would do.
    join : tuple of int
        Descriptors of namespaces that an earlier holder made, user (-1: none), shown and hidden: go on there.
    """

    storage: str
    notebook: str
    outputs: str
    inputs: str
    datasets: str
    writable: str
    read_only: tuple[str, ...] = ()
    user_namespace: bool = False
    join: tuple[int, ...] = ()

    def to_json(self) -> str:
        """As one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Plan:
        """The plan of such a line."""
        values = json.loads(line)
        return cls(**{**values, "read_only": tuple(values["read_only"]), "join": tuple(values["join"])})
