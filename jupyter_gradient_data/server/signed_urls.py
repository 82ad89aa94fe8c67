"""Pre-signed URLs: made for one call on one version, read back when somebody uses them.

``…/gradient/s3/<dataset>/<version>?call=PUT&path=a%2Fb.txt&expires=…&auth=<signature>``.  The signature covers the HTTP
method, the version and the whole query.  The file's path is in the query, because proxies and clients tidy up the paths
of URLs.  The name ``auth`` is one that Jupyter keeps out of its logs, and not one that it reads a token from.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.service.signing import Signer

SIGNATURE = "auth"
EXPIRES = "expires"


@dataclass(frozen=True, slots=True)
class SignedCall:
    """What a URL allows.

    Parameters
    ----------
    method : str
        ``GET``, ``HEAD``, ``PUT`` or ``DELETE``.
    dataset, version : str
        Ids.
    parameters : mapping
        The rest of the call, such as ``path``; all values are text.
    """

    method: str
    dataset: str
    version: str
    parameters: Mapping[str, str]

    def url(self, root: str, signer: Signer, seconds: int) -> str:
        """The URL of this call below ``root``, good for so many seconds."""
        query = {**self.parameters, EXPIRES: str(int(time.time()) + seconds)}
        query[SIGNATURE] = base64.urlsafe_b64encode(signer.sign(self._message(query))).decode().rstrip("=")
        return f"{root}/{self.dataset}/{self.version}?{urlencode(query, quote_via=quote, safe='')}"

    @classmethod
    def read(
        cls, method: str, dataset: str, version: str, query: Mapping[str, Sequence[bytes]], signer: Signer
    ) -> SignedCall:
        """The call that a request is, when its URL was signed for it and has not expired.

        Raises
        ------
        Denied
            It was not, or has.
        """
        try:
            given = {name: value.decode() for name, (value,) in query.items()}
            signature = base64.urlsafe_b64decode(given.pop(SIGNATURE) + "=")
        except (KeyError, ValueError, binascii.Error):  # none, several, or not as we write them
            raise ErrorKind.URL_INVALID() from None
        call = cls(method, dataset, version, given)
        if not signer.verify(call._message(given), signature):
            raise ErrorKind.URL_INVALID()
        if int(given[EXPIRES]) < time.time():
            raise ErrorKind.URL_EXPIRED()
        return call

    def _message(self, query: Mapping[str, str]) -> bytes:
        return json.dumps([self.method, self.dataset, self.version, sorted(query.items())]).encode()
