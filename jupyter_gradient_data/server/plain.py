"""What Tornado and Jupyter do otherwise than an API needs it: headers, the end of an answer, what goes wrong in it."""

from __future__ import annotations

from typing import Any

from jupyter_server.base.handlers import APIHandler


class PlainHandler(APIHandler):
    """Answers say what they are, are counted, and are cut when they cannot be completed."""

    bytes_out = 0

    def set_default_headers(self) -> None:
        """Caches may keep nothing for others, and must ask before they use what they have."""
        super().set_default_headers()
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "private, no-cache")

    def compute_etag(self) -> str | None:
        """The tag that was set, or else one of the whole answer."""
        return self._headers.get("Etag") or (super().compute_etag() if self._write_buffer else None)

    def write(self, chunk: Any) -> None:
        """Write, and count."""
        if self.request.method != "HEAD":
            self.bytes_out += len(chunk)
        super().write(chunk)

    def finish(self, *args: Any, **kwargs: Any) -> Any:
        """End the answer with the content type that it has; Jupyter would call everything JSON."""
        kwargs.setdefault("set_content_type", self._headers["Content-Type"])
        return super().finish(*args, **kwargs)

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Answer an error; when a part of the answer has gone out, cut the connection instead."""
        if not self._headers_written or self._finished:
            super().send_error(status_code, **kwargs)
            return
        # An answer that simply ends may look whole: only a broken connection says that it is not.
        self.request.connection.close()  # type: ignore[union-attr]
        self._finished = True
        self._log()
        self.on_finish()
