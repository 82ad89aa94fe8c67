"""One entry cut out of the text of a settings file, or put into it, and not one byte beside it changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .yaml_nodes import (
    SWITCHES,
    TEXT,
    Node,
    column_of,
    is_block,
    is_mapping,
    is_null,
    is_scalar,
    quoted,
    scalar_of,
    text_of,
)

SECTION = "integrations"

Edit = tuple[int, int, str]


class Unusual(Exception):
    """Something is written in a way that cannot be cut."""


class Change:
    """An entry to put (``values``) or to remove (None)."""

    def __init__(self, name: str, values: dict[str, str] | None, drop: frozenset[str]) -> None:
        self.name = name
        self.values = values
        self.drop = drop


class Cutter:
    """Cuts one entry out of a text in block style, or puts one in."""

    def __init__(self, text: str, root: Node | None, section: Node | None) -> None:
        self._text = text
        self._root = root
        self._section = section
        self._newline = "\r\n" if "\r\n" in text else "\n"

    def apply(self, change: Change) -> str:
        entries = list(self._section.value) if self._section is not None else []
        found = [pair for pair in entries if text_of(pair[0]) == change.name]
        if len(found) > 1:
            raise Unusual
        if change.values is None:
            return self._edited([(*self._region(*found[0]), "")]) if found else self._text
        if found:
            return self._edited(self._change_entry(found[0], change.values, change.drop))
        return self._edited(self._new_entry(change.name, change.values))

    def _new_entry(self, name: str, values: Mapping[str, str]) -> list[Edit]:
        if self._section is not None and self._section.value and not self._section.flow_style:
            (first, value), last = self._section.value[0], self._section.value[-1]
            inner = column_of(value.value[0][0]) - column_of(first) if is_block(value) else 2
            lines = self._lines(name, values, column_of(first), max(inner, 1))
            return [self._insertion(self._region(*last)[1], lines)]
        return self._first_entry(name, values)

    def _first_entry(self, name: str, values: Mapping[str, str]) -> list[Edit]:
        if self._root is None or not is_mapping(self._root):
            if self._root is not None:
                raise Unusual
            return [self._insertion(len(self._text), [f"{SECTION}:", *self._lines(name, values, 2, 2)])]
        if not is_block(self._root):
            raise Unusual
        column = column_of(self._root.value[0][0])
        lines = self._lines(name, values, column + 2, 2)
        for key, value in self._root.value:
            if text_of(key) == SECTION:  # there, but empty
                end = self._region(key, value)[1]
                written = self._text[value.start_mark.index : value.end_mark.index].strip()
                if written not in ("", "{}", "~", "null"):
                    raise Unusual
                cut = [(value.start_mark.index, value.end_mark.index, "")] if written else []
                return [*cut, self._insertion(end, lines)]
        end = self._region(*self._root.value[-1])[1]
        return [self._insertion(end, [" " * column + f"{SECTION}:", *lines])]

    def _change_entry(self, pair: tuple[Node, Node], values: Mapping[str, str], drop: frozenset[str]) -> list[Edit]:
        key, value = pair
        start, end = self._region(key, value)
        if not is_block(value):
            if not is_null(value):
                raise Unusual
            return [(start, end, "".join(self._ended(self._lines(text_of(key), values, column_of(key), 2))))]
        edits, missing = [], dict(values)
        for inner, scalar in value.value:
            name = text_of(inner)
            if name in missing:
                edits += self._replacement(inner, scalar, missing.pop(name))
            elif name in drop:
                edits.append((*self._region(inner, scalar), ""))
        indent = " " * column_of(value.value[0][0])
        if missing:
            edits.append(self._insertion(end, [f"{indent}{name}: {quoted(text)}" for name, text in missing.items()]))
        return edits

    def _replacement(self, key: Node, value: Node, text: str) -> list[Edit]:
        if scalar_of(value) == text and (text in SWITCHES or str(value.tag) == TEXT):
            return []
        start, end = value.start_mark.index, value.end_mark.index
        if not is_scalar(value) or value.style in ("|", ">") or start < key.end_mark.index:
            raise Unusual
        if start == end:  # nothing is written there
            colon = self._text.index(":", key.end_mark.index) + 1
            return [(colon, colon, f" {quoted(text)}")]
        return [(start, end, quoted(text))]

    # --- places in the text -----------------------------------------------------------------------------------------

    def _region(self, key: Node, value: Node) -> tuple[int, int]:
        """The lines that a key takes with all below it."""
        start = self._text.rfind("\n", 0, key.start_mark.index) + 1
        if self._text[start : key.start_mark.index].strip(" "):
            raise Unusual
        end = self._end(key, value)
        stop = self._text.find("\n", end)
        rest = self._text[end : stop if stop >= 0 else len(self._text)].strip()
        if rest and not rest.startswith("#"):
            raise Unusual
        return start, stop + 1 if stop >= 0 else len(self._text)

    def _end(self, key: Node, value: Node) -> int:
        """Where what a key says ends."""
        if value.start_mark.index < key.start_mark.index:  # an alias
            raise Unusual
        if is_scalar(value) and value.start_mark.index == value.end_mark.index:  # nothing is written there
            return self._text.index(":", key.end_mark.index) + 1
        return self._end_of(value)

    def _end_of(self, node: Node) -> int:
        end = int(node.end_mark.index)
        if is_scalar(node):
            return len(self._text[:end].rstrip()) if node.style in ("|", ">") else end
        if node.flow_style or not node.value:
            return end
        if is_mapping(node):
            return self._end(*node.value[-1])
        last = node.value[-1]
        if last.start_mark.index < node.start_mark.index or last.start_mark.index == last.end_mark.index:
            raise Unusual
        return self._end_of(last)

    def _lines(self, name: str, values: Mapping[str, str], column: int, inner: int) -> list[str]:
        below = " " * (column + inner)
        return [
            f"{' ' * column}{quoted(name)}:",
            *(f"{below}{key}: {quoted(value)}" for key, value in values.items()),
        ]

    def _insertion(self, at: int, lines: list[str]) -> Edit:
        text = "".join(self._ended(lines))
        if at == len(self._text) and self._text and not self._text.endswith("\n"):
            text = self._newline + text.removesuffix(self._newline)
        return at, at, text

    def _ended(self, lines: list[str]) -> Iterator[str]:
        return (line + self._newline for line in lines)

    def _edited(self, edits: list[Edit]) -> str:
        text = self._text
        for start, end, new in sorted(edits, key=lambda edit: edit[:2], reverse=True):
            text = text[:start] + new + text[end:]
        return text
