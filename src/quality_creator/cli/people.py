"""Commands for people: the first administrator, invitations, and who has an account."""

from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from quality_creator.cli import app
from quality_creator.cli.client import CONFIG, operator
from quality_creator.cli.episode import ConfigFile

people = App(name="people", help="Let people in.")
app.command(people)


@people.command
def admin_code(*, config: ConfigFile = CONFIG) -> None:
    """Print an address at which somebody becomes an administrator: once, within fifteen minutes.

    An address that was printed before opens nothing any more.
    """
    made = operator(config).ask("POST", "/api/people/admin-code")
    print(f"{made['address']}\nopen it in a browser; it works once, until {made['until'][:16]}Z")


@people.command
def invite(
    account: str,
    *,
    name: str,
    role: Annotated[tuple[str, ...], Parameter(help="repeat for more", negative="")],
    institution: str | None = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Make an account and print the address at which its owner makes a passkey: once, within seven days.

    Roles: administrator, producer, moderator, quality-engineer, expert, guest, viewer.
    """
    body = {"account": account, "name": name, "roles": role, "institution": institution}
    made = operator(config).ask("POST", "/api/people", body)
    print(f"{made['address']}\nsend it to {made['person']['name']}; it works once, for seven days")


@people.command(name="list")
def list_(*, config: ConfigFile = CONFIG) -> None:
    """Who has an account."""
    table = Table("account", "name", "roles", "institution", box=None)
    for one in operator(config).ask("GET", "/api/people")["people"]:
        roles = "closed" if one["disabled"] else ", ".join(sorted(one["roles"]))
        table.add_row(one["account"], one["name"], roles, one["institution"] or "")
    Console().print(table)
