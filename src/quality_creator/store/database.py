"""The one database: opened, brought up to date, and lent out a transaction at a time.

SQLite in the data folder needs nothing else; `postgresql+asyncpg://` is another address.

SQLite runs with a write-ahead log, so that readers never wait for the writer, and with
`synchronous=FULL`: a machine's reading is acknowledged once it is committed, and then a power
cut must not take it back. That costs one fsync a transaction (0.3 ms on a common SSD), which
gathering readings into transactions makes small; `NORMAL` would be safe against a crash of the
program, not of the machine.
"""

import asyncio
import functools
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from quality_creator.model.errors import BadInput, Unavailable
from quality_creator.store import migrations
from quality_creator.store.episodes import Episodes

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

FILE = "quality-creator.db"

BUSY_MS = 5_000
"""How long SQLite waits for another process that writes; within ours, writers queue."""

POOL_WAIT_S = 10.0
"""How long a transaction waits for one of the pool's connections."""

Transaction = Connection
"""What `transact` gives to the function that it runs."""

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Database:
    """Lends out transactions."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.episodes = Episodes(self)
        self._engine = engine
        self._write = engine.execution_options(quality_creator_begin="BEGIN IMMEDIATE")
        # SQLite has one writer. Waiting here is fair and prompt; its own waiting is polling.
        self._writer: AbstractAsyncContextManager[Any] = nullcontext()
        self._thread: ThreadPoolExecutor | None = None
        if engine.dialect.name == "sqlite":
            self._writer = asyncio.Lock()
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="database")
            self._direct = _listened(create_engine(engine.url.set(drivername="sqlite"))).execution_options(
                quality_creator_begin="BEGIN IMMEDIATE"
            )

    async def transact(
        self,
        act: Callable[Concatenate[Transaction, Arguments], Result],
        *arguments: Arguments.args,
        **keywords: Arguments.kwargs,
    ) -> Result:
        """Run a function as one transaction that may change things; its result, once it is on the disk.

        With SQLite it runs on a thread, whole: the quickest way for what comes often. (`write` goes
        to a thread and back for every statement, three times.) It may compute, too, without keeping
        the event loop from its other work.

        Raises:
            Unavailable: the database could not do it, in its own words.
        """
        bound = functools.partial(_call, act, arguments, keywords)
        async with self._writer:
            with _translated():
                if self._thread is None:
                    async with self._write.begin() as connection:
                        return await connection.run_sync(bound)
                return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, bound)

    async def look(
        self,
        act: Callable[Concatenate[Transaction, Arguments], Result],
        *arguments: Arguments.args,
        **keywords: Arguments.kwargs,
    ) -> Result:
        """Run a function as one transaction that sees one moment's state and changes nothing.

        Raises:
            Unavailable: the database could not do it, in its own words.
        """
        async with self.read() as connection:
            return await connection.run_sync(functools.partial(_call, act, arguments, keywords))

    def _run(self, bound: Callable[[Transaction], Result]) -> Result:
        with self._direct.begin() as connection:
            return bound(connection)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that may change things: committed at the end, undone by an exception.

        When the block has ended without one, the changes are on the disk.

        Raises:
            Unavailable: the database could not do it, in its own words.
        """
        async with self._writer:
            with _translated():
                async with self._write.begin() as connection:
                    yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees one moment's state and changes nothing.

        Raises:
            Unavailable: the database could not do it, in its own words.
        """
        with _translated():
            async with self._engine.begin() as connection:
                yield connection

    async def close(self) -> None:
        """Let go of every connection; a transaction that is under way is finished first."""
        await self._engine.dispose()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.shutdown)
            self._direct.dispose()


async def open_folder(folder: Path) -> Database:
    """The database in a data folder, made or brought up to date where needed.

    Raises:
        BadInput: the folder can't be used, or what lies there is not ours or newer than this program.
    """
    try:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(
            "the data folder {folder}: {strerror}; name another in `hub.data`",
            folder=folder,
            strerror=error.strerror,
        ) from error
    return await _open(f"sqlite+aiosqlite:///{folder / FILE}", str(folder / FILE))


async def open_address(address: str) -> Database:
    """The database at an address such as `postgresql+asyncpg://host/name`.

    Raises:
        BadInput: it does not answer, or its schema is newer than this program.
    """
    return await _open(address, address.rpartition("@")[2])


async def _open(address: str, shown: str) -> Database:
    # Every transaction ends itself, by commit or rollback; the pool need not roll back once more.
    engine = create_async_engine(address, pool_timeout=POOL_WAIT_S, pool_reset_on_return=None)
    if engine.dialect.name == "sqlite":
        _listened(engine.sync_engine)
    database = Database(engine)
    try:
        async with database._write.begin() as connection:
            await connection.run_sync(migrations.upgrade)
    except (DBAPIError, sqlite3.Error, OSError) as error:
        await database.close()
        raise BadInput("the database {shown}: {words}", shown=shown, words=_words(error)) from error
    except migrations.Newer as error:
        await database.close()
        raise BadInput("the database {shown}: {error}", shown=shown, error=error) from error
    return database


def _call(
    act: Callable[..., Result], arguments: Iterable[Any], keywords: Mapping[str, Any], connection: Connection
) -> Result:
    return act(connection, *arguments, **keywords)


def _listened(engine: Engine) -> Engine:
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    # The driver's own idea of when a transaction begins is switched off; `_begin_sqlite` says it.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "temp_store = MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once: one that had read before would be refused without waiting.
    connection.exec_driver_sql(connection.get_execution_options().get("quality_creator_begin", "BEGIN"))


@contextmanager
def _translated() -> Iterator[None]:
    """Turns the database's errors into ours, once."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        raise Unavailable("the database can't do it now: {words}", words=_words(error)) from error
    except PoolTimeout as error:
        raise Unavailable("too much is asked of the database at once; ask again later") from error


def _words(error: BaseException) -> str:
    return str(error.orig) if isinstance(error, DBAPIError) else str(error)


def insert(connection: Connection | AsyncConnection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An insert that knows `on_conflict_do_update`, in the dialect of the connection."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


def replace(connection: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An insert that puts a row in the place of the one with the same key."""
    # Built once: building takes longer than SQLite needs for the row.
    found = _REPLACEMENTS.get((connection.dialect.name, table.name))
    if found is None:
        statement = insert(connection, table)
        found = statement.on_conflict_do_update(
            index_elements=[column.name for column in table.primary_key],
            set_={
                column.name: statement.excluded[column.name] for column in table.c if not column.primary_key
            },
        )
        _REPLACEMENTS[connection.dialect.name, table.name] = found
    return found


_REPLACEMENTS: dict[tuple[str, str], "sqlite.Insert | postgresql.Insert"] = {}
