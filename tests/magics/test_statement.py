"""What becomes of the value of a magic."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from jupyter_gradient_data.magics.statement import Fate, fate_of_value

CASES = [
    ("f()", "single", Fate.SHOWN),
    ("f()", "exec", Fate.DROPPED),
    ("for _ in 'a':\n    f()", "exec", Fate.DROPPED),
    ("with open('/dev/null'):\n    f()", "exec", Fate.DROPPED),
    ("x = f()", "exec", Fate.USED),
    ("x = f()", "single", Fate.USED),
    ("x: object = f()", "exec", Fate.USED),
    ("print(f(), file=None)", "exec", Fate.USED),
    ("(x := f())", "exec", Fate.USED),
    ("def g():\n    return f()\ng()", "exec", Fate.USED),
    ("def g():\n    f()\ng()", "exec", Fate.DROPPED),
    ("[f()]", "exec", Fate.USED),
]


@pytest.mark.parametrize(("code", "mode", "fate"), CASES)
def test_fate(code, mode, fate) -> None:
    seen: list[Fate] = []

    def f() -> None:
        seen.append(fate_of_value(sys._getframe(1)))

    names: dict[str, Any] = {"f": f, "print": lambda *args, **kwargs: None}
    exec(compile(code, "<cell>", mode), names)
    assert seen == [fate]
