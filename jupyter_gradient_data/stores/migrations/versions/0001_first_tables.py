"""First tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make all tables of the first release."""
    op.create_table(
        "teams",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "providers",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("capabilities", sa.JSON(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("quota_bytes", sa.BigInteger(), nullable=True),
        sa.Column("used_bytes", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("modified", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], onupdate="CASCADE"),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("id"),
        sa.UniqueConstraint("team_id", "name"),
    )
    op.create_table(
        "datasets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("provider_key", _KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("commits", sa.Integer(), nullable=False),
        sa.Column("card_revision", sa.Integer(), nullable=False),
        sa.Column("card_written", sa.Integer(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("modified", sa.BigInteger(), nullable=False),
        sa.Column("trashed", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["provider_key"],
            ["providers.key"],
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], onupdate="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "datasets_name",
        "datasets",
        ["team_id", "name"],
        unique=True,
        sqlite_where=sa.text("trashed IS NULL"),
        postgresql_where=sa.text("trashed IS NULL"),
    )
    op.create_table(
        "packs",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("provider_key", _KEY, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("blobs", sa.Integer(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_key"],
            ["providers.key"],
        ),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("provider_key", "id"),
    )
    op.create_table(
        "blobs",
        sa.Column("provider_key", _KEY, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("pack_key", _KEY, nullable=True),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("encoding", sa.SmallInteger(), nullable=False),
        sa.Column("touched", sa.BigInteger(), nullable=False),
        sa.Column("condemned", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["pack_key"],
            ["packs.key"],
        ),
        sa.ForeignKeyConstraint(
            ["provider_key"],
            ["providers.key"],
        ),
        sa.PrimaryKeyConstraint("provider_key", "hash"),
        sqlite_with_rowid=False,
    )
    op.create_index("blobs_pack", "blobs", ["pack_key"], unique=False)
    op.create_index(
        "blobs_condemned",
        "blobs",
        ["provider_key"],
        unique=False,
        sqlite_where=sa.text("condemned IS NOT NULL"),
        postgresql_where=sa.text("condemned IS NOT NULL"),
    )
    op.create_table(
        "versions",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("dataset_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("base_root", sa.LargeBinary(), nullable=True),
        sa.Column("root", sa.LargeBinary(), nullable=True),
        sa.Column("files", sa.BigInteger(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("lease_expires", sa.BigInteger(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("modified", sa.BigInteger(), nullable=False),
        sa.Column("committed", sa.BigInteger(), nullable=True),
        sa.Column("trashed", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dataset_id"],
            ["datasets.id"],
        ),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("dataset_id", "version"),
    )
    op.create_table(
        "staged",
        sa.Column("version_key", _KEY, nullable=False),
        sa.Column("path", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("executable", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_key"],
            ["versions.key"],
        ),
        sa.PrimaryKeyConstraint("version_key", "path"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tags",
        sa.Column("dataset_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version_key", _KEY, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("modified", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"],
            ["datasets.id"],
        ),
        sa.ForeignKeyConstraint(
            ["version_key"],
            ["versions.key"],
        ),
        sa.PrimaryKeyConstraint("dataset_id", "name"),
    )
    op.create_index("tags_version", "tags", ["version_key"], unique=False)
    op.create_table(
        "uploads",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version_key", _KEY, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_key"],
            ["versions.key"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uploads_version", "uploads", ["version_key"], unique=False)
