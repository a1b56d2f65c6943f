"""The log of a show, in which the takes become its first entries."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make it, and move the takes."""
    op.create_table(
        "show_log",
        sa.Column("episode", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="microseconds since 1970"),
        sa.Column("by", sa.String(length=128), nullable=False, comment="empty where nobody did it"),
        sa.Column("event", sa.LargeBinary(), nullable=False, comment="JSON"),
        sa.ForeignKeyConstraint(["episode"], ["episodes.id"], name="fk_show_log_episode"),
        sa.PrimaryKeyConstraint("episode", "number", name="pk_show_log"),
        comment="What happened in a show: rows are added and never change.",
    )
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT takes.episode, takes.at, takes.scene, episodes.started FROM takes "
            "JOIN episodes ON episodes.id = takes.episode ORDER BY takes.episode, takes.at"
        )
    ).all()
    insert = sa.text('INSERT INTO show_log (episode, number, at, "by", event) VALUES (:e, :n, :t, :b, :v)')
    numbers: dict[str, int] = {}
    for episode, position, scene, started in rows:
        at = (started or 0) + position * 100 // 9
        shown = json.loads(scene)
        first = numbers.get(episode, 0) + 1
        if first == 1:
            events = [{"event": "began", "scene": shown}]
        else:
            aired = {"event": "aired", "take": first, "position": position}
            events = [{"event": "take", "scene": shown}, aired]
        for number, event in enumerate(events, first):
            values = {"e": episode, "n": number, "t": at, "b": "operator", "v": json.dumps(event).encode()}
            connection.execute(insert, values)
        numbers[episode] = first + len(events) - 1
    op.drop_table("takes")
