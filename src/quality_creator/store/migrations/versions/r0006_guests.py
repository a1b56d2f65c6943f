"""The guests of each episode."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "guests",
        sa.Column("episode", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False, comment="as a source of the programme"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.Column("link", sa.String(length=36), nullable=False),
        sa.Column("invited", sa.BigInteger(), nullable=False),
        sa.Column("removed", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["episode"], ["episodes.id"], name="fk_guests_episode"),
        sa.ForeignKeyConstraint(["link"], ["links.id"], name="fk_guests_link"),
        sa.PrimaryKeyConstraint("episode", "id", name="pk_guests"),
    )
    op.create_index("ix_guests_link", "guests", ["link"])
