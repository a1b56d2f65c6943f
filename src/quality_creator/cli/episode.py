"""Commands for an episode: plan it, put it on air, change its scene, end it."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from quality_creator.cli import app
from quality_creator.cli.client import CONFIG, operator

episode = App(name="episode", help="Plan an episode, put it on air, end it.")
app.command(episode)

ConfigFile = Annotated[Path, Parameter(name=["--config", "-c"], help="the hub's configuration")]


@episode.command
def plan(
    slug: str,
    *,
    title_zh: str,
    title_en: str,
    summary_zh: str = "",
    summary_en: str = "",
    source: Annotated[tuple[str, ...], Parameter(help="a camera's id; repeat for more", negative="")] = (),
    layout: str = "full",
    planned: Annotated[str | None, Parameter(help="start, as 2026-09-01T10:00:00+08:00")] = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Plan an episode. Without --source all cameras of the configuration belong to it."""
    body = {
        "slug": slug,
        "title": {"zh-Hans": title_zh, "en": title_en},
        "summary": {"zh-Hans": summary_zh, "en": summary_en},
        "sources": list(source),
        "layout": layout,
        "planned": planned,
    }
    made = operator(config).ask("POST", "/api/episodes", body)
    print(f"{made['slug']} is planned")


@episode.command
def start(slug: str, *, config: ConfigFile = CONFIG) -> None:
    """Put an episode on air. It stays there, whatever breaks, until somebody ends it."""
    hub = operator(config)
    hub.ask("POST", f"/api/episodes/{slug}/start")
    print(f"on air: {hub.address}/episodes/{slug}")


@episode.command
def end(slug: str, *, config: ConfigFile = CONFIG) -> None:
    """End an episode; from then on the same address replays it."""
    hub = operator(config)
    hub.ask("POST", f"/api/episodes/{slug}/end")
    print(f"ended: {hub.address}/episodes/{slug}")


@episode.command(name="list")
def list_(*, config: ConfigFile = CONFIG) -> None:
    """What is on air, planned and past."""
    table = Table("episode", "state", "started", "ended", "title", box=None)
    for one in operator(config).ask("GET", "/api/episodes")["episodes"]:
        table.add_row(one["slug"], one["state"], one["started"] or "", one["ended"] or "", one["title"]["en"])
    Console().print(table)


@app.command
def scene(slug: str, layout: str, *sources: str, config: ConfigFile = CONFIG) -> None:
    """Change who stands where, on air and without a glitch.

    Layouts: full, side-by-side, picture-in-picture, three-up, four-up, five-up, six-up, forum-strip,
    data-panel. The most important source comes first.
    """
    body = {"layout": layout, "sources": sources}
    answer = operator(config).ask("POST", f"/api/episodes/{slug}/scene", body)
    print(f"{layout} with {', '.join(sources)} from {answer['position'] / 90_000:.2f} s on")


@app.command
def status(*, config: ConfigFile = CONFIG) -> None:
    """How cameras, gauges and episodes are doing, in their peers' words."""
    state = operator(config).ask("GET", "/api/status")
    console = Console()
    for warning in state["warnings"]:
        console.print(f"! {warning}")
    for one in state["episodes"]:
        console.print(f"{one['slug']}: {one['seconds']:.0f} s on air, recording {one['recording']}")
        console.print(f"worker: {one['worker']}")
        sources = Table("source", "condition", "words", box=None)
        for source in one["sources"]:
            sources.add_row(source["id"], source["condition"], source["words"])
        console.print(sources)
    written = state["log"]
    console.print(f"log {written['origin']}: {written['size']} entries, {written['waiting']} waiting")
    for one in written["witnesses"]:
        console.print(f"witness {one['name']}: {one['trouble'] or 'cosigned ' + str(one['size'])}")
    gauges = Table("gauge", "state", "accepted", "duplicates", "refused", "words", box=None)
    for gauge in state["gauges"]:
        counts = (str(gauge[name]) for name in ("accepted", "duplicates", "refused"))
        gauges.add_row(gauge["gauge"], gauge["state"], *counts, gauge["last_error"])
    console.print(gauges)
    if state["refusals"]:
        refused = Table("gauge", "reason", "count", "newest", box=None)
        for row in state["refusals"]:
            refused.add_row(row["gauge"], row["reason"], str(row["count"]), row["detail"])
        console.print(refused)


@episode.command
def iso(
    slug: str,
    *,
    out: Annotated[Path | None, Parameter(help="download the files into this folder")] = None,
    config: ConfigFile = CONFIG,
) -> None:
    """What was recorded of single sources: files whose time code is the position in the episode."""
    hub = operator(config)
    told = hub.ask("GET", f"/studio/{slug}/isos.json")
    table = Table("file", "time code", "seconds", "MB", "missing before", "contents", "state", box=None)
    for one in told["files"]:
        table.add_row(
            one["name"],
            one["start"],
            "" if one["duration_s"] is None else f"{one['duration_s']:.2f}",
            f"{one['size'] / 1e6:.1f}",
            f"{one['gap_s']:.2f} s" if one["gap_s"] else "",
            one["contents"],
            one["ended"] if one["state"] == "whole" else one["state"],
        )
    Console().print(table)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for one in told["files"]:
            hub.fetch(f"/studio/{slug}/isos/{one['name']}", out / one["name"])
            print(out / one["name"])
