"""Connections to a server: through which proxy, whom they trust, and how long they wait."""

from __future__ import annotations

import ipaddress
import ssl
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

_CONNECT, _SILENCE = 10.0, 120.0  # seconds


def open_pool(url: str, at_once: int) -> urllib3.PoolManager:
    """Connections to a server, directly or through the proxy that the environment names.

    Parameters
    ----------
    url : str
        The server's base URL.
    at_once : int
        How many are kept open.
    """
    parts = urlsplit(url)
    options: dict[str, Any] = {
        "maxsize": at_once,
        "retries": False,
        "timeout": urllib3.Timeout(connect=_CONNECT, read=_SILENCE),
    }
    if parts.scheme == "https":
        # What the system trusts, or SSL_CERT_FILE names.
        options["ssl_context"] = ssl.create_default_context()
    host = parts.hostname or ""
    proxy = getproxies().get(parts.scheme)
    if proxy and not _is_here(host) and not proxy_bypass(host):
        return urllib3.ProxyManager(proxy, **options)
    return urllib3.PoolManager(**options)


def _is_here(host: str) -> bool:
    """Whether a host is this machine, which no proxy can reach."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
