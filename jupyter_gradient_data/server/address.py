"""How a process on this machine reaches the server that started it."""

from __future__ import annotations

import hashlib
import re
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_gradient_data.errors import GradientDataError
from jupyter_gradient_data.service.remote_url import parse_url

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

_EVERYWHERE = {"": "127.0.0.1", "*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class UnreachableError(Exception):
    """It cannot be reached by HTTP from this machine; the text says why."""


def environment_of(server: ServerApp) -> dict[str, str]:
    """Variables that name a server to our clients on this machine.

    Raises
    ------
    UnreachableError
        It has no address, or asks for more than a token.
    """
    if server.sock:
        raise UnreachableError("the server listens at a Unix socket")
    host = _EVERYWHERE.get(server.ip) or (f"[{server.ip}]" if ":" in server.ip else server.ip)
    scheme = "https" if server.certfile else "http"
    url = f"{scheme}://{host}:{server.port}{server.base_url.rstrip('/')}"
    found = {"GRADIENT_URL": _exact(url)}
    if server.certfile:
        if server.client_ca or server.ssl_options.get("cert_reqs") == ssl.CERT_REQUIRED:
            raise UnreachableError("the server asks its clients for certificates")
        found["GRADIENT_CERTIFICATE"] = _fingerprint(Path(server.certfile))
    return found


def _exact(url: str) -> str:
    """A URL that our clients read as it is: a base URL may look like a page of JupyterLab."""
    try:
        for text in (url, f"{url}/gradient"):
            if parse_url(text).base == url:
                return text
    except GradientDataError as error:
        raise UnreachableError(error.message) from None
    raise UnreachableError("its base URL looks like that of a file")


def _fingerprint(path: Path) -> str:
    """Of the certificate that a server shows: the first of its file."""
    try:
        first = _CERTIFICATE.search(path.read_text(encoding="latin-1"))
    except OSError as error:
        raise UnreachableError(f"its certificate cannot be read: {error.strerror}") from None
    if first is None:
        raise UnreachableError("its certificate is not in PEM format")
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first[0])).hexdigest()
