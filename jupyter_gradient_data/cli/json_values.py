"""Values of the service as JSON.  A module of its own: only ``--json`` pays for its imports."""

from __future__ import annotations

import functools
from dataclasses import fields, is_dataclass
from datetime import datetime, timezone
from enum import Enum
from typing import Any


def to_json(value: Any) -> Any:
    """A value as JSON knows it: fields and properties by name, times in UTC with ``Z``."""
    if value is None or type(value) in (str, int, bool):
        return value
    kind: Any = type(value)  # as Any: mypy does not see that classes can be hashed
    if names := _names(kind):
        return {name: to_json(getattr(value, name)) for name in names}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        utc = value.astimezone(timezone.utc) if value.tzinfo else value.replace(tzinfo=timezone.utc)
        return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    return value


@functools.cache  # a listing has a million values of one type
def _names(kind: type) -> tuple[str, ...]:
    """Fields and properties of a dataclass; nothing for any other type."""
    if not is_dataclass(kind):
        return ()
    properties = (name for name, member in vars(kind).items() if isinstance(member, property))
    return (*(field.name for field in fields(kind)), *properties)
