"""Taking the body of a request into a version, piece by piece in the server's threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_gradient_data.models import FileInfo

from .incoming import PIECE

if TYPE_CHECKING:
    from tornado.httputil import HTTPHeaders

    from .base import Handler


def announced_length(headers: HTTPHeaders) -> int | None:
    """How long the body says it is; None when it comes in chunks without saying."""
    if "Transfer-Encoding" in headers:
        return None
    return int(headers.get("Content-Length", "0"))  # Tornado has refused what is not a number


async def receive_file(handler: Handler, reference: str, path: str, *, executable: bool) -> FileInfo:
    """Write the body of a request as one file.

    A small one travels with others that come at the same time; a long one is written down as it comes.
    """
    intake = handler.host.intake
    length = announced_length(handler.request.headers)
    if length is not None and length < PIECE:
        data = await handler.incoming.read(PIECE)
        return await handler.call(intake.write_small, reference, path, data, executable=executable)
    file = await handler.call(intake.open_file, reference, path, executable=executable)
    try:
        async for piece in handler.incoming:
            await handler.move(file.append, piece)
        return await handler.call(file.finish)
    finally:
        await handler.call(file.close)
