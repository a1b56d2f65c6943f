"""Earlier states of the charts that remember."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column."""
    op.add_column(
        "charts",
        sa.Column(
            "behind",
            sa.LargeBinary(),
            nullable=False,
            server_default="",
            comment="MessagePack: its earlier states",
        ),
    )
