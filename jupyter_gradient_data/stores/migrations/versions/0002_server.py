"""What the server keeps: uploads of single files, API tokens, tasks, notices of changes, answers already given."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add columns and tables."""
    op.add_column("uploads", sa.Column("kind", sa.Text(), nullable=False, server_default="put"))
    op.add_column("uploads", sa.Column("path", sa.LargeBinary(), nullable=True))
    op.add_column("uploads", sa.Column("size", sa.BigInteger(), nullable=True))
    op.add_column("uploads", sa.Column("expires", sa.BigInteger(), nullable=True))
    op.add_column("uploads", sa.Column("details", sa.JSON(), nullable=True))
    op.drop_index("uploads_version")
    op.create_index("uploads_version", "uploads", ["version_key", "path"])
    op.create_table(
        "tokens",
        sa.Column("id", sa.Text(), nullable=False),
        _team(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("access", sa.Text(), nullable=False),
        sa.Column("datasets", sa.JSON(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=True),
        sa.Column("used", sa.BigInteger(), nullable=True),
        _of_team(),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.Text(), nullable=False),
        _team(),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("progress", sa.JSON(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("beat", sa.BigInteger(), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("finished", sa.BigInteger(), nullable=True),
        _of_team(),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("tasks_created", "tasks", ["team_id", "created"])
    op.create_table(
        "notices",
        _team(),
        sa.Column("thing", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        _of_team(),
        sa.PrimaryKeyConstraint("team_id", "thing", "subject"),
    )
    op.create_index("notices_time", "notices", ["team_id", "time"])
    op.create_table(
        "answers",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )


def _team() -> "sa.Column[str]":
    return sa.Column("team_id", sa.Text(), nullable=False)


def _of_team() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["team_id"], ["teams.id"], onupdate="CASCADE")
