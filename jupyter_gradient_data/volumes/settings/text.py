"""The text of a settings file: its entries, one of them put or removed.

What is to change is cut out and put in where it stands (`settings_cuts`).  Where an entry is written in a way that
cannot be cut (inside ``{…}``, by an alias), `ruamel.yaml` writes the file anew, keeping comments and order.  Either way
the result is parsed and compared before anyone sees it.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from typing import Any

from .cuts import SECTION, Change, Cutter, Unusual
from .yaml_nodes import (
    SWITCHES,
    Equality,
    Node,
    Pairs,
    UnreadableText,
    compose,
    is_mapping,
    is_null,
    merged,
    scalar_of,
    text_of,
)


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
        self._root = compose(text)
        self._section = self._find_section()

    def names(self) -> list[str]:
        """The names of all entries, in order; one that is listed twice comes twice."""
        return [text_of(key) for key, _ in self._entries()]

    def values(self, name: str) -> dict[str, str | None]:
        """What the (last) entry of that name says, as it is written; None where it is not a single value.

        Raises
        ------
        UnreadableText
            It is no list of keys with values.
        """
        node = self._value(name)
        if is_null(node):
            return {}
        if not is_mapping(node):
            raise UnreadableText("it has no keys with values, such as type and id")
        return {key: scalar_of(value) for key, value in merged(node)}

    def put(self, name: str, values: Mapping[str, str], drop: Collection[str] = ()) -> str:
        """The text with these values in the entry of that name, without those in ``drop``; others of it stay.

        Raises
        ------
        UnreadableText
            It is written in a way that cannot be changed safely.
        """
        return self._changed(Change(name, dict(values), frozenset(drop)))

    def remove(self, name: str) -> str:
        """The text without the entry; raises as `put`."""
        return self._changed(Change(name, None, frozenset()))

    # --- finding ----------------------------------------------------------------------------------------------------

    def _find_section(self) -> Node | None:
        if self._root is None or is_null(self._root):
            return None
        if not is_mapping(self._root):
            raise UnreadableText("it is not a list of keys with values")
        found = [value for key, value in self._root.value if text_of(key) == SECTION]
        if len(found) > 1:
            raise UnreadableText(f"it has {SECTION!r} twice")
        if not found or is_null(found[0]):
            return None
        if not is_mapping(found[0]):
            raise UnreadableText(f"{SECTION!r} is not a list of names with what they mean")
        return found[0]

    def _entries(self) -> Pairs:
        return list(self._section.value) if self._section is not None else []

    def _value(self, name: str) -> Node:
        return [value for key, value in self._entries() if text_of(key) == name][-1]

    # --- changing ---------------------------------------------------------------------------------------------------

    def _changed(self, change: Change) -> str:
        try:
            new = Cutter(self.text, self._root, self._section).apply(change)
            if self._is_right(new, change):
                return new
        except (Unusual, UnreadableText):
            pass
        new = _rewritten(self.text, change)
        if not self._is_right(new, change):
            raise UnreadableText("it is written in a way that this program cannot change")
        return new

    def _is_right(self, new: str, change: Change) -> bool:
        """Whether a text says what this one does but for a change."""
        other = SettingsText(new)
        equal = Equality()
        if not equal.pairs(self._others(), other._others()):
            return False
        mine = [pair for pair in self._entries() if text_of(pair[0]) != change.name]
        theirs = [pair for pair in other._entries() if text_of(pair[0]) != change.name]
        if not equal.pairs(mine, theirs) or (change.values is None) != (change.name not in other.names()):
            return False
        return change.values is None or self._has_changed_entry(other, change, equal)

    def _has_changed_entry(self, other: SettingsText, change: Change, equal: Equality) -> bool:
        values = change.values or {}
        entry = other._value(change.name)
        touched = change.drop | values.keys()
        if not is_mapping(entry) or other.names().count(change.name) != 1:
            return False
        says = other.values(change.name)
        if any(says.get(key) != value for key, value in values.items()):
            return False
        if any(key in says for key in change.drop - values.keys()):
            return False
        before: Any = self._value(change.name) if change.name in self.names() else None
        kept = [pair for pair in before.value if text_of(pair[0]) not in touched] if is_mapping(before) else []
        return equal.pairs(kept, [pair for pair in entry.value if text_of(pair[0]) not in touched])

    def _others(self) -> Pairs:
        """All of the document but the entries."""
        if self._root is None or is_null(self._root):
            return []
        return [pair for pair in self._root.value if text_of(pair[0]) != SECTION]


def _rewritten(text: str, change: Change) -> str:
    """The text with a change, written anew by `ruamel.yaml`."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    written = io.StringIO()
    try:
        data: Any = yaml.load(text) or {}
        section: Any = data.setdefault(SECTION, {}) or {}
        if change.values is None:
            del section[change.name]
        else:
            entry: Any = section.get(change.name)
            entry = section[change.name] = entry if hasattr(entry, "items") else {}
            for key in change.drop:
                entry.pop(key, None)
            entry.update((key, SWITCHES.get(value, value)) for key, value in change.values.items())
        data[SECTION] = section
        yaml.dump(data, written)
    except (YAMLError, RecursionError, ValueError, TypeError, KeyError, AttributeError):
        raise UnreadableText("it is written in a way that this program cannot change") from None
    return written.getvalue()
