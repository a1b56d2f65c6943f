"""People: accounts, passkeys, recovery codes, personal links, sessions, and the trail of what was done."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

UNCHANGED = "what was done stays written; rows of the audit are only added"


def upgrade() -> None:
    """Make the tables, and let the database itself keep the trail from being changed."""
    _tables()
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_{change.lower()} BEFORE {change} ON audit "
                f"BEGIN SELECT RAISE(ABORT, '{UNCHANGED}'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION audit_unchanged() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{UNCHANGED}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_unchanged()"
        )


def _tables() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column(
            "who",
            sa.String(length=64),
            nullable=False,
            comment="a person's id, operator, link:<id>, or nobody",
        ),
        sa.Column("name", sa.String(length=128), nullable=False, comment="as it was then"),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        comment="Who did what: rows are added and never change; the database refuses it.",
    )
    op.create_table(
        "persons",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("institution", sa.String(length=64), nullable=True, comment="whose expert it is"),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_persons"),
        sa.UniqueConstraint("account", name="uq_persons_account"),
    )
    op.create_table(
        "links",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the secret"),
        sa.Column("purpose", sa.String(length=16), nullable=False, comment="enrol or visit"),
        sa.Column(
            "person", sa.String(length=36), nullable=True, comment="enrol: whose; null for an administrator"
        ),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=True, comment="visit: guest or expert"),
        sa.Column(
            "episode",
            sa.String(length=64),
            nullable=True,
            comment="visit: the slug of the only episode it opens",
        ),
        sa.Column("institution", sa.String(length=64), nullable=True),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=True, comment="the newest time"),
        sa.Column("revoked", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["persons.id"], name="fk_links_person"),
        sa.PrimaryKeyConstraint("id", name="pk_links"),
        sa.UniqueConstraint("digest", name="uq_links_digest"),
    )
    op.create_table(
        "passkeys",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.String(length=36), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False, comment="COSE"),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("synced", sa.Boolean(), nullable=False, comment="whether its maker keeps copies of it"),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["persons.id"], name="fk_passkeys_person"),
        sa.PrimaryKeyConstraint("id", name="pk_passkeys"),
        sa.UniqueConstraint("credential", name="uq_passkeys_credential"),
    )
    op.create_index("ix_passkeys_person", "passkeys", ["person"], unique=False)
    op.create_table(
        "recovery_codes",
        sa.Column("person", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False, comment="argon2id"),
        sa.ForeignKeyConstraint(["person"], ["persons.id"], name="fk_recovery_codes_person"),
        sa.PrimaryKeyConstraint("person", "number", name="pk_recovery_codes"),
        comment="Those that are left; one that is used is deleted.",
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the cookie"),
        sa.Column("person", sa.String(length=36), nullable=True),
        sa.Column("link", sa.String(length=36), nullable=True),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False, comment="passkey, recovery, operator or link"),
        sa.Column("device", sa.String(length=256), nullable=False, comment="what the browser calls itself"),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("begun", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["link"], ["links.id"], name="fk_sessions_link"),
        sa.ForeignKeyConstraint(["person"], ["persons.id"], name="fk_sessions_person"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("digest", name="uq_sessions_digest"),
        comment="Those that are open; one that ends is deleted, and the trail has it.",
    )
    op.create_index("ix_sessions_link", "sessions", ["link"], unique=False)
    op.create_index("ix_sessions_person", "sessions", ["person"], unique=False)
