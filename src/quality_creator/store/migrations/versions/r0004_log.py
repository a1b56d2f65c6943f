"""The transparency log: its entries, its head, what was published, and the digests of what was served."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "log_entries",
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False, comment="the entry's bytes; they never change"),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), comment="null where the document is kept elsewhere"),
        sa.Column("entered", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("index", name="pk_log_entries"),
        comment="The transparency log's entries, whether or not they are in its tree yet.",
    )
    op.create_index("ix_log_entries_subject", "log_entries", ["subject", "type"], unique=False)
    op.create_table(
        "log_heads",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("origin", name="pk_log_heads"),
        comment="The newest tree that may have been signed; signing waits for the change of this row.",
    )
    op.create_table(
        "log_checkpoints",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False, comment="with the cosignatures of a quorum"),
        sa.PrimaryKeyConstraint("size", name="pk_log_checkpoints"),
        comment="What was published: the first that covers an entry says when the entry was there.",
    )
    op.create_table(
        "digests",
        sa.Column("episode", sa.String(length=36), nullable=False),
        sa.Column("msn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "segments", sa.LargeBinary(), nullable=False, comment="SHA-256 of each rendition, in their order"
        ),
        sa.Column("messages", sa.LargeBinary(), nullable=False, comment="SHA-256 of the segment's messages"),
        sa.ForeignKeyConstraint(["episode"], ["episodes.id"], name="fk_digests_episode"),
        sa.PrimaryKeyConstraint("episode", "msn", name="pk_digests"),
        comment="What was served, as the log's progress entries count it.",
    )
