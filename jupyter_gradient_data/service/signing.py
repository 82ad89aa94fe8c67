"""Signatures by which a server knows again what it handed out."""

from __future__ import annotations

import hmac


class Signer:
    """Signs and verifies with HMAC-SHA256.

    Parameters
    ----------
    key : bytes
        The same on every server of a team.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, message: bytes) -> bytes:
        """The signature of a message."""
        return hmac.digest(self._key, message, "sha256")

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether a signature is that of a message; takes as long for a wrong one as for the right one."""
        return hmac.compare_digest(self.sign(message), signature)
