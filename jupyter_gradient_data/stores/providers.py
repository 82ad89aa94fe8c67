"""Storage providers: their rows, and the object store behind each."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.ids import check_name, new_provider_id, new_team_id
from jupyter_gradient_data.models import Action, Page, Provider, ProviderCheck, ProviderKind, S3Config, Thing

from .check import check_bucket
from .database import Database, now
from .local import LocalStore
from .notices import note
from .objects import Capabilities, ObjectStore
from .s3 import S3Store
from .schema import blobs, datasets, packs, providers, teams
from .secrets import SecretBox
from .times import later, unless_changed
from .wrappers import LimitedStore, MeasuredStore, RetryingStore

MANAGED_NAME = "Gradient Managed"


def as_time(milliseconds: int) -> datetime:
    """A time of the database as an aware datetime."""
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc)


def to_provider(row: Row[Any]) -> Provider:
    """A provider row as the service returns it: without its secret."""
    kind = ProviderKind(row.kind)
    return Provider(
        id=row.id,
        name=row.name,
        kind=kind,
        s3=None if kind is ProviderKind.MANAGED else S3Config(**row.config),
        is_team_default=row.is_default,
        quota_bytes=row.quota_bytes,
        used_bytes=row.used_bytes,
        created=as_time(row.created),
        modified=as_time(row.modified),
    )


def _is_storable(text: str) -> bool:
    """Whether a database takes a text at all: PostgreSQL no NUL, neither of them what is not Unicode."""
    return "\0" not in text and text.encode(errors="ignore").decode() == text


def _checked_quota(quota_bytes: int | None) -> int | None:
    if quota_bytes is not None and quota_bytes < 0:
        raise ErrorKind.INVALID_OPTION(
            option="quota", value=quota_bytes, reason="it is negative", hint="Give a number of bytes; 0 means no quota."
        )
    return quota_bytes or None


class ProviderRegistry:
    """The storage providers of one team.

    Parameters
    ----------
    database : Database
        The metadata database.
    config : Config
        Settings: state directory, team, secret key, quota of Gradient Managed.
    """

    def __init__(self, database: Database, config: Config) -> None:
        self._database = database
        self._config = config
        self._box = SecretBox(config.state_path / "secret.key", config.secret_key)
        self._managed_path = config.state_path / "managed"
        self._measured: list[MeasuredStore] = []
        self.team = self._ensure_team()
        if config.managed_quota is not None:
            self._set_managed_quota(config.managed_quota)

    # --- rows ---------------------------------------------------------------------------------------------------------

    def page(self, limit: int, after: str | None) -> Page[Provider]:
        """Providers by name."""
        query = select(providers).where(providers.c.team_id == self.team).order_by(providers.c.name).limit(limit + 1)
        if after is not None:
            query = query.where(providers.c.name > after)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        more = len(rows) > limit
        return Page(tuple(map(to_provider, rows[:limit])), rows[limit - 1].name if more else None)

    def row(self, provider: str | None) -> Row[Any]:
        """The row of a provider by id or name; the team's default when None."""
        query = select(providers).where(providers.c.team_id == self.team)
        if provider is None:
            query = query.where(providers.c.is_default)
        else:
            query = query.where((providers.c.id == provider) | (providers.c.name == provider))
            # An id wins over another provider's name.
            query = query.order_by((providers.c.id == provider).desc())
        row = None
        if provider is None or _is_storable(provider):
            with self._database.read() as connection:
                row = connection.execute(query).first()
        if row is None:
            raise ErrorKind.PROVIDER_NOT_FOUND(provider=provider or "(default)")
        return row

    def create(self, name: str, kind: ProviderKind, config: S3Config, secret: str, quota_bytes: int | None) -> Provider:
        """Check a bucket and add a provider for it."""
        if kind is ProviderKind.MANAGED:
            raise ErrorKind.PROVIDER_MANAGED(provider=name, action="created")
        name = check_name(name, "storage provider")
        self._refuse_taken(name)
        capabilities = self._checked(name, config, secret)
        row = {
            "id": new_provider_id(),
            "team_id": self.team,
            "name": name,
            "kind": kind.value,
            "config": dataclasses.asdict(config),
            "secret": self._box.encrypt(secret),
            "capabilities": dataclasses.asdict(capabilities),
            "is_default": False,
            "quota_bytes": _checked_quota(quota_bytes),
            "used_bytes": 0,
            "created": now(),
            "modified": now(),
        }
        try:
            with self._database.write() as connection:
                connection.execute(insert(providers), row)
                note(connection, self.team, Thing.PROVIDER, str(row["id"]), Action.CREATED)
        except IntegrityError:
            raise ErrorKind.NAME_TAKEN(thing="storage provider", name=name) from None
        return to_provider(self.row(str(row["id"])))

    def update(
        self,
        provider: str,
        name: str | None,
        config: Mapping[str, str | None] | None,
        secret: str | None,
        quota_bytes: int | None,
        unchanged_since: datetime | None = None,
    ) -> Provider:
        """Change what is not None; a changed bucket, endpoint, key or secret is checked first."""
        row = self.row(provider)
        values: dict[str, Any] = {"modified": later(providers.c.modified)}
        if name is not None and name != row.name:
            values["name"] = check_name(name, "storage provider")
            self._refuse_taken(values["name"])
        if quota_bytes is not None:
            values["quota_bytes"] = _checked_quota(quota_bytes)
        if config or secret is not None:
            values.update(self._changed_access(row, config or {}, secret))
        try:
            with self._database.write() as connection:
                mine = update(providers).where(providers.c.key == row.key)
                changed = connection.execute(unless_changed(mine, providers.c.modified, unchanged_since).values(values))
                if changed.rowcount == 0:
                    raise ErrorKind.CHANGED_MEANWHILE(thing=f"Storage provider {row.name}")
                note(connection, self.team, Thing.PROVIDER, row.id, Action.CHANGED)
        except IntegrityError:
            raise ErrorKind.NAME_TAKEN(thing="storage provider", name=name) from None
        return to_provider(self.row(row.id))

    def delete(self, provider: str) -> None:
        """Forget a provider that no dataset uses, not even one in the trash."""
        row = self.row(provider)
        if row.kind == ProviderKind.MANAGED.value:
            raise ErrorKind.PROVIDER_MANAGED(provider=row.name, action="deleted")
        with self._database.write() as connection:
            if count := self._count_datasets(connection, row.key):
                raise ErrorKind.PROVIDER_IN_USE(provider=row.name, count=count)
            connection.execute(delete(blobs).where(blobs.c.provider_key == row.key))
            connection.execute(delete(packs).where(packs.c.provider_key == row.key))
            connection.execute(delete(providers).where(providers.c.key == row.key))
            note(connection, self.team, Thing.PROVIDER, row.id, Action.DELETED)

    def try_out(self, kind: ProviderKind, config: S3Config, secret: str) -> ProviderCheck:
        """Try everything we need on a bucket; nothing is saved."""
        if kind is ProviderKind.MANAGED:
            raise ErrorKind.PROVIDER_MANAGED(provider=MANAGED_NAME, action="created")
        return check_bucket(config, secret, prefix=f"{self.team}/check/")[0]

    # --- stores -------------------------------------------------------------------------------------------------------

    def check(self, provider: str) -> ProviderCheck:
        """Try everything we need on a provider's bucket, and remember what it can do."""
        row = self.row(provider)
        if row.kind == ProviderKind.MANAGED.value:
            return self._check_managed()
        config = S3Config(**row.config)
        report, capabilities = check_bucket(config, self._secret(row), prefix=f"{self.team}/check/", provider=row.id)
        if report.ok:
            with self._database.write() as connection:
                values = {"capabilities": dataclasses.asdict(capabilities)}
                connection.execute(update(providers).where(providers.c.key == row.key).values(values))
        return report

    def open(self, row: Row[Any]) -> ObjectStore:
        """The object store of a provider's row, with retry, a limit of concurrent requests, and counters."""
        store: ObjectStore
        if row.kind == ProviderKind.MANAGED.value:
            store = LocalStore(self._managed_path, MANAGED_NAME, provider=row.id)
        else:
            config = S3Config(**row.config)
            capabilities = Capabilities(**row.capabilities)
            s3 = S3Store(config, self._secret(row), capabilities=capabilities, provider=row.id)
            store = RetryingStore(LimitedStore(s3, self._config.transfers * 2))
        measured = MeasuredStore(store)
        self._measured.append(measured)
        return measured

    def derive_key(self, purpose: bytes) -> bytes:
        """A key for another purpose, from the one that encrypts secrets."""
        return self._box.derive(purpose)

    def stats(self) -> dict[str, int]:
        """Requests and bytes of all stores opened here."""
        operations = [stats for store in self._measured for stats in store.stats().values()]
        return {
            "requests": sum(stats.calls for stats in operations),
            "bytes_in": sum(stats.bytes_in for stats in operations),
            "bytes_out": sum(stats.bytes_out for stats in operations),
        }

    def adopt_team(self, team: str) -> None:
        """Take the id of the team whose data a provider holds; only while this team has none."""
        if team == self.team:
            return
        with self._database.write() as connection:
            connection.execute(update(teams).where(teams.c.id == self.team).values(id=team))
        self.team = team

    # --- inside -------------------------------------------------------------------------------------------------------

    def _ensure_team(self) -> str:
        query = select(teams.c.id)
        if self._config.team is not None:
            query = query.where(teams.c.id == self._config.team)
        with self._database.read() as connection:
            found = connection.scalars(query.order_by(teams.c.created)).first()
        if found is not None:
            return str(found)
        with self._database.write() as connection:
            self._database.lock(connection, teams)  # two first starts at once make one team
            found = connection.scalars(query.order_by(teams.c.created)).first()
            return str(found) if found is not None else self._create_team(connection)

    def _set_managed_quota(self, quota: int) -> None:
        """What the settings say holds from now on; asked for by few, so it is compared at each start."""
        managed = (providers.c.team_id == self.team, providers.c.kind == ProviderKind.MANAGED.value)
        with self._database.read() as connection:
            current = connection.scalar(select(providers.c.quota_bytes).where(*managed))
        if current != (quota or None):
            with self._database.write() as connection:
                values = {"quota_bytes": quota or None, "modified": later(providers.c.modified)}
                connection.execute(update(providers).where(*managed).values(values))

    def _create_team(self, connection: Connection) -> str:
        # After the loss of the database, data that is still here keeps its team.
        team = self._config.team or self._team_on_disk() or new_team_id()
        connection.execute(insert(teams), {"id": team, "created": now()})
        row = {
            "id": new_provider_id(),
            "team_id": team,
            "name": MANAGED_NAME,
            "kind": ProviderKind.MANAGED.value,
            "config": {},
            "secret": None,
            "capabilities": dataclasses.asdict(Capabilities()),
            "is_default": True,
            "quota_bytes": self._config.managed_quota or None,
            "used_bytes": 0,
            "created": now(),
            "modified": now(),
        }
        connection.execute(insert(providers), row)
        return team

    def _team_on_disk(self) -> str | None:
        found = sorted(path.parent.name for path in self._managed_path.glob("t*/format.json"))
        return found[0] if len(found) == 1 else None

    def _refuse_taken(self, name: str) -> None:
        query = select(providers.c.id).where(providers.c.team_id == self.team, providers.c.name == name)
        with self._database.read() as connection:
            if connection.scalar(query) is not None:
                raise ErrorKind.NAME_TAKEN(thing="storage provider", name=name)

    def _checked(self, name: str, config: S3Config, secret: str) -> Capabilities:
        report, capabilities = check_bucket(config, secret, prefix=f"{self.team}/check/")
        if not report.ok:
            raise ErrorKind.PROVIDER_UNUSABLE(provider=name, summary=report.summary, hint=report.hint)
        return capabilities

    def _changed_access(self, row: Row[Any], config: Mapping[str, str | None], secret: str | None) -> dict[str, Any]:
        if row.kind == ProviderKind.MANAGED.value:
            raise ErrorKind.PROVIDER_MANAGED(provider=row.name, action="moved")
        old = S3Config(**row.config)
        fields = {name: value or None for name, value in config.items()}
        fields["addressing"] = fields.get("addressing") or old.addressing
        new = dataclasses.replace(old, **fields)  # type: ignore[arg-type]
        if (new.bucket, new.endpoint) != (old.bucket, old.endpoint):
            with self._database.read() as connection:
                if count := self._count_datasets(connection, row.key):
                    raise ErrorKind.PROVIDER_MOVED(provider=row.name, count=count)
        secret = self._secret(row) if secret is None else secret
        capabilities = self._checked(row.name, new, secret)
        return {
            "config": dataclasses.asdict(new),
            "secret": self._box.encrypt(secret),
            "capabilities": dataclasses.asdict(capabilities),
        }

    def _secret(self, row: Row[Any]) -> str:
        return self._box.decrypt(row.secret, row.name)

    def _count_datasets(self, connection: Connection, key: int) -> int:
        query = select(func.count()).select_from(datasets).where(datasets.c.provider_key == key)
        return int(connection.execute(query).scalar_one())

    def _check_managed(self) -> ProviderCheck:
        store = LocalStore(self._managed_path, MANAGED_NAME)
        key = f"{self.team}/check/probe"
        store.put(key, b"probe")
        ok = store.get(key) == b"probe"
        store.delete(key)
        return ProviderCheck(ok, f"{MANAGED_NAME} can be read and written.", ())
