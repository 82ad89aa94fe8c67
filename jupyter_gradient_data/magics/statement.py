"""What becomes of the value of a magic: shown by IPython, thrown away, or used.

In the middle of a cell ``%dataset list`` must show its table too, where Python throws values away; but not in
``d = %dataset list``. The instruction after the call tells which it is.
"""

from __future__ import annotations

import dis
from enum import Enum
from types import FrameType


_SKIPPED = ("CACHE", "NOP")


class Fate(Enum):
    """What the caller does with a value."""

    SHOWN = "shown"  # as the last line of a cell
    DROPPED = "dropped"  # as a line before it
    USED = "used"


def fate_of_value(caller: FrameType) -> Fate:
    """What the code that is calling us does with what we return."""
    # Where the interpreter is counts the room for caches behind the call, which the list of instructions leaves out.
    instructions = dis.get_instructions(caller.f_code)
    after = next((one for one in instructions if one.offset > caller.f_lasti and one.opname not in _SKIPPED), None)
    if after is None:
        return Fate.USED
    if after.opname == "POP_TOP":
        return Fate.DROPPED
    is_shown = after.opname == "PRINT_EXPR" or (after.opname, after.arg) == ("CALL_INTRINSIC_1", 1)
    return Fate.SHOWN if is_shown else Fate.USED
