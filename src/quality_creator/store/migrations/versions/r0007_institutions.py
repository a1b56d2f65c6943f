"""Institutions, and the keys with which their experts sign."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "institutions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("did", sa.String(length=256), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False, comment="inspection or committee"),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_institutions"),
        sa.UniqueConstraint("did", name="uq_institutions_did"),
    )
    op.create_table(
        "expert_keys",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person", sa.String(length=36), nullable=False),
        sa.Column("institution", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False, comment="Multikey, Ed25519"),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="waiting, approved or revoked"),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("decided", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.String(length=128), nullable=True, comment="who decided"),
        sa.ForeignKeyConstraint(["institution"], ["institutions.id"], name="fk_expert_keys_institution"),
        sa.ForeignKeyConstraint(["person"], ["persons.id"], name="fk_expert_keys_person"),
        sa.PrimaryKeyConstraint("id", name="pk_expert_keys"),
        sa.UniqueConstraint("key", name="uq_expert_keys_key"),
    )
    op.create_index("ix_expert_keys_person", "expert_keys", ["person"], unique=False)
