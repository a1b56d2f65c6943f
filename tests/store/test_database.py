"""The database: opened, brought up to date, and refused in one line when that can't be."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text

from quality_creator.model.errors import BadInput, Unavailable
from quality_creator.store import migrations
from quality_creator.store.database import FILE, open_folder
from quality_creator.store.tables import metadata


async def _open_and_close(folder: Path) -> None:
    await (await open_folder(folder)).close()


def _schema(connection: Connection) -> dict[str, object]:
    """Whatever a database has, however it was written down."""
    found = inspect(connection)
    there: dict[str, object] = {}
    for table in sorted(found.get_table_names()):
        there[table] = (
            sorted(
                (c["name"], str(c["type"]), c["nullable"], c["primary_key"]) for c in found.get_columns(table)
            ),
            sorted((i["name"] or "", i["column_names"], i["unique"]) for i in found.get_indexes(table)),
            sorted((u["name"] or "", u["column_names"]) for u in found.get_unique_constraints(table)),
            sorted((f["constrained_columns"], f["referred_table"]) for f in found.get_foreign_keys(table)),
        )
    triggers = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
    there["triggers"] = connection.execute(triggers).all()
    there["revision"] = migrations.revision(connection)
    return there


def test_the_steps_make_the_tables_that_the_code_has_and_so_does_a_new_database(tmp_path: Path) -> None:
    asyncio.run(_open_and_close(tmp_path))
    with (
        create_engine(f"sqlite:///{tmp_path / FILE}").connect() as at_once,
        create_engine("sqlite://").begin() as stepped,
    ):
        migrations.steps(stepped)
        for connection in (at_once, stepped):
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []
        assert _schema(at_once) == _schema(stepped)


def test_head_names_the_newest_step() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations.FOLDER))
    assert ScriptDirectory.from_config(config).get_current_head() == migrations.HEAD


def test_a_database_is_opened_again_as_it_was(tmp_path: Path) -> None:
    async def check() -> None:
        first = await open_folder(tmp_path / "new" / "folder")
        async with first.write() as transaction:
            await transaction.execute(text("INSERT INTO counters VALUES ('line', 1, 2, 3)"))
        await first.close()
        second = await open_folder(tmp_path / "new" / "folder")
        async with second.read() as transaction:
            rows = (await transaction.execute(text("SELECT * FROM counters"))).all()
        await second.close()
        assert rows == [("line", 1, 2, 3)]

    asyncio.run(check())


def test_what_is_committed_is_synced_to_the_disk_and_readers_do_not_wait(tmp_path: Path) -> None:
    async def check() -> None:
        database = await open_folder(tmp_path)
        async with database.read() as transaction:
            found = [
                (await transaction.execute(text(f"PRAGMA {name}"))).scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            ]
        await database.close()
        assert found == ["wal", 2, 1, 5000]

    asyncio.run(check())


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    async def check() -> None:
        database = await open_folder(tmp_path)

        async def fail() -> None:
            async with database.write() as transaction:
                await transaction.execute(text("INSERT INTO counters VALUES ('line', 1, 2, 3)"))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        async with database.read() as transaction:
            assert (await transaction.execute(text("SELECT * FROM counters"))).all() == []
        await database.close()

    asyncio.run(check())


def test_writers_of_one_process_queue_by_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # SQLite's own waiting is polling; nobody of us may need it.
    monkeypatch.setattr("quality_creator.store.database.BUSY_MS", 0)

    async def check() -> None:
        database = await open_folder(tmp_path)

        async def write(number: int) -> None:
            async with database.write() as transaction:
                await transaction.execute(text("SELECT * FROM counters"))
                await asyncio.sleep(0.001)
                await transaction.execute(text(f"INSERT INTO counters VALUES ('{number}', 1, 2, 3)"))

        await asyncio.gather(*(write(number) for number in range(20)))
        async with database.read() as transaction:
            assert (await transaction.execute(text("SELECT count(*) FROM counters"))).scalar() == 20
        await database.close()

    asyncio.run(check())


def test_a_database_that_another_process_holds_is_unavailable_in_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quality_creator.store.database.BUSY_MS", 50)

    async def check() -> None:
        database = await open_folder(tmp_path)
        other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match=r"^the database can't do it now: database is locked$"):
            async with database.write():
                pass
        other.execute("ROLLBACK")
        async with database.write():
            pass
        await database.close()

    asyncio.run(check())


def test_a_folder_that_can_not_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        BadInput, match=r"^the data folder .*file/data: Not a directory; name another in `hub.data`$"
    ):
        asyncio.run(open_folder(tmp_path / "file" / "data"))


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this is a shopping list, not a database" * 100)
    with pytest.raises(BadInput, match=rf"^the database .*{FILE}: file is not a database$"):
        asyncio.run(open_folder(tmp_path))


def test_a_database_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    asyncio.run(_open_and_close(tmp_path))
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(BadInput, match=f"its schema 9999 is newer than {migrations.HEAD}") as raised:
        asyncio.run(open_folder(tmp_path))
    assert "\n" not in str(raised.value)
    with sqlite3.connect(tmp_path / FILE) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]


def test_readers_beyond_the_pool_are_told_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quality_creator.store.database.POOL_WAIT_S", 0.05)

    async def check() -> None:
        database = await open_folder(tmp_path)
        async with contextlib.AsyncExitStack() as held:

            async def hold(count: int) -> None:
                for _ in range(count):
                    transaction = await held.enter_async_context(database.read())
                    await transaction.execute(text("SELECT 1"))

            with pytest.raises(Unavailable, match="too much is asked of the database at once"):
                await hold(100)
        await database.close()

    asyncio.run(check())
