"""API tokens: their rows.  Of a secret only the digest is kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, insert, or_, select, update

from jupyter_gradient_data.ids import is_token_id, new_token_id
from jupyter_gradient_data.models import Access, ApiToken, NewToken, Page

from .database import Database, now
from .providers import as_time
from .schema import tokens

_PREFIX = "gdt"  # a secret is gdt_<id>_<random>, so that scanners for leaked secrets can know it
_RANDOM_BYTES = 32
_USED_EVERY = 60_000  # milliseconds; a use that follows another so soon is not written


def create(
    database: Database, team: str, name: str, access: Access, datasets: Sequence[str], lifetime: int | None
) -> NewToken:
    """Make a token that lives for some milliseconds, or for ever; its secret is in the answer and nowhere else."""
    token_id = new_token_id()
    secret = f"{_PREFIX}_{token_id}_{secrets.token_urlsafe(_RANDOM_BYTES)}"
    created = now()
    row = {
        "id": token_id,
        "team_id": team,
        "name": name,
        "digest": _digest(secret),
        "access": access.value,
        "datasets": list(datasets),
        "created": created,
        "expires": None if lifetime is None else created + lifetime,
        "used": None,
    }
    with database.write() as connection:
        connection.execute(insert(tokens), row)
        made = connection.execute(select(tokens).where(tokens.c.id == token_id)).one()
    return NewToken(_to_token(made), secret)


def page(database: Database, team: str, limit: int, after: str | None) -> Page[ApiToken]:
    """Tokens by id, also those that have expired."""
    query = select(tokens).where(tokens.c.team_id == team).order_by(tokens.c.id).limit(limit + 1)
    if after is not None:
        query = query.where(tokens.c.id > after)
    with database.read() as connection:
        rows = connection.execute(query).all()
    return Page(tuple(map(_to_token, rows[:limit])), rows[limit - 1].id if len(rows) > limit else None)


def remove(database: Database, team: str, token_id: str) -> bool:
    """Forget a token; returns whether there was one."""
    if not is_token_id(token_id):
        return False
    with database.write() as connection:
        found = connection.execute(delete(tokens).where(tokens.c.team_id == team, tokens.c.id == token_id))
    return found.rowcount > 0


def find(database: Database, team: str, secret: str) -> ApiToken | None:
    """The token that a secret belongs to, also when it has expired; None when there is none."""
    prefix, token_id, *_ = [*secret.split("_", 2), ""]
    if prefix != _PREFIX or not is_token_id(token_id):
        return None
    query = select(tokens).where(tokens.c.team_id == team, tokens.c.id == token_id)
    with database.read() as connection:
        row = connection.execute(query).first()
    if row is None or not hmac.compare_digest(_digest(secret), row.digest):
        return None
    return _to_token(row)


def note_use(database: Database, token: ApiToken) -> None:
    """Write down that a token was used, to the minute."""
    time = now()
    recently = time - _USED_EVERY
    if token.used is not None and token.used.timestamp() * 1000 > recently:
        return
    mine = update(tokens).where(tokens.c.id == token.id, or_(tokens.c.used.is_(None), tokens.c.used <= recently))
    with database.write() as connection:
        connection.execute(mine.values(used=time))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _to_token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        id=row.id,
        name=row.name,
        access=Access(row.access),
        datasets=tuple(row.datasets),
        created=as_time(row.created),
        expires=as_time(row.expires) if row.expires is not None else None,
        used=as_time(row.used) if row.used is not None else None,
    )
