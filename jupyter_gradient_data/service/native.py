"""What clients of ours and servers say to each other about many files at once: MessagePack, and packs as they are.

Both sides use these values, so that a question and its answer are described in one place.  Whatever a client sends is
checked here as far as it can be without the version it is about.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from jupyter_gradient_data.blobs.hashing import HASH_SIZE
from jupyter_gradient_data.datasets.nodes import Entry
from jupyter_gradient_data.datasets.paths import path_problem, show_path
from jupyter_gradient_data.errors import ErrorKind, GradientDataError

MSGPACK = "application/msgpack"
PACK = "application/octet-stream"

MOST_FILES = 20_000  # in one question
LIST_LIMIT = 8 * 1024 * 1024  # bytes of a question about files
PACK_LIMIT = 32 * 1024 * 1024  # bytes of a pack with its files
READ_LIMIT = 5 * 1024 * 1024  # bytes of small files that are read together

_LISTED = 4 * 1024 * 1024  # bytes of files in one question of ours: well below the limit
_OVERHEAD = 64  # bytes that a file takes besides its path, about
_LENGTH = struct.Struct("<I")
_MAX_SIZE = 2**63 - 1


class NewPut(msgspec.Struct, forbid_unknown_fields=True):
    """Where files come from, in words, and the folder they go to; a later put of the same fulfils this one."""

    source: str
    target: str


class Put(msgspec.Struct):
    """A put that has begun.

    Parameters
    ----------
    id : str
        Its id, to end it.
    is_new : bool
        Whether the version had no files yet: then nothing has to be compared with what it has.
    provider : str
        Name of the storage provider.
    used_bytes, quota_bytes : int, int or None
        What that holds and may hold.
    """

    id: str
    is_new: bool
    provider: str
    used_bytes: int
    quota_bytes: int | None


class Offer(msgspec.Struct, forbid_unknown_fields=True):
    """Files to put where their content is there already; ``is_new`` as the put's answer said."""

    entries: list[Entry]
    is_new: bool = False


class Wanted(NamedTuple):
    """A file to read, and the hash that it should have."""

    path: bytes
    hash: bytes


def encode(value: Any) -> bytes:
    """A value as MessagePack."""
    return msgspec.msgpack.encode(value)


def decode_offer(data: bytes) -> Offer:
    """Read an `Offer`.

    Raises
    ------
    Invalid
        It is none, or has files that cannot be in a version.
    """
    offer: Offer = _decode(data, Offer)
    _check_entries(offer.entries)
    return offer


def decode_hashes(data: bytes) -> list[bytes]:
    """Read a list of hashes."""
    hashes: list[bytes] = _decode(data, list[bytes])
    _check_hashes(hashes)
    return hashes


def decode_wanted(data: bytes) -> list[Wanted]:
    """Read a list of files to read."""
    wanted: list[Wanted] = _decode(data, list[Wanted])
    _check_hashes([item.hash for item in wanted])
    return wanted


def decode_entries(data: bytes) -> list[Entry]:
    """Read a list of files, in ascending order as a server sends them."""
    entries: list[Entry] = _decode(data, list[Entry])
    _check_entries(entries)
    return entries


def frame_pack(entries: Sequence[Entry], pack: bytearray) -> list[bytes | bytearray]:
    """A pack and the files that are put with it, one after the other: the length of the files, the files, the pack."""
    listed = encode(entries)
    return [_LENGTH.pack(len(listed)), listed, pack]


def split_pack(data: bytearray) -> tuple[list[Entry], bytearray]:
    """The opposite of `frame_pack`."""
    if len(data) < _LENGTH.size:
        raise _refusal("it is cut short")
    end = _LENGTH.size + _LENGTH.unpack_from(data)[0]
    entries = decode_entries(bytes(data[_LENGTH.size : end]))
    del data[:end]
    return entries, data


def portions(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """The same files in questions that are not too long."""
    portion: list[Entry] = []
    size = 0
    for entry in entries:
        weight = len(entry.path) + _OVERHEAD
        if portion and (len(portion) >= MOST_FILES or size + weight > _LISTED):
            yield portion
            portion, size = [], 0
        portion.append(entry)
        size += weight
    if portion:
        yield portion


def _decode(data: bytes, kind: Any) -> Any:
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _refusal(str(error)) from None
    except RecursionError:
        raise _refusal("it is nested too deeply") from None


def _check_entries(entries: Sequence[Entry]) -> None:
    _check_count(entries)
    _check_hashes([entry.hash for entry in entries])
    paths = [entry.path for entry in entries]
    if path_problem(paths) or not _is_normal(paths):
        bad = next(path for path in paths if path_problem((path,)) or not _is_normal((path,)))
        raise ErrorKind.INVALID_PATH(
            path=show_path(bad), reason=path_problem((bad,)) or "it is not in Unicode normal form C"
        )
    if len(set(paths)) < len(paths):
        raise _refusal("a file is in it twice")
    if not all(0 <= entry.size <= _MAX_SIZE for entry in entries):
        raise _refusal("a size cannot be one")


def _is_normal(paths: Sequence[bytes]) -> bool:
    return unicodedata.is_normalized("NFC", b"\0".join(paths).decode())


def _check_hashes(hashes: Sequence[bytes]) -> None:
    _check_count(hashes)
    if any(len(blob_hash) != HASH_SIZE for blob_hash in hashes):
        raise _refusal("a hash has not 32 bytes")


def _check_count(items: Sequence[object]) -> None:
    if len(items) > MOST_FILES:
        raise ErrorKind.TOO_LARGE(
            thing="The request", size=f"{len(items):,} files", limit=f"{MOST_FILES:,} files", hint="Send fewer at once."
        )


def _refusal(reason: str) -> GradientDataError:
    return ErrorKind.INVALID_REQUEST(reason=reason, hint="The API's description is at gradient/api/docs.")
