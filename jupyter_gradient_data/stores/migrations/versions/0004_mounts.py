"""Mounts and outputs of notebook runs."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add their tables."""
    team = sa.ForeignKey("teams.id", onupdate="CASCADE")
    op.create_table(
        "mounts",
        sa.Column("team_id", sa.Text, team, primary_key=True),
        sa.Column("notebook", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("dataset_id", sa.Text),
        sa.Column("version", sa.Text),
        sa.Column("root", sa.Text),
        sa.Column("writable", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("files", sa.BigInteger),
        sa.Column("bytes", sa.BigInteger),
        sa.Column("error", sa.JSON),
        sa.Column("lease", sa.Text),
        sa.Column("lease_expires", sa.BigInteger),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("modified", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "outputs",
        sa.Column("team_id", sa.Text, sa.ForeignKey("teams.id", onupdate="CASCADE"), primary_key=True),
        sa.Column("notebook", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("dataset_id", sa.Text, nullable=False),
        sa.Column("version", sa.Text),
        sa.Column("pending", sa.Text),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("modified", sa.BigInteger, nullable=False),
    )
