"""The tables of the metadata database.

Times are milliseconds since the epoch (UTC); hashes are 32 raw bytes; paths are UTF-8 bytes, so that both databases
order them bytewise.  ``migrations/`` makes and changes these tables; a test holds the two together.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

# Indexes with a condition are only in the migrations: naming PostgreSQL's condition here would import its dialect, a
# tenth of what a command takes to start.
CONDITIONAL_INDEXES = {
    "datasets_name": "trashed IS NULL",  # a name is free again when its dataset is in the trash
    "blobs_condemned": "condemned IS NOT NULL",  # there are few of them, and every upload asks for all
}

# SQLite counts rows up by itself only for a column that is exactly INTEGER PRIMARY KEY.
_Key = BigInteger().with_variant(Integer, "sqlite")

teams = Table(
    "teams",
    metadata,
    Column("id", Text, primary_key=True),
    Column("created", BigInteger, nullable=False),
)

providers = Table(
    "providers",
    metadata,
    Column("key", _Key, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("team_id", Text, ForeignKey("teams.id", onupdate="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("config", JSON, nullable=False),
    Column("secret", LargeBinary),  # encrypted
    Column("capabilities", JSON, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("quota_bytes", BigInteger),
    Column("used_bytes", BigInteger, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("modified", BigInteger, nullable=False),
    UniqueConstraint("team_id", "name"),
)

datasets = Table(
    "datasets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("team_id", Text, ForeignKey("teams.id", onupdate="CASCADE"), nullable=False),
    Column("provider_key", _Key, ForeignKey("providers.key"), nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("is_public", Boolean, nullable=False),
    Column("commits", Integer, nullable=False),  # how many versions have begun to commit: numbers them
    Column("card_revision", Integer, nullable=False),  # counts changes of what the dataset's card says
    Column("card_written", Integer, nullable=False),  # the revision that the store has
    Column("created", BigInteger, nullable=False),
    Column("modified", BigInteger, nullable=False),
    Column("trashed", BigInteger),
)

versions = Table(
    "versions",
    metadata,
    Column("key", _Key, primary_key=True),
    Column("dataset_id", Text, ForeignKey("datasets.id"), nullable=False),
    Column("version", Text, nullable=False),
    Column("state", Text, nullable=False),  # models.VersionState
    Column("message", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("parent", Text),  # reference of the version it started from
    Column("base_root", LargeBinary),  # tree that staged files lie over; None: the empty tree
    Column("root", LargeBinary),
    Column("files", BigInteger),
    Column("bytes", BigInteger),
    Column("number", Integer),  # order of commits within the dataset: `latest` has the highest
    Column("lease", Text),  # who is committing it
    Column("lease_expires", BigInteger),
    Column("created", BigInteger, nullable=False),
    Column("modified", BigInteger, nullable=False),
    Column("committed", BigInteger),
    Column("trashed", BigInteger),
    UniqueConstraint("dataset_id", "version"),
    Index("versions_number", "dataset_id", "state", "number"),
)

tags = Table(
    "tags",
    metadata,
    Column("dataset_id", Text, ForeignKey("datasets.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("version_key", _Key, ForeignKey("versions.key"), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("modified", BigInteger, nullable=False),
    Index("tags_version", "version_key"),
)

staged = Table(
    "staged",
    metadata,
    Column("version_key", _Key, ForeignKey("versions.key"), primary_key=True),
    Column("path", LargeBinary, primary_key=True),
    Column("hash", LargeBinary),  # None: the file is deleted from the base tree
    Column("size", BigInteger, nullable=False),
    Column("executable", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version_key", _Key, ForeignKey("versions.key"), nullable=False),
    Column("source", Text, nullable=False),  # machine and path, as a person would name it
    Column("target", Text, nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("kind", Text, nullable=False, server_default="put"),  # datasets.promises.Kind
    Column("path", LargeBinary),  # of an upload of one file; None: a put of many
    Column("size", BigInteger),  # bytes announced for that file
    Column("expires", BigInteger),  # after it nothing more is accepted; the promise stays until kept or given up
    Column("details", JSON),
    Index("uploads_version", "version_key", "path"),
)

packs = Table(
    "packs",
    metadata,
    Column("key", _Key, primary_key=True),
    Column("provider_key", _Key, ForeignKey("providers.key"), nullable=False),
    Column("id", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("blobs", Integer, nullable=False),
    Column("created", BigInteger, nullable=False),
    UniqueConstraint("provider_key", "id"),
)

blobs = Table(
    "blobs",
    metadata,
    Column("provider_key", _Key, ForeignKey("providers.key"), primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    Column("pack_key", _Key, ForeignKey("packs.key")),  # None: an object of its own
    Column("offset", BigInteger, nullable=False),
    Column("length", BigInteger, nullable=False),  # bytes in the store
    Column("size", BigInteger, nullable=False),  # bytes of the content
    Column("encoding", SmallInteger, nullable=False),  # blobs.packs.Encoding
    Column("touched", BigInteger, nullable=False),  # when a writer last decided to use it
    Column("condemned", BigInteger),  # when it was found unused, lost or damaged; never reused, only sent again
    Index("blobs_pack", "pack_key"),
    sqlite_with_rowid=False,
)

mounts = Table(
    "mounts",
    metadata,
    Column("team_id", Text, ForeignKey("teams.id", onupdate="CASCADE"), primary_key=True),
    Column("notebook", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("reference", Text, nullable=False),  # as it was asked for
    Column("dataset_id", Text),  # no foreign key: a mount outlives its dataset
    Column("version", Text),  # resolved
    Column("root", Text),  # names its folder in the cache: hash of the tree in hexadecimal, or of a bucket's listing
    Column("writable", Boolean, nullable=False),
    Column("state", Text, nullable=False),  # models.MountState
    Column("files", BigInteger),
    Column("bytes", BigInteger),
    Column("error", JSON),  # models.ErrorInfo
    Column("lease", Text),  # who is mounting, updating or removing it
    Column("lease_expires", BigInteger),
    Column("created", BigInteger, nullable=False),
    Column("modified", BigInteger, nullable=False),
)

outputs = Table(
    "outputs",
    metadata,
    Column("team_id", Text, ForeignKey("teams.id", onupdate="CASCADE"), primary_key=True),
    Column("notebook", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("dataset_id", Text, nullable=False),
    Column("version", Text),  # the last that was made of it
    Column("pending", Text),  # one that a commit has begun and not finished
    Column("created", BigInteger, nullable=False),
    Column("modified", BigInteger, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("team_id", Text, ForeignKey("teams.id", onupdate="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # of the secret, which is shown once and kept nowhere
    Column("access", Text, nullable=False),  # models.Access
    Column("datasets", JSON, nullable=False),  # ids it is limited to; empty: all
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger),
    Column("used", BigInteger),
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("team_id", Text, ForeignKey("teams.id", onupdate="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("state", Text, nullable=False),  # models.TaskState
    Column("progress", JSON),
    Column("result", JSON),
    Column("error", JSON),
    Column("owner", Text, nullable=False),  # the process that runs it
    Column("beat", BigInteger, nullable=False),  # when its owner was last heard of
    Column("cancelled", Boolean, nullable=False),  # somebody asked it to stop
    Column("created", BigInteger, nullable=False),
    Column("finished", BigInteger),
    Index("tasks_created", "team_id", "created"),
)

notices = Table(  # the newest change of each thing, so that every server can tell its clients
    "notices",
    metadata,
    Column("team_id", Text, ForeignKey("teams.id", onupdate="CASCADE"), primary_key=True),
    Column("thing", Text, primary_key=True),  # models.Thing
    Column("subject", Text, primary_key=True),  # its id or reference
    Column("action", Text, nullable=False),  # models.Action
    Column("time", BigInteger, nullable=False),
    Index("notices_time", "team_id", "time"),
)

answers = Table(  # to requests with an idempotency key, so that one that is sent twice is done once
    "answers",
    metadata,
    Column("key", LargeBinary, primary_key=True),  # digest of who asked, where, and the key
    Column("request", LargeBinary, nullable=False),  # digest of what was asked
    Column("status", Integer),  # None: the first request is still being answered
    Column("body", LargeBinary),
    Column("created", BigInteger, nullable=False),
)
