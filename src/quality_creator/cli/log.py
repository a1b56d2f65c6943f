"""`qc log` and `qc monitor`: look through a log, ours or another's, and watch it."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from quality_creator.cli import app
from quality_creator.cli.client import CONFIG
from quality_creator.cli.episode import ConfigFile
from quality_creator.config import load
from quality_creator.model.errors import BadInput, BadPayload, NotFound, QualityCreatorError, Unavailable

if TYPE_CHECKING:
    from quality_creator.trust.log.policy import Policy

log = App(name="log", help="The transparency log.")
app.command(log)

PolicyFile = Annotated[Path | None, Parameter(help="whom you believe: logs, witnesses, quorum")]
LogKey = Annotated[tuple[str, ...], Parameter(negative="", help="in the place of a policy: the log's key")]


@log.command
def key(*, config: ConfigFile = CONFIG) -> None:
    """Print the key of the hub's log, as policies and witnesses need it; made when there is none."""
    from quality_creator.actions import ledger, signing

    found = load(config)
    print(asyncio.run(ledger.key_of(found, signing.open_keys(found))))


@log.command
def fsck(
    where: str | None = None, *, policy: PolicyFile = None, log: LogKey = (), config: ConfigFile = CONFIG
) -> None:
    """Go through a log, bundle by bundle: does its checkpoint follow from its files?

    Parameters
    ----------
    where
        An address such as https://example.com/log, or a folder; left out, the hub's own.
    """
    from quality_creator.actions import log_reader

    if where is None:
        from quality_creator.actions import ledger, signing

        own = load(config)
        where = str(own.path(own.hub.data) / "objects" / "log")
        if policy is None and not log:
            log = (asyncio.run(ledger.key_of(own, signing.open_keys(own))),)
    believed = whom(policy, log)

    async def go() -> log_reader.Checked:
        async with log_reader.opened(where) as get:
            return await log_reader.fsck(get, await log_reader.newest(get, believed))

    try:
        found = asyncio.run(go())
    except BadPayload as error:
        print(f"not right: {error}")
        sys.exit(1)
    for word in found.wrong:
        print(f"not right: {word}")
    print(f"{found.size} entries, {found.files} files, root {found.root.hex()}")
    sys.exit(1 if found.wrong else 0)


@app.command
def monitor(
    where: str,
    *names: str,
    memory: Path,
    policy: PolicyFile = None,
    log: LogKey = (),
    every: Annotated[float, Parameter(help="seconds between two looks; 0 for one look")] = 0,
) -> None:
    """Watch a log: report entries in a name, and anything that is not right.

    The exit code of one look is 0 when all is well, 1 when something is not right, 2 when it can't be read.

    Parameters
    ----------
    where
        An address such as https://example.com/log, or a folder.
    names
        Issuers or subjects, such as did:web:inst01.example; none for every entry.
    memory
        A file in which the monitor remembers what it has read.
    """
    from quality_creator.actions import log_reader
    from quality_creator.actions import monitor as watching

    believed = whom(policy, log)

    async def once() -> None:
        async with log_reader.opened(where) as get:
            found = await watching.look(get, believed, await watching.recall(memory), names)
        for index, one in found.entries:
            print(f"{index}\t{one.type}\t{one.issuer}\t{one.subject}\t{one.id}\t{one.sha256}", flush=True)
        await watching.remember(memory, found.memory)

    async def watch() -> int:
        while True:
            code = 0
            try:
                await once()
            except BadPayload as error:
                print(f"NOT RIGHT: {error}", flush=True)
                code = 1
            except (NotFound, Unavailable) as error:
                print(f"can't tell: {error}", file=sys.stderr, flush=True)
                code = 2
            if not every:
                return code
            await asyncio.sleep(every)

    sys.exit(asyncio.run(watch()))


def whom(file: Path | None, keys: tuple[str, ...]) -> "Policy":
    """Whom the caller believes. Raises BadInput."""
    from quality_creator.actions import log_reader
    from quality_creator.trust.log import policy

    try:
        if file is not None:
            return policy.parse(file.read_bytes())
        if keys:
            return log_reader.only(keys)
    except OSError as error:
        raise BadInput(f"{file}: {error.strerror}") from error
    except QualityCreatorError as error:
        raise BadInput(f"{file or '--log'}: {error}") from error
    raise BadInput("whom do you believe? Give --policy FILE, or --log KEY for the log alone")
