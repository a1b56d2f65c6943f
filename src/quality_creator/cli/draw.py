"""`qc draw`: announce a lot and draw its units, and repeat any draw from a log's files."""

import asyncio
import sys
from typing import Annotated

from cyclopts import App, Parameter

from quality_creator.cli import app
from quality_creator.cli.client import CONFIG, operator
from quality_creator.cli.episode import ConfigFile
from quality_creator.cli.log import LogKey, PolicyFile, whom
from quality_creator.model.errors import BadPayload, NotFound, Unavailable

draw = App(name="draw", help="Draw units of a lot so that nobody could choose, and repeat a draw.")
app.command(draw)


@draw.command
def announce(
    slug: str,
    *,
    what: str,
    drawn: int | None = None,
    aql: float | None = None,
    level: str = "II",
    standard: str = "gbt2828.1",
    count: int | None = None,
    serial: Annotated[tuple[str, ...], Parameter(negative="", help="a unit's serial; repeat for each")] = (),
    config: ConfigFile = CONFIG,
) -> None:
    """Announce a lot for an episode; its units are drawn by the log's next checkpoint.

    Parameters
    ----------
    slug
        The episode.
    what
        What the units are.
    drawn
        How many are drawn; left out with --aql, whose plan says it.
    aql
        Accept the lot by the standard's plan for this AQL (percent nonconforming, at most 10).
    level
        The inspection level of the plan.
    standard
        gbt2828.1, iso2859-1 or z1.4.
    count
        How many there are, where they are told apart by position.
    """
    sampling = None if aql is None else {"aql": aql, "level": level, "standard": standard}
    body = {"what": what, "drawn": drawn, "count": count, "serials": serial, "sampling": sampling}
    made = operator(config).ask("POST", f"/api/episodes/{slug}/draws", body)
    print(f"announced as entry {made['index']}; drawn: {', '.join(made['units'])}")
    if plan := made["plan"]:
        print(f"accepted with at most {plan['accept']} nonconforming, rejected from {plan['reject']} on")


@draw.command
def check(where: str, *, policy: PolicyFile = None, log: LogKey = ()) -> None:
    """Repeat every draw of a log; exit code 1 when one was not drawn as it says, 2 when it can't be told.

    Parameters
    ----------
    where
        An address such as https://example.com/log, or a folder with a copy of it.
    """
    from quality_creator.actions import log_reader, redrawing

    believed = whom(policy, log)

    async def go() -> list[redrawing.Repeated]:
        async with log_reader.opened(where) as get:
            return await redrawing.check(get, believed)

    try:
        found = asyncio.run(go())
    except BadPayload as error:
        print(f"not right: {error}")
        sys.exit(1)
    except (NotFound, Unavailable) as error:
        print(f"can't tell: {error}")
        sys.exit(2)
    for one in found:
        units = ", ".join(one.units) or "not drawn"
        state = f"NOT RIGHT: {one.wrong}" if one.wrong else "right" if one.units else "announced"
        print(f"entry {one.index}: {one.what}: {units} of {one.count}: {state}")
        if one.steerable and one.units:
            print("  no witness decided: whoever writes the log could have chosen")
    if not found:
        print("the log has no lots")
    sys.exit(1 if any(one.wrong for one in found) else 0)
