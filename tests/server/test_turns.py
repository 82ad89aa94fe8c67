"""One after the other on the event loop."""

from __future__ import annotations

import asyncio
import itertools

from jupyter_gradient_data.server.turns import Turns


def test_each_gets_a_turn_in_order_and_others_run_in_between() -> None:
    seen: list[str] = []

    async def work(turns: Turns, name: str) -> None:
        await turns.take()
        seen.append(name)

    async def other() -> None:
        while len([name for name in seen if name != "other"]) < 5:
            await asyncio.sleep(0)
            seen.append("other")

    async def run() -> None:
        turns = Turns()
        await asyncio.gather(other(), *(work(turns, f"work {number}") for number in range(5)))

    asyncio.run(run())
    assert [name for name in seen if name != "other"] == [f"work {number}" for number in range(5)]
    turns_taken = [index for index, name in enumerate(seen) if name != "other"]
    assert all(later - earlier > 1 for earlier, later in itertools.pairwise(turns_taken))


def test_who_is_cancelled_holds_nobody_up() -> None:
    async def run() -> list[bool]:
        turns = Turns()
        waiting = [asyncio.create_task(turns.take()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.wait(waiting)
        await turns.take()  # and it goes on after all have had theirs
        return [task.cancelled() for task in waiting]

    assert asyncio.run(run()) == [True, False, False]
