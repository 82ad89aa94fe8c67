"""An index to find a dataset's newest version, and those not committed, without looking at all of them."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add it."""
    op.create_index("versions_number", "versions", ["dataset_id", "state", "number"])
