"""Completing a line: which word is being typed, what Click says may stand there, how that is written.

Whoever presses Tab must never see an error nor wait for long: the candidates are collected in a thread, and what comes
too late is there at the next Tab.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from click.shell_completion import CompletionItem, ShellComplete, split_arg_string
from IPython import get_ipython
from IPython.core.completer import SimpleCompletion, SimpleMatcherResult

from .session import SESSION
from .verbs import root

if TYPE_CHECKING:
    import click

_PATIENCE = 1.8  # seconds
_PLAIN = re.compile(r"[\w@%+=:,./~-]*")  # what needs no quotes


def complete(line: str) -> SimpleMatcherResult:
    """What may take the place of the last word of a line.

    Parameters
    ----------
    line : str
        What stands between ``%dataset`` and the cursor.
    """
    start = _start_of_last_word(line)
    typed = line[start:]
    quote = typed[:1] if typed[:1] in ("'", '"') else ""
    words = split_arg_string(line[:start])
    option, equals, _ = typed.partition("=")
    is_option_value = bool(equals) and option.startswith("--")
    incomplete = typed if is_option_value else _unquoted(typed)
    items = _variables(typed) if typed.startswith("$") else _collected(words, incomplete)
    before = f"{option}=" if is_option_value else ""
    # Where nothing fits, what is typed stays: without any answer IPython would offer names of Python.
    completions = [_completion(item, quote, before) for item in items] or [SimpleCompletion(typed)]
    result = {"completions": completions, "matched_fragment": typed, "suppress": True, "ordered": True}
    return cast(SimpleMatcherResult, result)


def _collected(words: list[str], incomplete: str) -> list[CompletionItem]:
    """The candidates, as far as they are known in time."""
    found: list[CompletionItem] = []

    def collect() -> None:
        with contextlib.suppress(Exception):  # whatever it is, nobody who presses Tab wants to see it
            found.extend(_candidates(words, incomplete))

    thread = threading.Thread(target=collect, name="gradient-completion", daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    return [*found]


def _candidates(words: list[str], incomplete: str) -> Iterable[CompletionItem]:
    if words and words[0] not in root.lazy:
        return
    command: click.Command = root
    shell = ShellComplete(command, {"obj": SESSION}, "%dataset", "")
    items = shell.get_completions(words, incomplete)
    seen: set[str] = set()
    for item in items:
        if item.value not in seen and not (str(item.value).startswith("-") and item.value in words):
            seen.add(item.value)
            yield item


def _variables(typed: str) -> list[CompletionItem]:
    """Names of the user's variables, after ``$``."""
    shell = get_ipython()
    names = sorted(set(shell.user_ns) - set(shell.user_ns_hidden)) if shell else []
    found = ["$" + name for name in names if not name.startswith("_")]
    return [CompletionItem(name, type="variable") for name in found if name.startswith(typed)]


def _completion(item: CompletionItem, quote: str, before: str) -> SimpleCompletion:
    value = str(item.value)
    if item.type == "variable":
        return SimpleCompletion(value, type="instance")
    kind = {"plain": "verb", "file": "path", "dir": "path"}.get(item.type, item.type)
    is_open = value.endswith(("/", ":"))
    mark = quote or ("" if _PLAIN.fullmatch(value) else "'" if "'" not in value else '"')
    if mark:
        value = f"{mark}{value}{'' if is_open else mark}"
    return SimpleCompletion(before + value, type="param" if value.startswith("-") else kind)


def _start_of_last_word(line: str) -> int:
    """Where the word begins that the cursor is in."""
    start, quote, escaped = 0, "", False
    for position, character in enumerate(line):
        if escaped:
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character.isspace():
            start = position + 1
    return start


def _unquoted(typed: str) -> str:
    words = split_arg_string(typed)
    return words[0] if words else ""
