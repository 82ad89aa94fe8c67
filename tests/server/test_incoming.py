"""The body of a request as it arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from jupyter_gradient_data.errors import ErrorKind, QuotaExceeded
from jupyter_gradient_data.server.incoming import PIECE, Incoming


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 30))


async def until_idle() -> None:
    """Let everything go on that can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def pieces_of(incoming: Incoming) -> list[bytes]:
    return [piece async for piece in incoming]


def test_pieces_are_large_whatever_arrives() -> None:
    async def work() -> None:
        incoming = Incoming()
        reader = asyncio.ensure_future(pieces_of(incoming))
        sent = [bytes([number % 251]) * 10_000 for number in range(300)]
        for chunk in sent:
            await incoming.add(chunk)
            await asyncio.sleep(0)
        await incoming.end()
        pieces = await reader
        assert b"".join(pieces) == b"".join(sent)
        assert all(len(piece) >= PIECE for piece in pieces[:-1])
        assert incoming.bytes == 3_000_000

    run(work())


def test_the_sender_waits_for_the_reader() -> None:
    async def work() -> None:
        incoming = Incoming()
        for _ in range(2):
            await incoming.add(b"x" * PIECE)
        third = asyncio.ensure_future(incoming.add(b"y" * PIECE))
        await until_idle()
        assert not third.done()
        iterator = aiter(incoming)
        assert await anext(iterator) == b"x" * 2 * PIECE
        await third
        await incoming.end()
        assert [piece async for piece in iterator] == [b"y" * PIECE]

    run(work())


def test_what_nobody_reads_is_thrown_away() -> None:
    async def work() -> None:
        incoming = Incoming()
        for _ in range(2):
            await incoming.add(b"x" * PIECE)
        waiting = asyncio.ensure_future(incoming.add(b"y"))
        await until_idle()
        await incoming.drop()
        await waiting
        for _ in range(10):
            await incoming.add(b"z" * PIECE)
        await incoming.end()
        assert await pieces_of(incoming) == []

    run(work())


def test_a_client_that_goes_is_an_error_after_what_had_come() -> None:
    async def work() -> None:
        incoming = Incoming()
        await incoming.add(b"half")
        await incoming.end(lost=True)
        assert incoming.ended
        iterator = aiter(incoming)
        assert await anext(iterator) == b"half"
        with pytest.raises(ConnectionResetError):
            await anext(iterator)

    run(work())


def test_an_empty_body_has_no_pieces() -> None:
    async def work() -> None:
        incoming = Incoming()
        await incoming.end()
        assert await pieces_of(incoming) == []

    run(work())


@pytest.mark.parametrize("length", [0, 1, 999, 1000])
def test_read_gives_all_up_to_the_limit(length: int) -> None:
    async def work() -> None:
        incoming = Incoming()
        await incoming.add(b"x" * length)
        await incoming.end()
        assert await incoming.read(1000) == b"x" * length

    run(work())


def test_read_stops_at_the_limit_and_lets_the_sender_go_on() -> None:
    async def work() -> None:
        incoming = Incoming()
        reader = asyncio.ensure_future(incoming.read(1000))
        for _ in range(10):
            await incoming.add(b"x" * PIECE)
            await until_idle()
        with pytest.raises(QuotaExceeded) as caught:
            await reader
        assert caught.value.kind is ErrorKind.TOO_LARGE

    run(work())
