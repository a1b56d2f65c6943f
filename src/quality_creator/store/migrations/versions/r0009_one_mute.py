"""A guest is muted by their channel of the show, and nowhere else."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Drop the second mute; who was muted by it is heard again until their channel says otherwise."""
    with op.batch_alter_table("guests") as table:
        table.drop_column("muted")
