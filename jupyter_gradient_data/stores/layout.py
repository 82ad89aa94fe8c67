"""Every key name at a storage provider, in one place (docs/format/v1.md describes them)."""

from __future__ import annotations

from dataclasses import dataclass

FORMAT = 1
FEATURES: frozenset[str] = frozenset()  # named features of this format that this version of the program can read


@dataclass(frozen=True, slots=True)
class Layout:
    """The keys of one team at one provider.

    Parameters
    ----------
    team : str
        Team id; names the team's folder.
    """

    team: str

    @property
    def format(self) -> str:
        """The format marker."""
        return f"{self.team}/format.json"

    @property
    def packs(self) -> str:
        """Prefix of all packs."""
        return f"{self.team}/packs/"

    @property
    def blobs(self) -> str:
        """Prefix of all large blobs."""
        return f"{self.team}/blobs/"

    @property
    def datasets(self) -> str:
        """Prefix of all dataset cards and commit records."""
        return f"{self.team}/datasets/"

    def pack(self, pack_id: str) -> str:
        """A pack."""
        return f"{self.packs}{pack_id}"

    def blob(self, digest: bytes) -> str:
        """A large blob."""
        name = digest.hex()
        return f"{self.blobs}{name[:2]}/{name}"

    def card(self, dataset: str) -> str:
        """A dataset's card."""
        return f"{self.datasets}{dataset}/dataset.json"

    def record(self, dataset: str, version: str) -> str:
        """A version's commit record."""
        return f"{self.datasets}{dataset}/versions/{version}.json"
