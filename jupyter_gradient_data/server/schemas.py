"""JSON schemas of our models: what msgspec says of them, with the words that the classes say of their fields."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_origin

import msgspec
import msgspec.inspect as inspection

Schema = dict[str, Any]

_TEMPLATE = "#/components/schemas/{name}"
_SECTION = re.compile(r"\n+(Parameters|Attributes|Notes)\n-+\n")
_ENTRY = re.compile(r"^(\w[\w, ]*) : .*\n((?: +.*\n?)+)", re.MULTILINE)


def schemas_of(kinds: Iterable[Any]) -> tuple[list[Schema], dict[str, Schema]]:
    """The schema of each type, in order, and the components that they refer to."""
    kinds = list(kinds)
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_TEMPLATE)
    _say_times(inspection.multi_type_info(kinds), components)
    for component in components.values():
        _document(component)
    return list(schemas), components


def text_of(thing: Any) -> str:
    """What a class or function says of itself, without the sections about its parts."""
    return _SECTION.split(inspect.getdoc(thing) or "")[0].strip()


def _document(component: Schema) -> None:
    """Take descriptions of fields out of the description of the class, to where a reader of the schema looks."""
    text = inspect.cleandoc(component.get("description", ""))
    pieces = _SECTION.split(text)
    component["description"] = pieces[0].strip()
    for heading, section in zip(pieces[1::2], pieces[2::2], strict=True):
        if heading == "Notes":
            continue
        for names, words in _ENTRY.findall(section + "\n"):
            for name in names.split(", "):
                if (found := component.get("properties", {}).get(name)) is not None:
                    found.setdefault("description", " ".join(words.split()))


def _say_times(kinds: Iterable[Any], components: Mapping[str, Schema]) -> None:
    """Msgspec does not say that the text of a time is one."""
    for kind, field in _fields(kinds, set()):
        full_name = f"{kind.__module__}.{kind.__qualname__}"  # where two have the same
        schema = (components.get(kind.__name__) or components[full_name])["properties"][field.encode_name]
        if any(isinstance(one, inspection.DateTimeType) for one in _alternatives(field.type)):
            text = next(one for one in schema.get("anyOf", [schema]) if one.get("type") == "string")
            text["format"] = "date-time"


def _fields(kinds: Iterable[Any], seen: set[str]) -> Iterator[tuple[type, Any]]:
    """All fields of all classes that types are made of, each with its class."""
    for kind in kinds:
        inner = [*_alternatives(kind), *getattr(kind, "item_types", ()), getattr(kind, "item_type", None)]
        yield from _fields((one for one in inner if one is not None and one is not kind), seen)
        fields = [field for field in getattr(kind, "fields", ()) if isinstance(field, inspection.Field)]
        if not fields or repr(kind.cls) in seen:
            continue
        seen.add(repr(kind.cls))
        yield from _fields((field.type for field in fields), seen)
        if get_origin(kind.cls) is None:  # generic ones are named otherwise, and have no times of their own
            yield from ((kind.cls, field) for field in fields)


def _alternatives(kind: Any) -> tuple[Any, ...]:
    return kind.types if isinstance(kind, inspection.UnionType) else (kind,)
