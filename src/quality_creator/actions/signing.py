"""Who signs a hub's segments: its long-lived key with certificates, and one session key an episode.

The long-lived key signs each rendition's init segment, which names the session key; the session key signs
the segments, lives in this process's memory, and is replaced now and then. A hub that starts again has a
new one: what it goes on with is announced with a new init segment, from the segment at hand on, so every
segment's signature finds its key in the init segment that the playlist gives it.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from quality_creator import __version__
from quality_creator.config import Config
from quality_creator.model.clock import TICKS
from quality_creator.model.errors import BadInput, BadPayload
from quality_creator.model.stream import PART_TICKS, SEGMENT_PARTS
from quality_creator.store.keys import FOLDER, Keys, passphrase
from quality_creator.trust.c2pa import certificate, manifest
from quality_creator.trust.c2pa.manifest import LongLived, Session
from quality_creator.trust.c2pa.segment import Signing as SegmentSigning

log = structlog.get_logger()

AUTHORITY = "test-authority"
"""The name of a test authority's key."""

PERIOD = timedelta(hours=24)
"""How long a session key is valid."""

ROTATION = timedelta(hours=12)
"""How long a session key signs."""

RENEWAL = timedelta(days=60)
"""A hub's certificate of its own test authority is made anew this long before it expires."""


@dataclass(frozen=True, slots=True)
class Signatory:
    """Whose name a hub signs in."""

    signer: LongLived
    source: str
    """What the pictures are, in IPTC's words."""

    @property
    def who(self) -> certificate.Signer:
        """What the certificates say."""
        return certificate.signer(self.signer.chain)


def open_keys(config: Config) -> Keys:
    """The hub's keys. Raises BadInput when the passphrase can't be had."""
    file = config.path(config.keys.passphrase_file) if config.keys.passphrase_file else None
    folder = config.path(config.hub.data) / FOLDER
    return Keys(folder, passphrase(file, config.keys.passphrase_env))


def signatory(config: Config, now: datetime) -> Signatory | None:
    """Who signs for this hub; made now where it has nobody yet. None when signing is switched off.

    Raises:
        BadInput: key or certificates can't be used; the text says which and why.
    """
    if not config.signing.enabled:
        return None
    keys = open_keys(config)
    if config.signing.certificate:
        signer = _configured(keys, config.signing.key, config.path(config.signing.certificate))
    else:
        signer = _own(keys, config, now)
    found = Signatory(signer, config.signing.source)
    who = found.who
    if not who.not_before <= now <= who.not_after:
        raise BadInput(
            f"the certificate of {who.organization!r} is valid from {who.not_before:%Y-%m-%d} to "
            f"{who.not_after:%Y-%m-%d} only; name a newer one in `signing.certificate`"
        )
    return found


def _configured(keys: Keys, name: str, path: Path) -> LongLived:
    key = keys.p256(name)
    try:
        chain = tuple(
            one.public_bytes(Encoding.DER) for one in x509.load_pem_x509_certificates(path.read_bytes())
        )
        certificate.signer(chain)
        own = certificate.signer_key(x509.load_der_x509_certificate(chain[0]))
    except OSError as error:
        raise BadInput(f"signing.certificate: {path}: {error.strerror}") from error
    except (ValueError, BadPayload) as error:
        raise BadInput(f"signing.certificate: {path}: {error}") from error
    if own.public_numbers() != key.public_key().public_numbers():
        raise BadInput(f"signing.certificate: {path}: it belongs to another key than `{name}`")
    return LongLived(key, chain)


def _own(keys: Keys, config: Config, now: datetime) -> LongLived:
    """The hub's key with a certificate of its own test authority."""
    owner = config.brand.en if config.brand is not None and config.brand.en else "An unnamed broadcaster"
    key = keys.own_p256(config.signing.key)
    root_key = keys.own_p256(AUTHORITY)
    root = _kept(keys, AUTHORITY)
    if not root:
        root = (certificate.test_authority(root_key, owner=owner, now=now),)
        keys.keep_certificates(AUTHORITY, _pem(root))
    chain = _kept(keys, config.signing.key)
    if len(chain) != 2 or chain[1] != root[0] or _expires(chain[0]) - now < RENEWAL:
        own = certificate.hub_certificate(
            key.public_key(), root=root[0], root_key=root_key, owner=owner, now=now
        )
        chain = (own, root[0])
        keys.keep_certificates(config.signing.key, _pem(chain))
        log.info("certificate", owner=owner, authority="the hub's own test authority")
    return LongLived(key, chain)


def _kept(keys: Keys, name: str) -> tuple[bytes, ...]:
    pem = keys.certificates(name)
    if pem is None:
        return ()
    try:
        return tuple(one.public_bytes(Encoding.DER) for one in x509.load_pem_x509_certificates(pem))
    except ValueError as error:
        raise BadInput(f"{keys.folder / name}.pem: {error}; delete it, and it is made anew") from error


def _pem(chain: Sequence[bytes]) -> bytes:
    return b"".join(x509.load_der_x509_certificate(one).public_bytes(Encoding.PEM) for one in chain)


def _expires(der: bytes) -> datetime:
    return x509.load_der_x509_certificate(der).not_valid_after_utc


# --- what a person is told ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """A key as `qc keys show` tells of it."""

    name: str
    kind: str
    public: str
    """Its public half, as PEM."""


def show(keys: Keys) -> list[Shown]:
    """The public halves of all keys. Raises BadInput."""
    return [
        Shown(
            name,
            keys.kind(name),
            (keys.ed25519(name) if keys.kind(name) == "ed25519" else keys.p256(name))
            .public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            .decode(),
        )
        for name in keys.names()
    ]


# --- an episode -----------------------------------------------------------------------------------


class EpisodeSigning:
    """One episode's signatures: a session key, an init for each rendition, and the segment at hand."""

    def __init__(self, signatory: Signatory, title: str, clock: Callable[[], datetime]) -> None:
        self._signatory = signatory
        self._title = title
        self._clock = clock
        self._session = self._new(0)
        self._bare: dict[str, bytes] = {}
        self._urns: dict[str, str] = {}
        self._segment: dict[str, SegmentSigning] = {}

    def knows(self, rendition: str, init: bytes) -> bool:
        """Whether an init segment, signed or not, is the one that this rendition has now."""
        return self._bare.get(rendition) == manifest.unsigned(init)

    def init(self, rendition: str, init: bytes, msn: int) -> bytes:
        """An init segment with a manifest of its own, for the segments from a number on."""
        bare = manifest.unsigned(init)
        urn = f"urn:c2pa:{uuid.uuid4()}"
        self._bare[rendition], self._urns[rendition] = bare, urn
        session = Session(self._session.key, msn, self._session.created, self._session.lasts_s)
        return manifest.sign_init(
            bare,
            urn=urn,
            instance=f"urn:uuid:{uuid.uuid4()}",
            title=f"{self._title}, {rendition}",
            generator=("quality-creator", __version__),
            source_type=self._signatory.source,
            signer=self._signatory.signer,
            sessions=[session],
        )

    def rotate(self, msn: int) -> dict[str, bytes]:
        """When its time has come: a new session key, and the init segments that name it; else nothing."""
        if self._clock() - self._session.created < ROTATION:
            return {}
        self._session = self._new(msn)
        return {rendition: self.init(rendition, bare, msn) for rendition, bare in self._bare.items()}

    def begin(self, msn: int, parts: Sequence[Mapping[str, bytes]] = ()) -> None:
        """A segment starts, or goes on after these parts that another hub has announced.

        Where their bytes are lost, there is nothing to sign: the segment stays without a signature.
        """
        session = self._session
        self._segment = {
            rendition: SegmentSigning(sequence=msn, urn=urn, session=session)
            for rendition, urn in self._urns.items()
            if all(rendition in part for part in parts)
        }
        for part in parts:
            for rendition, signing in self._segment.items():
                signing.add(part[rendition])

    def part(self, data: Mapping[str, bytes], *, last: bool) -> dict[str, bytes]:
        """A part of the segment at hand, signed if it is the last."""
        signed = dict(data)
        for rendition, signing in self._segment.items():
            if last:
                duration = SEGMENT_PARTS * PART_TICKS
                signed[rendition] = signing.last(data[rendition], scale=TICKS, duration=duration)
            else:
                signing.add(data[rendition])
        return signed

    def close(self, parts: int) -> dict[str, bytes]:
        """The signatures of a segment that ended early, after so many parts; they go behind it."""
        return {
            rendition: signing.close(scale=TICKS, duration=parts * PART_TICKS)
            for rendition, signing in self._segment.items()
        }

    def _new(self, msn: int) -> Session:
        created = self._clock().astimezone(UTC).replace(microsecond=0)
        return Session(generate_private_key(SECP256R1()), msn, created, int(PERIOD.total_seconds()))
