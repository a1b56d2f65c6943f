"""Where episodes are restreamed to, and which of their sources are recorded alone."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "targets",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("episode", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column(
            "address",
            sa.Text(),
            nullable=False,
            comment="rtmp(s)://host/application, without what is secret",
        ),
        sa.Column("key", sa.LargeBinary(), nullable=False, comment="sealed by store.sealing"),
        sa.Column("rendition", sa.String(length=16), nullable=False),
        sa.Column("on", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["episode"], ["episodes.id"], name="fk_targets_episode"),
        sa.PrimaryKeyConstraint("number", name="pk_targets"),
        sa.UniqueConstraint("id", name="uq_targets_id"),
    )
    op.create_index("ix_targets_episode", "targets", ["episode"], unique=False)
    op.create_table(
        "isos",
        sa.Column("episode", sa.String(length=36), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("on", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["episode"], ["episodes.id"], name="fk_isos_episode"),
        sa.PrimaryKeyConstraint("episode", "source", name="pk_isos"),
    )
