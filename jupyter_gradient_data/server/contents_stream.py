"""A model with a long content as JSON, made piece by piece: no more than a piece of it is ever in memory."""

from __future__ import annotations

import codecs
import mimetypes
from base64 import b64encode
from collections.abc import Iterable, Iterator

import msgspec

from jupyter_gradient_data.errors import ErrorKind

from .contents_models import Model, Readable

_MARK = "the content comes here"


def stream_model(model: Model, file: Readable, wanted: str | None) -> Iterator[bytes]:
    """The JSON of a model of a file, with the file's content in it.

    Parameters
    ----------
    model : Model
        Without content.
    file : Readable
        The file; it is read twice when it has to be found out whether it is text.
    wanted : str or None
        ``text``, ``base64``, or None for whichever it is.

    Raises
    ------
    Invalid
        Text is wanted and it is none.
    """
    is_text = wanted != "base64" and _is_text(file.read(0, file.size))
    if wanted == "text" and not is_text:
        raise ErrorKind.INVALID_REQUEST(reason=f"{model.path} is not text in UTF-8", hint="Ask for it as base64.")
    model.format = "text" if is_text else "base64"
    default = "text/plain" if is_text else "application/octet-stream"
    model.mimetype = mimetypes.guess_type(model.name)[0] or default
    model.content = _MARK
    head, tail = msgspec.json.encode(model).rsplit(_MARK.encode(), 1)
    content = _escaped(file.read(0, file.size)) if is_text else _in_base64(file.read(0, file.size))
    return _joined(head, content, tail)


def _joined(head: bytes, content: Iterator[bytes], tail: bytes) -> Iterator[bytes]:
    yield head
    yield from content
    yield tail


def _is_text(pieces: Iterable[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in pieces:
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _escaped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    for piece in pieces:
        yield msgspec.json.encode(decoder.decode(piece))[1:-1]
    decoder.decode(b"", final=True)


def _in_base64(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        whole = rest + piece
        cut = len(whole) - len(whole) % 3
        rest = whole[cut:]
        yield b64encode(whole[:cut])
    yield b64encode(rest)
