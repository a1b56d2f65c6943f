"""Counts and what they were found in; OEE, laboratory traces, gauge studies, lots."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make them."""
    op.add_column(
        "measurements",
        sa.Column(
            "found_in",
            sa.Float(),
            nullable=True,
            comment="of a count: items inspected, or units looked at",
        ),
    )
    op.add_column(
        "charts",
        sa.Column(
            "since",
            sa.BigInteger(),
            nullable=False,
            server_default="0",
            comment="what a weighted chart remembers",
        ),
    )
    op.create_table(
        "oees",
        sa.Column("line", sa.String(length=64), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False, comment="as quality.oee.encode writes it"),
        sa.Column("said", sa.BigInteger(), nullable=False, comment="time of the newest machine state"),
        sa.PrimaryKeyConstraint("line", name="pk_oees"),
        comment="Where each line's OEE stands.",
    )
    op.create_table(
        "shifts",
        sa.Column("line", sa.String(length=64), nullable=False),
        sa.Column(
            "start", sa.BigInteger(), autoincrement=False, nullable=False, comment="microseconds since 1970"
        ),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("line", "start", name="pk_shifts"),
        comment="The shifts that ended.",
    )
    op.create_table(
        "traces",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("test", sa.String(length=64), nullable=False),
        sa.Column("gauge", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False, comment="the source's, microseconds since 1970"),
        sa.Column("received", sa.BigInteger(), nullable=False, comment="ours, microseconds since 1970"),
        sa.Column("specimen", sa.String(length=128), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False, comment="MessagePack: x and y"),
        sa.Column("result", sa.Text(), nullable=False, comment="the verdict by the envelope of its time"),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_traces"),
        sa.UniqueConstraint("test", "gauge", "sequence", name="uq_traces_test"),
    )
    op.create_index("ix_traces_test_id", "traces", ["test", "id"], unique=False)
    op.create_table(
        "gauge_studies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("characteristic", sa.String(length=64), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column(
            "entry", sa.Text(), nullable=False, comment="what was asked, and the table as it was entered"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_gauge_studies"),
    )
    op.create_index("ix_gauge_studies_characteristic", "gauge_studies", ["characteristic"], unique=False)
    op.create_table(
        "lots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("characteristic", sa.String(length=64), nullable=False),
        sa.Column("supplier", sa.String(length=128), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column(
            "record", sa.Text(), nullable=False, comment="the lot, its plan, what was found and decided"
        ),
        sa.Column("state", sa.LargeBinary(), nullable=False, comment="quality.switching's, after this lot"),
        sa.PrimaryKeyConstraint("id", name="pk_lots"),
        comment="Lots under acceptance sampling; the newest of a series says how the next one is inspected.",
    )
    op.create_index("ix_lots_series", "lots", ["characteristic", "supplier", "id"], unique=False)
