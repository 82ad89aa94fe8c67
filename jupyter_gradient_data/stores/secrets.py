"""Secrets of storage providers, encrypted at rest."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_gradient_data.errors import ErrorKind, GradientDataError

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

KEY_VARIABLE = "GRADIENT_SECRET_KEY"
# A passphrase has to give the same key on every server of a team, so there is no random salt to keep anywhere.
_SALT = b"jupyter-gradient-data provider secrets 1"
_WORK = {"n": 2**15, "r": 8, "p": 1, "maxmem": 64 * 1024 * 1024}  # about 100 ms, once in a process


class SecretBox:
    """Encrypts and decrypts (Fernet: AES-128-CBC with HMAC-SHA256).

    Parameters
    ----------
    key_file : Path
        Holds a random key; made, readable by its owner alone, when something is encrypted for the first time.
    environment_key : str or None
        Value of ``GRADIENT_SECRET_KEY``: a passphrase of any form, from which the key is derived with scrypt.  The key
        file is then neither read nor made.
    """

    def __init__(self, key_file: Path, environment_key: str | None) -> None:
        self._key_file = key_file
        self._passphrase = environment_key or None

    def encrypt(self, secret: str) -> bytes:
        """The secret as a token that only this key opens.

        Raises
        ------
        Denied
            Others can read the key file.
        StoreFailed
            The key file cannot be made or read.
        """
        if self._passphrase is None and not self._key_file.exists():
            self._make_key_file()
        return self._fernet.encrypt(secret.encode())

    def decrypt(self, token: bytes, provider: str) -> str:
        """The secret in a token.

        Parameters
        ----------
        token : bytes
            What `encrypt` gave.
        provider : str
            Id of the storage provider, for the error message.

        Raises
        ------
        Denied
            The key is another one or gone, or others can read the key file.
        """
        from cryptography.fernet import InvalidToken

        unreadable = ErrorKind.SECRET_UNREADABLE(
            provider=provider, key_file=KEY_VARIABLE if self._passphrase else self._key_file
        )
        if self._passphrase is None and not self._key_file.exists():
            raise unreadable
        try:
            return self._fernet.decrypt(token).decode()
        except (InvalidToken, ValueError):
            raise unreadable from None

    def derive(self, purpose: bytes) -> bytes:
        """A key for another purpose, the same wherever the key file or passphrase is; it says nothing of them.

        Raises
        ------
        Denied
            Others can read the key file.
        StoreFailed
            The key file cannot be made or read.
        """
        if self._passphrase is None and not self._key_file.exists():
            self._make_key_file()
        return hmac.digest(self._key, purpose, "sha256")

    @cached_property
    def _fernet(self) -> Fernet:
        from cryptography.fernet import Fernet

        return Fernet(self._key)

    @cached_property
    def _key(self) -> bytes:
        """The key as Fernet takes it: 32 bytes in Base64."""
        from cryptography.fernet import Fernet

        if self._passphrase is not None:
            return base64.urlsafe_b64encode(hashlib.scrypt(self._passphrase.encode(), salt=_SALT, dklen=32, **_WORK))
        key = self._read_key_file()
        try:
            Fernet(key)
        except ValueError:
            raise self._failed("read", "it holds no key") from None
        return key

    def _read_key_file(self) -> bytes:
        try:
            with self._key_file.open("rb") as file:
                if os.fstat(file.fileno()).st_mode & 0o077:
                    raise ErrorKind.FILE_PERMISSIONS(path=self._key_file)
                return file.read().strip()
        except OSError as error:
            raise self._failed("read", os.strerror(error.errno or 0).lower()) from None

    def _make_key_file(self) -> None:
        """Make the key file, complete or not at all; of two processes that do it at once one wins."""
        from cryptography.fernet import Fernet

        temporary = self._key_file.with_name(f".{self._key_file.name}.{secrets.token_hex(8)}")
        try:
            self._key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(Fernet.generate_key() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(temporary, self._key_file)
        except OSError as error:
            raise self._failed("written", os.strerror(error.errno or 0).lower()) from None
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()

    def _failed(self, action: str, reason: str) -> GradientDataError:
        return ErrorKind.STORE_ERROR(store=f"the key file {self._key_file}", action=f"be {action}", reason=reason)
