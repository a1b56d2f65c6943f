"""The first tables: episodes and their recordings, measurements and their charts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "charts",
        sa.Column("characteristic", sa.String(length=64), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False, comment="as quality.encode writes it"),
        sa.Column(
            "frozen", sa.Boolean(), nullable=False, comment="whether the state has the limits that judge"
        ),
        sa.Column(
            "waiting", sa.Text(), nullable=False, comment="values from which limits are to be estimated"
        ),
        sa.Column(
            "points", sa.BigInteger(), nullable=False, comment="measurements numbered so far, bad ones too"
        ),
        sa.PrimaryKeyConstraint("characteristic", name="pk_charts"),
    )
    op.create_table(
        "choices",
        sa.Column("characteristic", sa.String(length=64), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=True, comment="null where the configuration decides"),
        sa.Column("rules", sa.Text(), nullable=True, comment="null where the configuration decides"),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("characteristic", name="pk_choices"),
        comment="What a person chose in the place of the configuration.",
    )
    op.create_table(
        "counters",
        sa.Column("line", sa.String(length=64), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False, comment="the source's, microseconds since 1970"),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("line", name="pk_counters"),
        comment="The newest of each line.",
    )
    op.create_table(
        "episodes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("scene", sa.Text(), nullable=False),
        sa.Column("planned", sa.BigInteger(), nullable=True),
        sa.Column("started", sa.BigInteger(), nullable=True),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_episodes"),
        sa.UniqueConstraint("slug", name="uq_episodes_slug"),
    )
    op.create_table(
        "estimations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("characteristic", sa.String(length=64), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("record", sa.Text(), nullable=False, comment="span, method, constants, excluded, limits"),
        sa.PrimaryKeyConstraint("id", name="pk_estimations"),
    )
    op.create_index("ix_estimations_characteristic", "estimations", ["characteristic"], unique=False)
    op.create_table(
        "measurements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stream", sa.Integer(), nullable=False, comment="streams.id"),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False, comment="the source's, microseconds since 1970"),
        sa.Column("received", sa.BigInteger(), nullable=False, comment="ours, microseconds since 1970"),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_measurements"),
        sa.UniqueConstraint("stream", "sequence", name="uq_measurements_stream"),
    )
    op.create_index("ix_measurements_stream_time", "measurements", ["stream", "time"], unique=False)
    op.create_index("ix_measurements_stream_id", "measurements", ["stream", "id"], unique=False)
    op.create_table(
        "streams",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("gauge", sa.String(length=64), nullable=False),
        sa.Column("characteristic", sa.String(length=64), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False, comment="for MQTT the topic"),
        sa.PrimaryKeyConstraint("id", name="pk_streams"),
        sa.UniqueConstraint("gauge", "characteristic", "tag", name="uq_streams_gauge"),
        comment="Whose sequences are counted together; a number in place of names halves the measurements.",
    )
    op.create_table(
        "refusals",
        sa.Column("gauge", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False, comment="the newest, in words"),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("gauge", "reason", name="pk_refusals"),
    )
    op.create_table(
        "messages",
        sa.Column("episode", sa.String(length=36), nullable=False),
        sa.Column("msn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False, comment="JSON: the segment's timed messages"),
        sa.Column("signals", sa.Text(), nullable=False, comment="the completing signals, for the timeline"),
        sa.ForeignKeyConstraint(["episode"], ["episodes.id"], name="fk_messages_episode"),
        sa.PrimaryKeyConstraint("episode", "msn", name="pk_messages"),
        comment="What was stamped into each segment, so that nobody has to open the segments "
        "to draw a chart.",
    )
    op.create_table(
        "segments",
        sa.Column("episode", sa.String(length=36), nullable=False),
        sa.Column("msn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False, comment="MediaTime"),
        sa.Column("duration", sa.BigInteger(), nullable=False, comment="ticks of 1/90000 s"),
        sa.Column(
            "utc", sa.BigInteger(), nullable=False, comment="microseconds since 1970 of the first picture"
        ),
        sa.Column("discontinuity", sa.Boolean(), nullable=False),
        sa.Column("recorded", sa.Boolean(), nullable=False),
        sa.Column("inits", sa.Text(), nullable=False, comment="by rendition: name of the init object"),
        sa.Column("parts", sa.Text(), nullable=False, comment="by rendition: [[bytes, independent], ...]"),
        sa.ForeignKeyConstraint(["episode"], ["episodes.id"], name="fk_segments_episode"),
        sa.PrimaryKeyConstraint("episode", "msn", name="pk_segments"),
    )
    op.create_table(
        "takes",
        sa.Column("episode", sa.String(length=36), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False, comment="MediaTime"),
        sa.Column("scene", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["episode"], ["episodes.id"], name="fk_takes_episode"),
        sa.PrimaryKeyConstraint("episode", "at", name="pk_takes"),
        comment="What was aired from when on: never changed afterwards.",
    )
    op.create_table(
        "told",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False, comment="ours, microseconds since 1970"),
        sa.Column(
            "data", sa.LargeBinary(), nullable=False, comment="MessagePack: judged points and counters"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_told"),
        comment="What the last seconds' transactions told, for a hub that is started again.",
    )
