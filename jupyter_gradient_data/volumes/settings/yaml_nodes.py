"""Nodes of a YAML document: what is written, and where, without making objects of it.

No tag is obeyed, and an alias is one node however often it is used, so that nothing grows.
"""

from __future__ import annotations

import json
import re
from typing import Any

Node = Any  # of `ruamel.yaml.nodes`, whose types do not say what nodes have
Pairs = list[tuple[Node, Node]]

TEXT = "tag:yaml.org,2002:str"
SWITCHES = {"true": True, "false": False}

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._@+/-]*(?::[A-Za-z0-9._-]+)?")
_MEANT_OTHERWISE = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})  # also by older readers
_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"
_MOST_MERGED = 1000  # pairs of one mapping with all that is merged into it


class UnreadableText(Exception):
    """The text is no YAML, or not what it should be; its string says why."""


def compose(text: str) -> Node | None:
    from ruamel.yaml import YAML  # imported here: it costs start-up time
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        return YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark is not None else ""
        raise UnreadableText(f"{line}{error.problem}") from None
    except YAMLError as error:
        raise UnreadableText(str(error).partition("\n")[0]) from None
    except (RecursionError, ValueError) as error:
        raise UnreadableText("it is nested too deeply" if isinstance(error, RecursionError) else str(error)) from None


class Equality:
    """Whether nodes say the same; each pair of nodes is compared once, however often aliases lead to it."""

    def __init__(self) -> None:
        self._seen: set[tuple[int, int]] = set()

    def pairs(self, mine: Pairs, theirs: Pairs) -> bool:
        return len(mine) == len(theirs) and all(
            self._nodes(one, other) for pair in zip(mine, theirs, strict=True) for one, other in zip(*pair, strict=True)
        )

    def _nodes(self, mine: Any, theirs: Any) -> bool:
        if (id(mine), id(theirs)) in self._seen:
            return True
        self._seen.add((id(mine), id(theirs)))
        if type(mine) is not type(theirs) or str(mine.tag) != str(theirs.tag):
            return False
        if is_scalar(mine):
            return bool(mine.value == theirs.value)
        if is_mapping(mine):
            return self.pairs(mine.value, theirs.value)
        return len(mine.value) == len(theirs.value) and all(map(self._nodes, mine.value, theirs.value))


def merged(node: Node) -> list[tuple[str, Node]]:
    """The pairs of an entry, after those that ``<<`` merges into it, which they override."""
    found: list[tuple[str, Node]] = []
    waiting: list[Node] = [node]
    while waiting and len(found) < _MOST_MERGED:
        mapping = waiting.pop(0)
        found = [(text_of(key), value) for key, value in mapping.value if key.tag != _MERGE] + found
        for key, value in mapping.value:
            if key.tag == _MERGE:
                waiting += [each for each in (value.value if is_sequence(value) else [value]) if is_mapping(each)]
    return found


def text_of(key: Node) -> str:
    return str(key.value) if is_scalar(key) else ""


def scalar_of(value: Node) -> str | None:
    if not is_scalar(value):
        return None
    return "" if is_null(value) else str(value.value)


def quoted(text: str) -> str:
    """A scalar that every reader of YAML takes for this text; or for yes and no, which are never meant as texts."""
    if text in SWITCHES or (_PLAIN.fullmatch(text) and text.lower() not in _MEANT_OTHERWISE):
        return text
    return json.dumps(text, ensure_ascii=False)


def column_of(node: Node) -> int:
    return int(node.start_mark.column)


def is_scalar(node: Node | None) -> bool:
    return node is not None and node.id == "scalar"


def is_mapping(node: Node | None) -> bool:
    return node is not None and node.id == "mapping"


def is_sequence(node: Node) -> bool:
    return bool(node.id == "sequence")


def is_block(node: Node) -> bool:
    return is_mapping(node) and not node.flow_style and bool(node.value)


def is_null(node: Node | None) -> bool:
    return node is not None and str(node.tag) == _NULL
