"""How schemathesis writes the bodies that are not JSON; loaded by it, see ``SCHEMATHESIS_HOOKS``."""

from __future__ import annotations

from typing import Any

import msgspec
import schemathesis

from jupyter_gradient_data.server import tus
from jupyter_gradient_data.service import native


def raw(context: Any, value: Any) -> bytes:
    """Bytes as they are, anything else as some bytes."""
    return value if isinstance(value, bytes) else msgspec.json.encode(value, enc_hook=str)


def packed(context: Any, value: Any) -> bytes:
    """What it is as MessagePack; bytes, which are seldom any, as they are."""
    try:
        return value if isinstance(value, bytes) else msgspec.msgpack.encode(value, enc_hook=str)
    except OverflowError:  # a number that MessagePack cannot hold
        return raw(context, value)


schemathesis.serializer(tus.CONTENT_TYPE, native.PACK)(raw)
schemathesis.serializer(native.MSGPACK)(packed)
