"""How much fits at a storage provider."""

from __future__ import annotations

from typing import NamedTuple

from jupyter_gradient_data.errors import ErrorKind, GradientDataError


class Room(NamedTuple):
    """What a provider holds in bytes, and may hold; a quota of None means that it has none."""

    provider: str
    used: int
    quota: int | None

    def has(self, needed: int) -> bool:
        """Whether ``needed`` more bytes fit."""
        return self.quota is None or self.used + needed <= self.quota

    def check(self, needed: int) -> None:
        """Raise `QuotaExceeded` unless ``needed`` more bytes fit."""
        if not self.has(needed):
            raise self.refusal(needed)

    def refusal(self, needed: int) -> GradientDataError:
        """The error for what does not fit."""
        return ErrorKind.QUOTA_EXCEEDED(
            provider=self.provider,
            needed=f"{needed:,} bytes",
            used=f"{self.used:,} bytes",
            quota=f"{self.quota or 0:,} bytes",
        )
