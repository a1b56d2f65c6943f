"""Commands for an authority's own desk, offline: `qc endorse`, `qc dissent`, `qc register`, `qc expert`.

What they make are files for `qc submit`, which hands them to a hub.
"""

import getpass
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from quality_creator.cli import app
from quality_creator.model.errors import BadInput

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from quality_creator.actions import signers

endorsement = App(name="endorsement", help="An authority's endorsements: take one back, sign the list anew.")
register = App(name="register", help="The register of authorities: keys, drafts, versions.")
expert = App(name="expert", help="An institution's word on its experts' keys.")
app.command(endorsement)
app.command(register)
app.command(expert)

KeyPlace = Annotated[
    str, Parameter(name="--key", help="your authority's own key: a .key file, or pkcs11:… in a token")
]
Book = Annotated[Path | None, Parameter(help="what was endorsed; needed with a key in a token")]
Issuer = Annotated[str, Parameter(name="--as", help="the authority's did:web")]
PassphraseFile = Annotated[
    Path | None, Parameter(help="a file with the key's passphrase or PIN, if it has one")
]


@app.command
def endorse(
    document: str,
    *,
    key: KeyPlace,
    issuer: Issuer,
    name: str,
    comment: str,
    out: Path | None = None,
    days: int = 365,
    status_list: str | None = None,
    book: Book = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Endorse a dossier with your authority's own key, at your own desk.

    Look at the episode first: `qc verify` says what is right and what is not. What you sign is the digest
    that is printed; compare it with the one on the episode's page. Send the file within 15 minutes.

    Args:
        document: The dossier's file or address; or a new register, which you approve by endorsing it.
        name: Your authority's, as it calls itself.
        comment: What you vouch for, in your own words.
        out: The file to write; left out, endorsement.json.
        days: For how long it counts.
        status_list: Where your list of revocations is published; left out, on the dossier's site.
    """
    from quality_creator.actions import signers
    from quality_creator.trust import dossier

    data = _fetch(document)
    made_of = signers.describe(data)
    desk = _desk(issuer, key, passphrase_file, book)
    made = desk.endorse(
        data, name=name, comment=comment, days=days, list_address=status_list, now=datetime.now(UTC)
    )
    if made_of is not None:
        print(f"episode:      {made_of.episode}")
        print(f"segments:     {made_of.segments.count}, {made_of.segments.missing} not recorded")
        print(f"measurements: {made_of.measurements.count} batches")
        print(f"charts:       {', '.join(one.characteristic for one in made_of.verdicts) or 'none'}")
        print(f"remarks:      {len(made_of.remarks)}")
    print(f"digest:       {dossier.digest_sri(data)}")
    _write(out or Path("endorsement.json"), made)


@app.command(name="dissent")
def dissent_(
    document: str,
    *,
    key: KeyPlace,
    issuer: Issuer,
    reason: str,
    out: Path = Path("dissent.json"),
    passphrase_file: PassphraseFile = None,
) -> None:
    """Say that your authority does not vouch for a dossier, and why; it is logged and shown.

    An endorsement of yours that was signed before counts no more. Send the file within 15 minutes.

    Args:
        document: The dossier's file or address.
        reason: Why, in your own words; it is published.
        out: The file to write.
    """
    from quality_creator.trust import dossier

    data = _fetch(document)
    made = _desk(issuer, key, passphrase_file).dissent(data, reason=reason, now=datetime.now(UTC))
    print(f"digest:       {dossier.digest_sri(data)}")
    _write(out, made)


@endorsement.command
def change(
    made: str,
    to: Literal["revoked", "suspended", "reinstated"],
    *,
    key: KeyPlace,
    issuer: Issuer,
    reason: str,
    out: Path = Path("change.json"),
    book: Book = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Take an endorsement back, or put it in force again; then sign your lists anew (`qc endorsement renew`).

    Args:
        made: The endorsement's id, urn:uuid:…
        to: revoked is for ever.
        reason: Why, in your own words; it is published.
        out: The file to write.
    """
    desk = _desk(issuer, key, passphrase_file, book)
    _write(out, desk.change(made, to, reason, datetime.now(UTC)))


@endorsement.command
def renew(
    *,
    key: KeyPlace,
    issuer: Issuer,
    out: Path = Path("status"),
    book: Book = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Sign your lists of revocations and suspensions anew, every day: a list counts for a day.

    Args:
        out: The files' name; `-1.json` and so on are put behind it.
    """
    for number, data in enumerate(_desk(issuer, key, passphrase_file, book).lists(datetime.now(UTC)), 1):
        _write(out.with_name(f"{out.name}-{number}.json"), data)


@endorsement.command(name="list")
def list_(
    *, key: KeyPlace, issuer: Issuer, book: Book = None, passphrase_file: PassphraseFile = None
) -> None:
    """Every endorsement that was made at this desk."""
    for one in _desk(issuer, key, passphrase_file, book).issued:
        print(f"{one.created}  {one.id}  {one.digest}  {one.status}")


@register.command(name="key")
def key_(name: str, *, issuer: Issuer, passphrase_file: PassphraseFile = None) -> None:
    """Make a key for your endorsements, and say what the committee needs of it.

    Args:
        name: The file, such as desk/inspection.key; its folder is for you alone. Or pkcs11:… in a token.
    """
    import msgspec

    from quality_creator.store import token
    from quality_creator.store.keys import Keys
    from quality_creator.trust import did, multikey

    made: Ed25519PrivateKey
    if name.startswith(token.SCHEME):
        made = token.create(name, _pin(passphrase_file))
        print(f"{name}: made; it does not leave the token")
    else:
        path = Path(name)
        if path.suffix != ".key":
            raise BadInput(f"{path}: a key's file ends in .key")
        made = Keys(path.parent, _passphrase(passphrase_file)).create_ed25519(path.stem)
        print(f"{path}: made; whoever has this file can sign in your name")
    public = multikey.encode(made.public_key())
    print(f"multikey: {public}")
    print(f"for {did.address(issuer)}:")
    print(msgspec.json.format(msgspec.json.encode(did.document(issuer, public))).decode())


@register.command
def sign(
    draft: Path,
    *,
    key: KeyPlace,
    issuer: Issuer,
    before: Path | None = None,
    out: Path = Path("register.json"),
    passphrase_file: PassphraseFile = None,
) -> None:
    """Sign a version of the register, as the committee.

    Args:
        draft: JSON with `quorum` and `authorities`; see docs/proof/endorsement.md.
        before: The version that it follows; it must then be approved by institutions with `qc endorse`.
        out: The file to write.
    """
    from quality_creator.actions import signers

    desk = _desk(issuer, key, passphrase_file)
    old = None if before is None else _read(before)
    _write(out, signers.sign_register(desk, _read(draft), old, datetime.now(UTC)))


@register.command(name="show")
def show_(version: Path) -> None:
    """Who stands in a register, and its digest, by which others know it.

    Args:
        version: Its file.
    """
    from quality_creator.trust import dossier
    from quality_creator.trust import register as registers

    data = _read(version)
    found = registers.read(data)
    print(f"version {found.version}, {found.id}, {found.quorum} institutions approve the next one")
    for one in found.authorities:
        mark = " (made up, for a demonstration)" if one.demonstration else ""
        print(f"{one.role:<12} {one.id}  {one.name.en} · {one.name.zh}{mark}")
        for held in one.keys:
            print(f"             {held.multikey}  {held.since} to {held.until or 'today'}")
    print(f"digest: {dossier.digest_sri(data)}")


@expert.command
def approve(
    did: str,
    *,
    name: str,
    key: KeyPlace,
    issuer: Issuer,
    out: Path = Path("expert.json"),
    passphrase_file: PassphraseFile = None,
) -> None:
    """Say that a key is that of an expert of yours; compare it with them over another way first.

    Args:
        did: The expert's key, did:key:z6Mk…, as their own page shows it.
        name: The expert's, as in their account.
        out: The file to write; send it within 15 minutes.
    """
    _write(out, _desk(issuer, key, passphrase_file).vouch(did, name, "approved", datetime.now(UTC)))


@expert.command
def revoke(
    did: str,
    *,
    name: str,
    key: KeyPlace,
    issuer: Issuer,
    out: Path = Path("expert.json"),
    passphrase_file: PassphraseFile = None,
) -> None:
    """Say that a key is no longer that of an expert of yours; what it signed before keeps standing.

    Args:
        did: The expert's key.
        name: The expert's.
        out: The file to write; send it within 15 minutes.
    """
    _write(out, _desk(issuer, key, passphrase_file).vouch(did, name, "revoked", datetime.now(UTC)))


def _desk(issuer: str, key: str, passphrase_file: Path | None, book: Path | None = None) -> "signers.Desk":
    from quality_creator.actions import signers
    from quality_creator.store import token

    secret = _passphrase(passphrase_file)
    if key.startswith(token.SCHEME):
        secret = _pin(passphrase_file).encode()
    elif secret is None and _encrypted(Path(key)):
        secret = _asked("Passphrase of the key", "the key is encrypted: give its passphrase").encode()
    return signers.Desk.open(issuer, key, secret, book)


def _pin(file: Path | None) -> str:
    """A token's PIN: from a file, the environment, or whoever sits there; never from an argument."""
    from quality_creator.store import token

    found = (_passphrase(file) or os.environ.get(token.PIN, "").encode()).decode()
    if found:
        return found
    return _asked("PIN of the token", f"the token needs a PIN: set {token.PIN}, or give it")


def _asked(what: str, lacking: str) -> str:
    """A secret from whoever sits there."""
    if not sys.stdin.isatty():
        raise BadInput(f"{lacking} in a file with --passphrase-file")
    return getpass.getpass(f"{what}: ")


def _encrypted(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return b"ENCRYPTED" in file.read(64)
    except OSError:
        return False  # what is wrong with it is said where it is used


def _passphrase(file: Path | None) -> bytes | None:
    from quality_creator.store.keys import passphrase

    return passphrase(file, "")


def _fetch(where: str) -> bytes:
    """A document from a file or an address."""
    if not where.startswith(("http://", "https://")):
        return _read(Path(where))
    from quality_creator.actions.evidence_source import opened

    folder, _, name = where.rpartition("/")
    with opened(folder) as source:
        return source.read(name)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from error


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from error
    print(f"{path}: written; hand it to the hub: `qc submit {path}`")
