"""Charts of several characteristics, and their observations."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "joint_charts",
        sa.Column("chart", sa.String(length=64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False, comment="MessagePack"),
        sa.PrimaryKeyConstraint("chart", name="pk_joint_charts"),
        comment="Where each chart of several characteristics stands.",
    )
    op.create_table(
        "observations",
        sa.Column("chart", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "data", sa.LargeBinary(), nullable=False, comment="MessagePack: values, and how they were judged"
        ),
        sa.PrimaryKeyConstraint("chart", "number", name="pk_observations"),
        comment="One value of each characteristic of a chart of several.",
    )
