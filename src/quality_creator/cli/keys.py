"""Commands for the hub's keys: make them, show who signs, encrypt them."""

from datetime import UTC, datetime

from cyclopts import App

from quality_creator.cli import app
from quality_creator.cli.client import CONFIG
from quality_creator.cli.episode import ConfigFile
from quality_creator.config import load

keys = App(name="keys", help="The hub's private keys, and in whose name it signs.")
app.command(keys)


@keys.command
def init(*, config: ConfigFile = CONFIG) -> None:
    """Make the hub's key and a test authority for it, where there are none; then say who signs.

    A hub does the same at its first start. With `signing.certificate` it signs under a real authority.
    """
    show(config=config)


@keys.command
def show(*, config: ConfigFile = CONFIG) -> None:
    """Who signs, under which authority, until when; and the public halves of all keys."""
    from quality_creator.actions import signing

    found = load(config)
    signs = signing.signatory(found, datetime.now(UTC))
    if signs is None:
        print("signing is switched off (signing.enabled)")
    else:
        who = signs.who
        print(f"signs as: {who.name}, {who.organization}")
        print(f"authority: {who.authority}")
        if who.test:
            print("This authority is a test authority: its user made it, and nobody has checked the name.")
        print(f"valid: {who.not_before:%Y-%m-%d} to {who.not_after:%Y-%m-%d}")
    own = signing.open_keys(found)
    print(f"keys: {own.folder}")
    for one in signing.show(own):
        print(f"\n{one.name} ({one.kind})\n{one.public.strip()}")


@keys.command
def encrypt(*, config: ConfigFile = CONFIG) -> None:
    """Encrypt keys from before `keys.passphrase_file` or `keys.passphrase_env` was configured."""
    from quality_creator.actions import signing

    changed = signing.open_keys(load(config)).encrypt()
    print(f"encrypted: {', '.join(changed) or 'nothing, all of them are'}")
