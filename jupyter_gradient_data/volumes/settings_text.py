"""One entry of a settings file put or removed, and not one byte beside it changed.

The text is parsed to nodes, which know where they stand; what is to change is cut out and put in there.  Nodes are never
made into objects, so no tag is obeyed, and an alias is one node however often it is used, so that nothing grows.  Where
an entry is written in a way that cannot be cut (inside ``{…}``, by an alias), `ruamel.yaml` writes the file anew, keeping
comments and order.  Either way the result is parsed and compared before anyone sees it.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

SECTION = "integrations"

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._@+/-]*(?::[A-Za-z0-9._-]+)?")
_MEANT_OTHERWISE = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})  # also by older readers
_SWITCHES = {"true": True, "false": False}
_NULL = "tag:yaml.org,2002:null"
_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"
_MOST_MERGED = 1000  # pairs of one entry with all that is merged into it

_Pairs = list[tuple["Node", "Node"]]
_Edit = tuple[int, int, str]


class UnreadableText(Exception):
    """The text is no YAML, or not what a settings file is; its string says why."""


class _Unusual(Exception):
    """Something is written in a way that cannot be cut."""


class SettingsText:
    """The text of a settings file.

    Parameters
    ----------
    text : str
        All of it, with its line ends.

    Raises
    ------
    UnreadableText
        It is no YAML document whose ``integrations``, if any, have names.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._root = _compose(text)
        self._section = self._find_section()

    def names(self) -> list[str]:
        """The names of all entries, in order; one that is listed twice comes twice."""
        return [_text(key) for key, _ in self._entries()]

    def values(self, name: str) -> dict[str, str | None]:
        """What the (last) entry of that name says, as it is written; None where it is not a single value.

        Raises
        ------
        UnreadableText
            It is no list of keys with values.
        """
        node = self._value(name)
        if _is_null(node):
            return {}
        if not _is_mapping(node):
            raise UnreadableText("it has no keys with values, such as type and id")
        return {key: _scalar(value) for key, value in _merged(node)}

    def put(self, name: str, values: Mapping[str, str], drop: Collection[str] = ()) -> str:
        """The text with these values in the entry of that name, without those in ``drop``; others of it stay.

        Raises
        ------
        UnreadableText
            It is written in a way that cannot be changed safely.
        """
        return self._changed(_Change(name, dict(values), frozenset(drop)))

    def remove(self, name: str) -> str:
        """The text without the entry; raises as `put`."""
        return self._changed(_Change(name, None, frozenset()))

    # --- finding ----------------------------------------------------------------------------------------------------

    def _find_section(self) -> MappingNode | None:
        if self._root is None or _is_null(self._root):
            return None
        if not _is_mapping(self._root):
            raise UnreadableText("it is not a list of keys with values")
        found = [value for key, value in self._root.value if _text(key) == SECTION]
        if len(found) > 1:
            raise UnreadableText(f"it has {SECTION!r} twice")
        if not found or _is_null(found[0]):
            return None
        if not _is_mapping(found[0]):
            raise UnreadableText(f"{SECTION!r} is not a list of names with what they mean")
        return found[0]  # type: ignore[no-any-return]

    def _entries(self) -> _Pairs:
        return list(self._section.value) if self._section is not None else []

    def _value(self, name: str) -> Node:
        return [value for key, value in self._entries() if _text(key) == name][-1]

    # --- changing ---------------------------------------------------------------------------------------------------

    def _changed(self, change: _Change) -> str:
        try:
            new = _Cutter(self.text, self._root, self._section).apply(change)
            if self._is_right(new, change):
                return new
        except (_Unusual, UnreadableText):
            pass
        new = _rewritten(self.text, change)
        if not self._is_right(new, change):
            raise UnreadableText("it is written in a way that this program cannot change")
        return new

    def _is_right(self, new: str, change: _Change) -> bool:
        """Whether a text says what this one does but for a change."""
        other = SettingsText(new)
        equal = _Equality()
        if not equal.pairs(self._others(), other._others()):
            return False
        mine = [pair for pair in self._entries() if _text(pair[0]) != change.name]
        theirs = [pair for pair in other._entries() if _text(pair[0]) != change.name]
        if not equal.pairs(mine, theirs) or (change.values is None) != (change.name not in other.names()):
            return False
        return change.values is None or self._has_changed_entry(other, change, equal)

    def _has_changed_entry(self, other: SettingsText, change: _Change, equal: _Equality) -> bool:
        assert change.values is not None
        entry = other._value(change.name)
        touched = change.drop | change.values.keys()
        if not _is_mapping(entry) or other.names().count(change.name) != 1:
            return False
        says = other.values(change.name)
        if any(says.get(key) != value for key, value in change.values.items()):
            return False
        if any(key in says for key in change.drop - change.values.keys()):
            return False
        before: Any = self._value(change.name) if change.name in self.names() else None
        kept = [pair for pair in before.value if _text(pair[0]) not in touched] if _is_mapping(before) else []
        return equal.pairs(kept, [pair for pair in entry.value if _text(pair[0]) not in touched])

    def _others(self) -> _Pairs:
        """All of the document but the entries."""
        if self._root is None or _is_null(self._root):
            return []
        return [pair for pair in self._root.value if _text(pair[0]) != SECTION]


class _Change:
    """An entry to put (``values``) or to remove (None)."""

    def __init__(self, name: str, values: dict[str, str] | None, drop: frozenset[str]) -> None:
        self.name = name
        self.values = values
        self.drop = drop


class _Cutter:
    """Cuts one entry out of a text in block style, or puts one in."""

    def __init__(self, text: str, root: Node | None, section: MappingNode | None) -> None:
        self._text = text
        self._root = root
        self._section = section
        self._newline = "\r\n" if "\r\n" in text else "\n"

    def apply(self, change: _Change) -> str:
        entries = list(self._section.value) if self._section is not None else []
        found = [pair for pair in entries if _text(pair[0]) == change.name]
        if len(found) > 1:
            raise _Unusual
        if change.values is None:
            return self._edited([(*self._region(*found[0]), "")]) if found else self._text
        if found:
            return self._edited(self._change_entry(*found[0], change.values, change.drop))
        return self._edited(self._new_entry(change.name, change.values))

    def _new_entry(self, name: str, values: Mapping[str, str]) -> list[_Edit]:
        if self._section is not None and self._section.value and not self._section.flow_style:
            (first, value), last = self._section.value[0], self._section.value[-1]
            inner = _column(value.value[0][0]) - _column(first) if _is_block(value) else 2
            lines = self._lines(name, values, _column(first), max(inner, 1))
            return [self._insertion(self._region(*last)[1], lines)]
        return self._first_entry(name, values)

    def _first_entry(self, name: str, values: Mapping[str, str]) -> list[_Edit]:
        if self._root is None or not _is_mapping(self._root):
            if self._root is not None:
                raise _Unusual
            return [self._insertion(len(self._text), [f"{SECTION}:", *self._lines(name, values, 2, 2)])]
        if not _is_block(self._root):
            raise _Unusual
        column = _column(self._root.value[0][0])
        lines = self._lines(name, values, column + 2, 2)
        for key, value in self._root.value:
            if _text(key) == SECTION:  # there, but empty
                end = self._region(key, value)[1]
                written = self._text[value.start_mark.index : value.end_mark.index].strip()
                if written not in ("", "{}", "~", "null"):
                    raise _Unusual
                cut = [(value.start_mark.index, value.end_mark.index, "")] if written else []
                return [*cut, self._insertion(end, lines)]
        end = self._region(*self._root.value[-1])[1]
        return [self._insertion(end, [" " * column + f"{SECTION}:", *lines])]

    def _change_entry(
        self, key: Node, value: Node, values: Mapping[str, str], drop: frozenset[str]
    ) -> list[_Edit]:
        start, end = self._region(key, value)
        if not _is_block(value):
            if not _is_null(value):
                raise _Unusual
            return [(start, end, "".join(self._ended(self._lines(_text(key), values, _column(key), 2))))]
        edits, missing = [], dict(values)
        for inner, scalar in value.value:
            name = _text(inner)
            if name in missing:
                edits += self._replacement(inner, scalar, missing.pop(name))
            elif name in drop:
                edits.append((*self._region(inner, scalar), ""))
        indent = " " * _column(value.value[0][0])
        if missing:
            edits.append(self._insertion(end, [f"{indent}{name}: {_quoted(text)}" for name, text in missing.items()]))
        return edits

    def _replacement(self, key: Node, value: Node, text: str) -> list[_Edit]:
        if _scalar(value) == text and (text in _SWITCHES or str(value.tag) == _TEXT):
            return []
        start, end = value.start_mark.index, value.end_mark.index
        if not _is_scalar(value) or value.style in ("|", ">") or start < key.end_mark.index:
            raise _Unusual
        if start == end:  # nothing is written there
            colon = self._text.index(":", key.end_mark.index) + 1
            return [(colon, colon, f" {_quoted(text)}")]
        return [(start, end, _quoted(text))]

    # --- places in the text -----------------------------------------------------------------------------------------

    def _region(self, key: Node, value: Node) -> tuple[int, int]:
        """The lines that a key takes with all below it."""
        start = self._text.rfind("\n", 0, key.start_mark.index) + 1
        if self._text[start : key.start_mark.index].strip(" "):
            raise _Unusual
        end = self._end(key, value)
        stop = self._text.find("\n", end)
        rest = self._text[end : stop if stop >= 0 else len(self._text)].strip()
        if rest and not rest.startswith("#"):
            raise _Unusual
        return start, stop + 1 if stop >= 0 else len(self._text)

    def _end(self, key: Node, value: Node) -> int:
        """Where what a key says ends."""
        if value.start_mark.index < key.start_mark.index:  # an alias
            raise _Unusual
        if _is_scalar(value) and value.start_mark.index == value.end_mark.index:  # nothing is written there
            return self._text.index(":", key.end_mark.index) + 1
        return self._end_of(value)

    def _end_of(self, node: Node) -> int:
        end = int(node.end_mark.index)
        if _is_scalar(node):
            return len(self._text[:end].rstrip()) if node.style in ("|", ">") else end
        if node.flow_style or not node.value:
            return end
        if _is_mapping(node):
            return self._end(*node.value[-1])
        last = node.value[-1]
        if last.start_mark.index < node.start_mark.index or last.start_mark.index == last.end_mark.index:
            raise _Unusual
        return self._end_of(last)

    def _lines(self, name: str, values: Mapping[str, str], column: int, inner: int) -> list[str]:
        below = " " * (column + inner)
        return [
            f"{' ' * column}{_quoted(name)}:",
            *(f"{below}{key}: {_quoted(value)}" for key, value in values.items()),
        ]

    def _insertion(self, at: int, lines: list[str]) -> _Edit:
        text = "".join(self._ended(lines))
        if at == len(self._text) and self._text and not self._text.endswith("\n"):
            text = self._newline + text.removesuffix(self._newline)
        return at, at, text

    def _ended(self, lines: list[str]) -> Iterator[str]:
        return (line + self._newline for line in lines)

    def _edited(self, edits: list[_Edit]) -> str:
        text = self._text
        for start, end, new in sorted(edits, key=lambda edit: edit[:2], reverse=True):
            text = text[:start] + new + text[end:]
        return text


class _Equality:
    """Whether nodes say the same; each pair of nodes is compared once, however often aliases lead to it."""

    def __init__(self) -> None:
        self._seen: set[tuple[int, int]] = set()

    def pairs(self, mine: _Pairs, theirs: _Pairs) -> bool:
        return len(mine) == len(theirs) and all(
            self._nodes(one, other) for pair in zip(mine, theirs, strict=True) for one, other in zip(*pair, strict=True)
        )

    def _nodes(self, mine: Any, theirs: Any) -> bool:
        if (id(mine), id(theirs)) in self._seen:
            return True
        self._seen.add((id(mine), id(theirs)))
        if type(mine) is not type(theirs) or str(mine.tag) != str(theirs.tag):
            return False
        if _is_scalar(mine):
            return bool(mine.value == theirs.value)
        if _is_mapping(mine):
            return self.pairs(mine.value, theirs.value)
        return len(mine.value) == len(theirs.value) and all(map(self._nodes, mine.value, theirs.value))


def _compose(text: str) -> Node | None:
    from ruamel.yaml import YAML  # imported here: it costs start-up time
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        return YAML(typ="safe", pure=True).compose(text)  # type: ignore[no-any-return]
    except MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark is not None else ""
        raise UnreadableText(f"{line}{error.problem}") from None
    except YAMLError as error:
        raise UnreadableText(str(error).partition("\n")[0]) from None
    except (RecursionError, ValueError) as error:
        raise UnreadableText("it is nested too deeply" if isinstance(error, RecursionError) else str(error)) from None


def _rewritten(text: str, change: _Change) -> str:
    """The text with a change, written anew by `ruamel.yaml`."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    written = io.StringIO()
    try:
        data = yaml.load(text) or {}
        section = data.setdefault(SECTION, {}) or {}
        if change.values is None:
            del section[change.name]
        else:
            entry = section.get(change.name)
            entry = section[change.name] = entry if hasattr(entry, "items") else {}
            for key in change.drop:
                entry.pop(key, None)
            entry.update((key, _SWITCHES.get(value, value)) for key, value in change.values.items())
        data[SECTION] = section
        yaml.dump(data, written)
    except (YAMLError, RecursionError, ValueError, TypeError, KeyError, AttributeError):
        raise UnreadableText("it is written in a way that this program cannot change") from None
    return written.getvalue()


def _merged(node: Node) -> list[tuple[str, Node]]:
    """The pairs of an entry, after those that ``<<`` merges into it, which they override."""
    found: list[tuple[str, Node]] = []
    waiting: list[Node] = [node]
    while waiting and len(found) < _MOST_MERGED:
        mapping = waiting.pop(0)
        found = [(_text(key), value) for key, value in mapping.value if key.tag != _MERGE] + found
        for key, value in mapping.value:
            if key.tag == _MERGE:
                waiting += [each for each in (value.value if _is_sequence(value) else [value]) if _is_mapping(each)]
    return found


def _text(key: Node) -> str:
    return str(key.value) if _is_scalar(key) else ""


def _scalar(value: Node) -> str | None:
    if not _is_scalar(value):
        return None
    return "" if _is_null(value) else str(value.value)


def _quoted(text: str) -> str:
    """A scalar that every reader of YAML takes for this text; or for yes and no, which are never meant as texts."""
    if text in _SWITCHES or (_PLAIN.fullmatch(text) and text.lower() not in _MEANT_OTHERWISE):
        return text
    return json.dumps(text, ensure_ascii=False)


def _column(node: Node) -> int:
    return int(node.start_mark.column)


def _is_scalar(node: Node | None) -> bool:
    return node is not None and node.id == "scalar"


def _is_mapping(node: Node | None) -> bool:
    return node is not None and node.id == "mapping"


def _is_sequence(node: Node) -> bool:
    return bool(node.id == "sequence")


def _is_block(node: Node) -> bool:
    return _is_mapping(node) and not node.flow_style and bool(node.value)


def _is_null(node: Node | None) -> bool:
    return node is not None and str(node.tag) == _NULL
