"""What is kept, as tables."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy.types import TypeDecorator

from quality_creator.model.clock import micros, utc


class UtcTime(TypeDecorator[datetime]):
    """An aware instant as microseconds since 1970: SQLite drops time zones, integers do not."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else utc(value)


class Json(TypeDecorator[Any]):
    """A value as JSON text, written and read by msgspec."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else msgspec.json.decode(value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

episodes = Table(
    "episodes",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("slug", String(64), nullable=False, unique=True),
    Column("title", Json, nullable=False),
    Column("summary", Json, nullable=False),
    Column("brand", Json, nullable=False),
    Column("state", String(16), nullable=False),
    Column("sources", Json, nullable=False),
    Column("scene", Json, nullable=False),
    Column("planned", UtcTime),
    Column("started", UtcTime),
    Column("ended", UtcTime),
)

segments = Table(
    "segments",
    metadata,
    Column("episode", String(36), ForeignKey("episodes.id"), primary_key=True),
    Column("msn", Integer, primary_key=True, autoincrement=False),
    Column("start", BigInteger, nullable=False, comment="MediaTime"),
    Column("duration", BigInteger, nullable=False, comment="ticks of 1/90000 s"),
    Column("utc", BigInteger, nullable=False, comment="microseconds since 1970 of the first picture"),
    Column("discontinuity", Boolean, nullable=False, default=False),
    Column("recorded", Boolean, nullable=False, default=True),
    Column("inits", Json, nullable=False, comment="by rendition: name of the init object"),
    Column("parts", Json, nullable=False, comment="by rendition: [[bytes, independent], ...]"),
)

messages = Table(
    "messages",
    metadata,
    Column("episode", String(36), ForeignKey("episodes.id"), primary_key=True),
    Column("msn", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False, comment="JSON: the segment's timed messages"),
    Column("signals", Json, nullable=False, comment="the completing signals, for the timeline"),
    comment="What was stamped into each segment, so that nobody has to open the segments to draw a chart.",
)

show_log = Table(
    "show_log",
    metadata,
    Column("episode", String(36), ForeignKey("episodes.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False, comment="microseconds since 1970"),
    Column("by", String(128), nullable=False, comment="empty where nobody did it"),
    Column("event", LargeBinary, nullable=False, comment="JSON"),
    comment="What happened in a show: rows are added and never change.",
)

streams = Table(
    "streams",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("gauge", String(64), nullable=False),
    Column("characteristic", String(64), nullable=False),
    Column("tag", Text, nullable=False, comment="for MQTT the topic"),
    UniqueConstraint("gauge", "characteristic", "tag"),
    comment="Whose sequences are counted together; a number in place of names halves the measurements.",
)

measurements = Table(
    "measurements",
    metadata,
    # SQLite counts rows only in a column that is exactly INTEGER; its integers have 64 bits.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("stream", Integer, nullable=False, comment="streams.id"),
    Column("sequence", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False, comment="the source's, microseconds since 1970"),
    Column("received", BigInteger, nullable=False, comment="ours, microseconds since 1970"),
    Column("value", Float, nullable=False),
    Column("status", String(16), nullable=False),
    Column("found_in", Float, comment="of a count: items inspected, or units looked at"),
    UniqueConstraint("stream", "sequence"),
    Index("ix_measurements_stream_time", "stream", "time"),
    Index("ix_measurements_stream_id", "stream", "id"),
)

charts = Table(
    "charts",
    metadata,
    Column("characteristic", String(64), primary_key=True),
    Column("plan", Json, nullable=False),
    Column("state", LargeBinary, nullable=False, comment="as quality.encode writes it"),
    Column("frozen", Boolean, nullable=False, comment="whether the state has the limits that judge"),
    Column("waiting", Json, nullable=False, comment="values from which limits are to be estimated"),
    Column("points", BigInteger, nullable=False, comment="measurements numbered so far, bad ones too"),
    Column(
        "since", BigInteger, nullable=False, server_default="0", comment="what a weighted chart remembers"
    ),
    Column(
        "behind", LargeBinary, nullable=False, server_default="", comment="MessagePack: its earlier states"
    ),
)

joint_charts = Table(
    "joint_charts",
    metadata,
    Column("chart", String(64), primary_key=True),
    Column("data", LargeBinary, nullable=False, comment="MessagePack"),
    comment="Where each chart of several characteristics stands.",
)

observations = Table(
    "observations",
    metadata,
    Column("chart", String(64), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False, comment="MessagePack: values, and how they were judged"),
    comment="One value of each characteristic of a chart of several.",
)

estimations = Table(
    "estimations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("characteristic", String(64), nullable=False, index=True),
    Column("made", UtcTime, nullable=False),
    Column("by", String(128), nullable=False),
    Column("record", Json, nullable=False, comment="span, method, constants, excluded, limits"),
)

standings = Table(
    "standings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("episode", String(36), ForeignKey("episodes.id"), index=True, comment="null: a person's change"),
    Column("characteristic", String(64), nullable=False),
    Column("points", BigInteger, nullable=False, comment="number of the measurement from which it holds"),
    Column("newest", BigInteger, nullable=False, comment="measurements.id of the one before; 0 before all"),
    Column("data", LargeBinary, nullable=False, comment="JSON"),
    Index("ix_standings_characteristic", "characteristic", "points"),
    comment="Where charts stood when an episode went on air, and behind each change that a person made.",
)

choices = Table(
    "choices",
    metadata,
    Column("characteristic", String(64), primary_key=True),
    Column("public", Boolean, comment="null where the configuration decides"),
    Column("rules", Json, comment="null where the configuration decides"),
    Column("made", UtcTime, nullable=False),
    Column("by", String(128), nullable=False),
    comment="What a person chose in the place of the configuration.",
)

refusals = Table(
    "refusals",
    metadata,
    Column("gauge", String(64), primary_key=True),
    Column("reason", String(32), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("detail", Text, nullable=False, comment="the newest, in words"),
    Column("time", UtcTime, nullable=False),
)

counters = Table(
    "counters",
    metadata,
    Column("line", String(64), primary_key=True),
    Column("time", BigInteger, nullable=False, comment="the source's, microseconds since 1970"),
    Column("total", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    comment="The newest of each line.",
)

oees = Table(
    "oees",
    metadata,
    Column("line", String(64), primary_key=True),
    Column("state", LargeBinary, nullable=False, comment="as quality.oee.encode writes it"),
    Column("said", BigInteger, nullable=False, comment="time of the newest machine state"),
    comment="Where each line's OEE stands.",
)

shifts = Table(
    "shifts",
    metadata,
    Column("line", String(64), primary_key=True),
    Column("start", BigInteger, primary_key=True, autoincrement=False, comment="microseconds since 1970"),
    Column("summary", Json, nullable=False),
    comment="The shifts that ended.",
)

traces = Table(
    "traces",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("test", String(64), nullable=False),
    Column("gauge", String(64), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False, comment="the source's, microseconds since 1970"),
    Column("received", BigInteger, nullable=False, comment="ours, microseconds since 1970"),
    Column("specimen", String(128), nullable=False),
    Column("data", LargeBinary, nullable=False, comment="MessagePack: x and y"),
    Column("result", Json, nullable=False, comment="the verdict by the envelope of its time"),
    Column("envelope", Json, nullable=False),
    UniqueConstraint("test", "gauge", "sequence"),
    Index("ix_traces_test_id", "test", "id"),
)

gauge_studies = Table(
    "gauge_studies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("characteristic", String(64), nullable=False, index=True),
    Column("made", UtcTime, nullable=False),
    Column("by", String(128), nullable=False),
    Column("entry", Json, nullable=False, comment="what was asked, and the table as it was entered"),
)

lots = Table(
    "lots",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("characteristic", String(64), nullable=False),
    Column("supplier", String(128), nullable=False),
    Column("made", UtcTime, nullable=False),
    Column("by", String(128), nullable=False),
    Column("record", Json, nullable=False, comment="the lot, its plan, what was found and decided"),
    Column("state", LargeBinary, nullable=False, comment="quality.switching's, after this lot"),
    Index("ix_lots_series", "characteristic", "supplier", "id"),
    comment="Lots under acceptance sampling; the newest of a series says how the next one is inspected.",
)

told = Table(
    "told",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("received", BigInteger, nullable=False, comment="ours, microseconds since 1970"),
    Column("data", LargeBinary, nullable=False, comment="MessagePack: judged points and counters"),
    comment="What the last seconds' transactions told, for a hub that is started again.",
)

persons = Table(
    "persons",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account", String(64), nullable=False, unique=True),
    Column("name", String(128), nullable=False),
    Column("roles", Json, nullable=False),
    Column("institution", String(64), comment="whose expert it is"),
    Column("disabled", Boolean, nullable=False),
    Column("made", UtcTime, nullable=False),
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("credential", LargeBinary, nullable=False, unique=True),
    Column("person", String(36), ForeignKey("persons.id"), nullable=False, index=True),
    Column("public_key", LargeBinary, nullable=False, comment="COSE"),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", String(64), nullable=False),
    Column("synced", Boolean, nullable=False, comment="whether its maker keeps copies of it"),
    Column("made", UtcTime, nullable=False),
    Column("used", UtcTime),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("person", String(36), ForeignKey("persons.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("hash", Text, nullable=False, comment="argon2id"),
    comment="Those that are left; one that is used is deleted.",
)

links = Table(
    "links",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True, comment="SHA-256 of the secret"),
    Column("purpose", String(16), nullable=False, comment="enrol or visit"),
    Column("person", String(36), ForeignKey("persons.id"), comment="enrol: whose; null for an administrator"),
    Column("name", String(128), nullable=False),
    Column("role", String(32), comment="visit: guest or expert"),
    Column("episode", String(64), comment="visit: the slug of the only episode it opens"),
    Column("institution", String(64)),
    Column("made", UtcTime, nullable=False),
    Column("by", String(128), nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("used", UtcTime, comment="the newest time"),
    Column("revoked", UtcTime),
)

guests = Table(
    "guests",
    metadata,
    Column("episode", String(36), ForeignKey("episodes.id"), primary_key=True),
    Column("id", String(64), primary_key=True, comment="as a source of the programme"),
    Column("name", Json, nullable=False),
    Column("title", Json, nullable=False),
    Column("link", String(36), ForeignKey("links.id"), nullable=False, index=True),
    Column("invited", UtcTime, nullable=False),
    Column("removed", UtcTime),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True, comment="SHA-256 of the cookie"),
    Column("person", String(36), ForeignKey("persons.id"), index=True),
    Column("link", String(36), ForeignKey("links.id"), index=True),
    Column("name", String(128), nullable=False),
    Column("way", String(16), nullable=False, comment="passkey, recovery, operator or link"),
    Column("device", String(256), nullable=False, comment="what the browser calls itself"),
    Column("address", String(64), nullable=False),
    Column("begun", UtcTime, nullable=False),
    Column("seen", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
    comment="Those that are open; one that ends is deleted, and the trail has it.",
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("who", String(64), nullable=False, comment="a person's id, operator, link:<id>, or nobody"),
    Column("name", String(128), nullable=False, comment="as it was then"),
    Column("address", String(64), nullable=False),
    Column("act", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Json, nullable=False),
    comment="Who did what: rows are added and never change; the database refuses it.",
)

_UNCHANGED = "what was done stays written; rows of the audit are only added"
for _dialect, _statement in (
    *(
        (
            "sqlite",
            f"CREATE TRIGGER audit_{change.lower()} BEFORE {change} ON audit "
            f"BEGIN SELECT RAISE(ABORT, '{_UNCHANGED}'); END",
        )
        for change in ("UPDATE", "DELETE")
    ),
    (
        "postgresql",
        "CREATE FUNCTION audit_unchanged() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_UNCHANGED}'; END $$",
    ),
    (
        "postgresql",
        "CREATE TRIGGER audit_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_unchanged()",
    ),
):
    _made = DDL(_statement)  # type: ignore[no-untyped-call] # SQLAlchemy left its annotations out
    event.listen(audit, "after_create", _made.execute_if(dialect=_dialect))

log_entries = Table(
    "log_entries",
    metadata,
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, nullable=False, comment="the entry's bytes; they never change"),
    Column("type", String(40), nullable=False),
    Column("id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("document", LargeBinary, comment="null where the document is kept elsewhere"),
    Column("entered", UtcTime, nullable=False),
    Index("ix_log_entries_subject", "subject", "type"),
    comment="The transparency log's entries, whether or not they are in its tree yet.",
)

log_heads = Table(
    "log_heads",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    comment="The newest tree that may have been signed; signing waits for the change of this row.",
)

log_checkpoints = Table(
    "log_checkpoints",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", LargeBinary, nullable=False, comment="with the cosignatures of a quorum"),
    comment="What was published: the first that covers an entry says when the entry was there.",
)

digests = Table(
    "digests",
    metadata,
    Column("episode", String(36), ForeignKey("episodes.id"), primary_key=True),
    Column("msn", Integer, primary_key=True, autoincrement=False),
    Column("segments", LargeBinary, nullable=False, comment="SHA-256 of each rendition, in their order"),
    Column("messages", LargeBinary, nullable=False, comment="SHA-256 of the segment's messages"),
    comment="What was served, as the log's progress entries count it.",
)

institutions = Table(
    "institutions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", Json, nullable=False),
    Column("did", String(256), nullable=False, unique=True),
    Column("role", String(16), nullable=False, comment="inspection or committee"),
    Column("made", UtcTime, nullable=False),
)

expert_keys = Table(
    "expert_keys",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("person", String(36), ForeignKey("persons.id"), nullable=False, index=True),
    Column("institution", String(64), ForeignKey("institutions.id"), nullable=False),
    Column("key", String(64), nullable=False, unique=True, comment="Multikey, Ed25519"),
    Column("device", String(64), nullable=False),
    Column("state", String(16), nullable=False, comment="waiting, approved or revoked"),
    Column("made", UtcTime, nullable=False),
    Column("decided", UtcTime),
    Column("by", String(128), comment="who decided"),
)
"""A key's row never changes its owner or its key; whoever remarked with it can be found for ever."""

targets = Table(
    "targets",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("episode", String(36), ForeignKey("episodes.id"), nullable=False, index=True),
    Column("name", String(64), nullable=False),
    Column("address", Text, nullable=False, comment="rtmp(s)://host/application, without what is secret"),
    Column("key", LargeBinary, nullable=False, comment="sealed by store.sealing"),
    Column("rendition", String(16), nullable=False),
    Column("on", Boolean, nullable=False),
    comment="Where an episode is restreamed to.",
)

isos = Table(
    "isos",
    metadata,
    Column("episode", String(36), ForeignKey("episodes.id"), primary_key=True),
    Column("source", String(64), primary_key=True),
    Column("on", Boolean, nullable=False),
    comment="Sources that somebody switched to be recorded alone, or not to be.",
)
