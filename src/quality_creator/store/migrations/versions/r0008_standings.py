"""Where charts stood when an episode began, and behind each change."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "standings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("episode", sa.String(length=36), nullable=True, comment="null: a person's change"),
        sa.Column("characteristic", sa.String(length=64), nullable=False),
        sa.Column(
            "points",
            sa.BigInteger(),
            nullable=False,
            comment="number of the measurement from which it holds",
        ),
        sa.Column(
            "newest",
            sa.BigInteger(),
            nullable=False,
            comment="measurements.id of the one before; 0 before all",
        ),
        sa.Column("data", sa.LargeBinary(), nullable=False, comment="JSON"),
        sa.ForeignKeyConstraint(["episode"], ["episodes.id"], name="fk_standings_episode"),
        sa.PrimaryKeyConstraint("id", name="pk_standings"),
        comment="Where charts stood when an episode went on air, and behind each change that a person made.",
    )
    op.create_index("ix_standings_episode", "standings", ["episode"], unique=False)
    op.create_index("ix_standings_characteristic", "standings", ["characteristic", "points"], unique=False)
