"""Connections to a server: through which proxy, whom they trust, and how long they wait."""

from __future__ import annotations

import ipaddress
import re
import ssl
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

from jupyter_gradient_data.errors import ErrorKind

_CONNECT, _SILENCE = 10.0, 120.0  # seconds
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


def open_pool(url: str, at_once: int, certificate: str | None = None) -> urllib3.PoolManager:
    """Connections to a server, directly or through the proxy that the environment names.

    Parameters
    ----------
    url : str
        The server's base URL.
    at_once : int
        How many are kept open.
    certificate : str, optional
        SHA-256 fingerprint of the server's certificate, which is then trusted whatever name it is for, and no other.

    Raises
    ------
    Invalid
        That is no fingerprint.
    """
    parts = urlsplit(url)
    options: dict[str, Any] = {
        "maxsize": at_once,
        "retries": False,
        "timeout": urllib3.Timeout(connect=_CONNECT, read=_SILENCE),
    }
    if parts.scheme == "https":
        # What the system trusts, or SSL_CERT_FILE names.
        options["ssl_context"] = context = ssl.create_default_context()
        if certificate is not None:
            options["assert_fingerprint"] = _checked(certificate)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # nothing but the fingerprint counts
    host = parts.hostname or ""
    proxy = getproxies().get(parts.scheme)
    if proxy and not _is_here(host) and not proxy_bypass(host):
        return urllib3.ProxyManager(proxy, **options)
    return urllib3.PoolManager(**options)


def _checked(certificate: str) -> str:
    digits = certificate.replace(":", "").lower()
    if not _FINGERPRINT.fullmatch(digits):
        raise ErrorKind.INVALID_OPTION(
            option="certificate",
            value=certificate,
            reason="a SHA-256 fingerprint has 64 hexadecimal digits",
            hint="Take what `openssl x509 -in CERTIFICATE -noout -fingerprint -sha256` prints after the =.",
        )
    return digits


def _is_here(host: str) -> bool:
    """Whether a host is this machine, which no proxy can reach."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
