"""An authority's own desk: its key, what it has endorsed, and its list of what it took back.

It runs on the authority's machine and needs no network. What it makes are files, which are sent to a hub; no
hub ever has the key, and no hub's page asks for a signature.

    <folder>/<name>.key              the private key, for its owner's eyes; or none, and it stays in a token
    <folder>/<name>.issued.json      every endorsement with its position in the list, and which are revoked
"""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quality_creator.model.errors import BadInput, BadPayload
from quality_creator.store import token
from quality_creator.store.keys import Keys
from quality_creator.trust import (
    did,
    dissent,
    dossier,
    endorsement,
    enrolment,
    jcs,
    multikey,
    proof,
    register,
    status_list,
)
from quality_creator.trust.dossier import Dossier

LONGEST_DAYS = 36_500


class Issued(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An endorsement that was made at this desk."""

    id: str
    position: int
    list: str
    digest: str
    created: str
    revoked: bool = False
    suspended: bool = False

    @property
    def status(self) -> str:
        """Its state in a word."""
        return "revoked" if self.revoked else "suspended" if self.suspended else "in force"


class Desk:
    """One authority's."""

    def __init__(self, issuer: str, key: Ed25519PrivateKey, book: Path | None) -> None:
        self.issuer = issuer
        self.key = key
        self._book = book
        self.issued = _load(book) if book is not None else []

    @classmethod
    def open(
        cls, issuer: str, key: str | Path, passphrase: bytes | None = None, book: Path | None = None
    ) -> "Desk":
        """The desk of an authority.

        Args:
            issuer: Its did:web.
            key: Where its key is: a file, or an address in a token (`pkcs11:…`).
            passphrase: The file's, or the token's PIN.
            book: Where it is kept what was endorsed; None for a place beside the file. With a key in a token
                and no book, nothing can be endorsed or taken back.

        Raises:
            BadInput: no did:web, or a key that can't be used.
        """
        try:
            did.web(issuer)
        except BadPayload as error:
            raise BadInput(f"--as: {error}") from error
        if str(key).startswith(token.SCHEME):
            return cls(issuer, token.load(str(key), (passphrase or b"").decode()), book)
        path = Path(key)
        if path.suffix != ".key":
            raise BadInput(f"{path}: a key's file ends in .key; `qc register key` makes one")
        found = Keys(path.parent, passphrase).ed25519(path.stem)
        return cls(issuer, found, book or path.with_suffix(".issued.json"))

    @property
    def multikey(self) -> str:
        """The public half."""
        return multikey.encode(self.key.public_key())

    def endorse(
        self,
        data: bytes,
        *,
        name: str,
        comment: str,
        days: int,
        list_address: str | None,
        now: datetime,
    ) -> bytes:
        """An endorsement of a dossier, or an institution's approval of a new register.

        Args:
            data: The document that is endorsed.
            name: The authority's, in its own words.
            comment: What it vouches for, in its own words.
            days: For how long it counts.
            list_address: Where its list of revocations is published (that of suspensions lies below it); None
                for the place on the same site.
            now: The proof's time.

        Raises:
            BadInput: it is neither, or its words can't stand in a signed document.
        """
        subject = subject_of(data)
        self._require_book()
        if not 0 < days <= LONGEST_DAYS:
            raise BadInput(f"--days: {days}; from 1 to {LONGEST_DAYS}")
        where = list_address or default_list(subject, self.issuer)
        taken = {one.position for one in self.issued if one.list == where}
        free = [one for one in (secrets.randbelow(status_list.SIZE) for _ in range(256)) if one not in taken]
        if not free:
            raise BadInput(f"the list {where} is full; begin another with --status-list")
        made = f"urn:uuid:{uuid.uuid4()}"
        digest = dossier.digest_sri(data)
        try:
            document = endorsement.issue(
                self.key,
                id=made,
                issuer=self.issuer,
                issuer_name=name,
                subject=subject,
                digest=digest,
                comment=comment,
                now=now,
                valid_until=now + timedelta(days=days),
                status_address=where,
                status_index=free[0],
            )
        except BadPayload as error:
            raise BadInput(str(error)) from error
        created = proof.time_text(now)
        self._write(
            [*self.issued, Issued(id=made, position=free[0], list=where, digest=digest, created=created)]
        )
        return document

    def change(
        self, made: str, status: Literal["revoked", "suspended", "reinstated"], reason: str, now: datetime
    ) -> bytes:
        """Take an endorsement back, or put it in force again: an entry for the log.

        Raises:
            BadInput: it was not made here, or is revoked for good.
        """
        self._require_book()
        found = next((one for one in self.issued if one.id == made), None)
        if found is None:
            raise BadInput(f"{made} was not issued at this desk; there are: {self._names()}")
        if found.revoked:
            raise BadInput(f"{made} is revoked, and stays so")
        if status == {True: "suspended", False: "reinstated"}[found.suspended]:
            raise BadInput(f"{made} is {found.status} already")
        document = endorsement.issue_change(
            self.key,
            id=f"urn:uuid:{uuid.uuid4()}",
            issuer=self.issuer,
            endorsement=made,
            status=status,
            reason=reason,
            now=now,
        )
        revoked, suspended = status == "revoked", status == "suspended"
        changed = msgspec.structs.replace(found, revoked=revoked, suspended=suspended)
        self._write([changed if one is found else one for one in self.issued])
        return document

    def dissent(self, data: bytes, *, reason: str, now: datetime) -> bytes:
        """What the authority says of a dossier, or of a new register, that it does not vouch for.

        Raises:
            BadInput: it is neither, or its words can't stand in a signed document.
        """
        subject = subject_of(data)
        try:
            return dissent.issue(
                self.key,
                id=f"urn:uuid:{uuid.uuid4()}",
                issuer=self.issuer,
                subject=subject,
                digest=dossier.digest_sri(data),
                reason=reason,
                now=now,
            )
        except BadPayload as error:
            raise BadInput(str(error)) from error

    def vouch(self, expert: str, name: str, state: enrolment.State, now: datetime) -> bytes:
        """What the institution says of an expert's key: that it is theirs, or that it is so no more.

        Args:
            expert: The key's did:key, as the expert's own page shows it.
            name: The expert's.
            state: What is said of it.
            now: The proof's time.

        Raises:
            BadInput: it is no did:key, or a name that can't stand in a signed document.
        """
        try:
            told = enrolment.Enrolment(
                id=f"urn:uuid:{uuid.uuid4()}",
                expert=expert,
                institution=self.issuer,
                name=name,
                state=state,
            )
            return enrolment.sign(told, self.key, created=now)
        except BadPayload as error:
            raise BadInput(str(error)) from error

    def lists(self, now: datetime) -> list[bytes]:
        """Every list of revocations and of suspensions, signed anew: each counts for a day.

        Raises:
            BadInput: nobody said where it is kept what was endorsed.
        """
        self._require_book()
        return [
            status_list.issue(
                self.key,
                address=where,
                issuer=self.issuer,
                purpose=purpose,
                indices=[
                    one.position
                    for one in self.issued
                    if one.list == listed and (one.revoked if purpose == "revocation" else one.suspended)
                ],
                now=now,
            )
            for listed in dict.fromkeys(one.list for one in self.issued)
            for purpose, where in status_list.addresses(listed).items()
        ]

    def _names(self) -> str:
        return ", ".join(one.id for one in self.issued) or "none"

    def _require_book(self) -> Path:
        if self._book is None:
            raise BadInput("say with --book in which file it is kept what was endorsed with the token's key")
        return self._book

    def _write(self, issued: Sequence[Issued]) -> None:
        book = self._require_book()
        spare = book.with_suffix(".part")
        try:
            spare.write_bytes(msgspec.json.format(msgspec.json.encode(issued)) + b"\n")
            spare.replace(book)
        except OSError as error:
            raise BadInput(f"{book}: {error.strerror}") from error
        self.issued = list(issued)


def subject_of(data: bytes) -> str:
    """What a document that can be endorsed is called: a dossier's address, a register's id.

    Raises:
        BadInput: it is neither.
    """
    try:
        return dossier.decode(data).id
    except BadPayload as error:
        reason = error
    try:
        document = jcs.canonical(data)
    except BadPayload:
        raise BadInput(f"neither a dossier ({reason}) nor a register of authorities") from reason
    if document.get("type") != ["VerifiableCredential", register.KIND]:
        raise BadInput(f"neither a dossier ({reason}) nor a register of authorities")
    return str(document["id"])


def default_list(subject: str, issuer: str) -> str:
    """Where an authority's list is published: on the site of what it endorses.

    Raises:
        BadInput: that has no site.
    """
    scheme, _, rest = subject.partition("://")
    if scheme not in ("http", "https") or not rest:
        raise BadInput(
            f"{subject} is not on a site; say where the list of revocations is, with --status-list"
        )
    return f"{scheme}://{rest.partition('/')[0]}/status/{issuer.removeprefix('did:web:')}"


def describe(data: bytes) -> Dossier | None:
    """A dossier for its reader; None for a register. Raises BadInput when it is neither."""
    subject_of(data)
    try:
        return dossier.decode(data)
    except BadPayload:
        return None


def sign_register(desk: Desk, drafted: bytes, before: bytes | None, now: datetime) -> bytes:
    """The register as its committee signs it.

    Args:
        desk: The committee's.
        drafted: JSON of `trust.register.Register` without `type`, `version` and `previous`.
        before: The version that it follows; None for the first.
        now: The proof's time.

    Raises:
        BadInput: it can't be a register; the text says why.
    """
    try:
        fields = jcs.decode_object(drafted)
        previous = None if before is None else register.read(before)
        fields |= {
            "type": register.KIND,
            "version": 1 if previous is None else previous.version + 1,
            "id": fields.get("id") or (previous.id if previous else f"urn:uuid:{uuid.uuid4()}"),
        }
        if before is not None:
            fields["previous"] = dossier.digest_sri(before)
        made = msgspec.convert(fields, register.Register)
        return register.issue(
            made, desk.key, issuer=desk.issuer, credential_id=f"urn:uuid:{uuid.uuid4()}", now=now
        )
    except (BadPayload, msgspec.ValidationError) as error:
        raise BadInput(f"the register: {error}") from error


def fingerprint(data: bytes) -> str:
    """A digest as people compare it by telephone: groups of four."""
    digits = hashlib.sha256(data).hexdigest()
    return " ".join(digits[start : start + 4] for start in range(0, 64, 4))


def _load(book: Path) -> list[Issued]:
    try:
        return msgspec.json.decode(book.read_bytes(), type=list[Issued])
    except FileNotFoundError:
        return []
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadInput(f"{book}: {error}; what was issued must be known before more is") from error
