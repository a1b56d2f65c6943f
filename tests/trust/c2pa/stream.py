"""A signed stream as small as can be: boxes that look like a packager's, keys made for the test."""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)

from quality_creator.trust.c2pa import certificate
from quality_creator.trust.c2pa.bmff import box
from quality_creator.trust.c2pa.manifest import LongLived, Manifest, Session, read_init, sign_init
from quality_creator.trust.c2pa.segment import Signing

NOW = datetime(2026, 9, 1, 10, 0, 0, tzinfo=UTC)
URN = "urn:c2pa:5a8a1a52-6f5b-4a33-8d0d-2f6d6b1f6a10"
INSTANCE = "urn:uuid:0f3c2a9e-53a1-4a53-9b0f-58a1f6cb9d5e"
INIT = box(b"ftyp", b"iso6\0\0\0\0iso6mp41") + box(b"moov", box(b"mvhd", bytes(100)))
SEGMENT_S = 2


def key() -> EllipticCurvePrivateKey:
    return generate_private_key(SECP256R1())


@cache
def authority() -> tuple[EllipticCurvePrivateKey, bytes]:
    """A root and its key."""
    root_key = key()
    return root_key, certificate.test_authority(root_key, owner="Some broadcaster", now=NOW)


@cache
def hub() -> LongLived:
    """A hub with a certificate of `authority`."""
    root_key, root = authority()
    own = key()
    made = certificate.hub_certificate(
        own.public_key(), root=root, root_key=root_key, owner="Some broadcaster", now=NOW
    )
    return LongLived(own, (made, root))


def session(first: int = 0, *, created: datetime = NOW, lasts_s: int = 3600) -> Session:
    return Session(key(), first, created, lasts_s)


def signed_init(
    *sessions: Session, urn: str = URN, signer: LongLived | None = None, init: bytes = INIT
) -> bytes:
    return sign_init(
        init,
        urn=urn,
        instance=INSTANCE,
        title="Some episode, 720p",
        generator=("quality-creator", "1"),
        source_type="compositeCapture",
        signer=signer or hub(),
        sessions=sessions,
    )


def event(text: bytes) -> bytes:
    """An `emsg` of ours: data that must be signed."""
    return box(b"emsg", b"\1\0\0\0" + bytes(20) + b"https://aomedia.org/emsg/ID3\0\0" + text)


def parts(number: int, count: int = 3) -> list[bytes]:
    """A segment's parts before it is signed."""
    return [
        (box(b"styp", b"msdh\0\0\0\0msdhiso6") if part == 0 else b"")
        + event(f"value {number}.{part}".encode())
        + box(b"moof", f"moof {number}.{part}".encode())
        + box(b"mdat", bytes([number % 256, part]) * 200)
        for part in range(count)
    ]


def sign(pieces: list[bytes], number: int, using: Session, urn: str = URN) -> bytes:
    """The whole segment, signed at its last part."""
    signing = Signing(sequence=number, urn=urn, session=using)
    for piece in pieces[:-1]:
        signing.add(piece)
    return b"".join(pieces[:-1]) + signing.last(pieces[-1], scale=90_000, duration=SEGMENT_S * 90_000)


def at(number: int) -> datetime:
    """When a segment was made."""
    return NOW + timedelta(seconds=SEGMENT_S * number)


@dataclass
class Stream:
    """A rendition with one session key."""

    first: int = 0
    count: int = 8
    session: Session = field(default_factory=session)

    def __post_init__(self) -> None:
        self.init = signed_init(self.session)
        manifest = read_init(self.init, anchors=[authority()[1]])
        assert manifest is not None
        self.manifest = manifest
        self.segments = [
            sign(parts(number), number, self.session) for number in range(self.first, self.first + self.count)
        ]

    @property
    def manifests(self) -> dict[str, Manifest]:
        return {self.manifest.urn: self.manifest}


def main() -> None:
    """A signed stream for the front end's tests: `python -m tests.trust.c2pa.stream > FILE`."""
    live = Stream(count=4)
    print(
        json.dumps(
            {
                "source": "python -m tests.trust.c2pa.stream",
                "urn": URN,
                "made": NOW.timestamp() * 1000,
                "init": base64.b64encode(live.init).decode(),
                "bare": base64.b64encode(INIT).decode(),
                "segments": [base64.b64encode(one).decode() for one in live.segments],
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
