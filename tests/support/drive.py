"""The drive of a server, asked as JupyterLab asks; what comes back is checked by Jupyter's own rules."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from jupyter_server.services.contents.handlers import validate_model

from .jupyter_server import TOKEN, Answer, JupyterServer


class Drive:
    """Requests to ``gradient/contents``.

    Parameters
    ----------
    server : JupyterServer
        Where.
    token : str
        Of whoever asks.
    """

    def __init__(self, server: JupyterServer, token: str = TOKEN) -> None:
        self._server = server
        self._token = token

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> Answer:
        """Any request."""
        escaped = quote(path).replace("..", "%2E%2E")  # or the client would resolve it
        url = f"/contents/{escaped}".rstrip("/") + (f"?{urlencode(query)}" if query else "")
        return self._server.request(method, url, body=body, token=self._token)

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """A valid model."""
        answer = self.ask("GET", path, **query)
        assert answer.status == 200, answer
        validate_model(answer.json, query.get("content") != "0", query.get("hash") == "1")
        return answer.json  # type: ignore[no-any-return]

    def names(self, path: str) -> list[str]:
        """What a folder lists; each entry is a valid model without content."""
        model = self.get(path)
        assert (model["type"], model["format"]) == ("directory", "json")
        for entry in model["content"]:
            validate_model(entry)
            assert entry["path"] == f"{path}/{entry['name']}".lstrip("/")
        return sorted(entry["name"] for entry in model["content"])

    def put(self, path: str, content: Any, **more: Any) -> Answer:
        """Save a file of text, unless more is said."""
        return self.ask("PUT", path, {"type": "file", "format": "text", "content": content, **more})

    def download(self, path: str, **options: Any) -> Answer:
        """The file as it is."""
        return self._server.get("/contents-files/" + quote(path).replace("..", "%2E%2E"), token=self._token, **options)
