"""Many files at once, for clients of ours: what is there already is not sent, small files travel in packs.

The bodies are MessagePack, as `service.native` describes them: a file is ``[path, size, hash, executable]``, path and
hash as bytes.  A pack is described in docs/format/v1.md.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from jupyter_gradient_data.models import Access
from jupyter_gradient_data.service import native
from jupyter_gradient_data.service.native import MOST_FILES, MSGPACK, NewPut, Put
from jupyter_gradient_data.service.transfers import Transfers

from .base import Handler
from .operations import Content, operation
from .queries import reference_to

_READ = Access.READ
_WRITE = Access.WRITE


class EntriesQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Which files to list, in bytewise order of their paths."""

    start: Annotated[str, msgspec.Meta(description="Where the list begins: this path, or the next there is.")] = ""
    after: Annotated[str | None, msgspec.Meta(description="The last path of the list before, to go on.")] = None
    end: Annotated[str | None, msgspec.Meta(description="The path before which the list ends.")] = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_FILES, description="Files, at most.")] = MOST_FILES


class _TransferHandler(Handler):
    """What the handlers here share."""

    @property
    def _transfers(self) -> Transfers:
        return self.host.transfers

    @property
    def _may_reuse(self) -> bool:
        """Whether content of other datasets may be used: not for a token that must not know of them."""
        return self.api_token is None or not self.api_token.datasets

    async def _reference(self, access: Access, dataset: str, version: str) -> str:
        return await self.call(self.host.check_reference, self.api_token, access, reference_to(dataset, version))


class PutsHandler(_TransferHandler):
    """Puts into a version."""

    @operation(resource="datasets", body=NewPut, answer=Put, status=201)
    async def post(self, dataset: str, version: str, body: NewPut) -> Put:
        """Begin a put: until it has ended, the version refuses to commit."""
        reference = await self._reference(_WRITE, dataset, version)
        return await self.call(self._transfers.begin, reference, body.source, body.target)


class PutHandler(_TransferHandler):
    """One put."""

    @operation(resource="datasets", answer=None)
    async def delete(self, dataset: str, version: str, put: str) -> None:
        """End a put: all its files have arrived."""
        reference = await self._reference(_WRITE, dataset, version)
        await self.call(self._transfers.end, reference, put)


class KnownHandler(_TransferHandler):
    """Which contents are there."""

    @operation(resource="datasets", body=bytes, body_media_type=MSGPACK, body_limit=native.LIST_LIMIT, answer=list[int])
    async def post(self, dataset: str, version: str, body: bytes) -> list[int]:
        """Ask which contents would have to be sent: the body is a list of hashes, the answer their places in it."""
        reference = await self._reference(_WRITE, dataset, version)
        hashes = await self.call(native.decode_hashes, body)
        return await self.call(self._transfers.unknown, reference, hashes, reuse=self._may_reuse)


class StageHandler(_TransferHandler):
    """Files whose content is there."""

    @operation(resource="datasets", body=bytes, body_media_type=MSGPACK, body_limit=native.LIST_LIMIT, answer=list[int])
    async def post(self, dataset: str, version: str, body: bytes) -> list[int]:
        """Put files without their content: ``{"entries": [file…], "is_new": bool}``.

        The answer has the places of those whose content must be sent; the others are in the version.
        """
        reference = await self._reference(_WRITE, dataset, version)
        offer = await self.call(native.decode_offer, body)
        return await self.call(
            self._transfers.offer, reference, offer.entries, is_new=offer.is_new, reuse=self._may_reuse
        )


class PacksHandler(_TransferHandler):
    """Contents of small files."""

    @operation(
        resource="datasets",
        body=bytes,
        body_media_type=native.PACK,
        body_limit=native.PACK_LIMIT,
        streams=True,
        answer=None,
    )
    async def post(self, dataset: str, version: str) -> None:
        """Send a pack, and put files whose contents are in it.

        The body is the length of the list in four bytes (little-endian), the list of files, and the pack.
        """
        reference = await self._reference(_WRITE, dataset, version)
        spool = await self.call(self._transfers.open_spool)
        try:
            async for piece in self.incoming:
                await self.move(spool.append, piece)
            async with self.shared.packs:
                await self.call(self._transfers.take_pack, reference, spool)
        finally:
            spool.close()


class EntriesHandler(_TransferHandler):
    """All files of a version, quickly."""

    @operation(resource="datasets", query=EntriesQuery, answer=Content(MSGPACK))
    async def get(self, dataset: str, version: str, query: EntriesQuery) -> None:
        """List files: many at a time, with all that is known of them, as MessagePack."""
        reference = await self._reference(_READ, dataset, version)
        self.finish(await self.call(self._list, reference, query))

    def _list(self, reference: str, query: EntriesQuery) -> bytes:
        start = query.start if query.after is None else query.after + "\0"
        end = None if query.end is None else query.end.encode()
        return native.encode(self._transfers.entries(reference, start.encode(), end, query.limit))


class ReadHandler(_TransferHandler):
    """Contents of many small files."""

    @operation(
        resource="datasets",
        action="read",
        body=bytes,
        body_media_type=MSGPACK,
        body_limit=native.LIST_LIMIT,
        answer=Content(native.PACK),
        other_answers={412: "A file has another content by now."},
    )
    async def post(self, dataset: str, version: str, body: bytes) -> None:
        """Read small files: the body is a list of ``[path, hash]``, the answer a pack with their contents."""
        reference = await self._reference(_READ, dataset, version)
        wanted = await self.call(native.decode_wanted, body)
        async with self.shared.streams:
            self.finish(await self.call(self._transfers.read, reference, wanted))


_VERSION = "/api/datasets/{dataset}/versions/{version}"
ROUTES = [
    (f"{_VERSION}/puts", PutsHandler),
    (f"{_VERSION}/puts/{{put}}", PutHandler),
    (f"{_VERSION}/known", KnownHandler),
    (f"{_VERSION}/stage", StageHandler),
    (f"{_VERSION}/packs", PacksHandler),
    (f"{_VERSION}/entries", EntriesHandler),
    (f"{_VERSION}/read", ReadHandler),
]
