"""Tools that are not ours read what we sign: c2pa-python (c2pa-rs) and encypher-c2pa.

encypher-c2pa 1.7.1 departs from the specification in three points, so its segments are adapted copies: the
event's value is `c2pa` instead of `fseg` (four bytes that are not signed), the session keys' binding has its
payload attached, as the raw certificate, and there is no other `emsg` (it leaves all of them out of the
hash); our data stand in a top-level `uuid` box instead. Signature, hash, sequence and manifest are checked
as they are published.
"""

import io
import json
from typing import Any

import c2pa
import cbor2
import encypher_c2pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from quality_creator.trust.c2pa import cose, manifest
from quality_creator.trust.c2pa.bmff import box
from tests.trust.c2pa import stream
from tests.trust.c2pa.stream import URN, Stream

LIVE = Stream()
ROOT = x509.load_der_x509_certificate(stream.authority()[1]).public_bytes(Encoding.PEM).decode()
WHEN = "2026-09-01T10:30:00Z"


def c2pa_says(init: bytes, *, trust: bool = True) -> dict[str, Any]:
    settings = {"trust": {"trust_anchors": ROOT}, "verify": {"verify_trust": True}} if trust else {}
    with c2pa.Reader("video/mp4", io.BytesIO(init), context=c2pa.Context.from_dict(settings)) as reader:
        said: dict[str, Any] = json.loads(reader.json())
    return said


def failures(said: dict[str, Any]) -> set[str]:
    found = said["validation_results"]
    return {one["code"] for one in found.get("activeManifest", found)["failure"]}


# --- the init's manifest -----------------------------------------------------------


def test_c2pa_python_trusts_an_init_under_our_test_authority() -> None:
    said = c2pa_says(LIVE.init)
    assert said["validation_state"] == "Trusted"
    assert failures(said) == set()
    assert said["active_manifest"] == URN


def test_c2pa_python_does_not_trust_it_without_that_authority() -> None:
    said = c2pa_says(LIVE.init, trust=False)
    assert said["validation_state"] == "Valid"
    assert failures(said) <= {"signingCredential.untrusted"}


@pytest.mark.parametrize(
    ("where", "code"),
    [(b"mvhd", "assertion.bmffHash.mismatch"), (b"validityPeriod", "assertion.hashedURI.mismatch")],
)
def test_c2pa_python_sees_what_was_altered(where: bytes, code: str) -> None:
    altered = bytearray(LIVE.init)
    altered[LIVE.init.index(where) + len(where) + 3] ^= 1
    assert code in failures(c2pa_says(bytes(altered)))


def test_encypher_finds_the_same_init_valid_and_an_altered_one_not() -> None:
    def says(init: bytes) -> dict[str, Any]:
        return dict(
            encypher_c2pa.verify(
                init,
                "video/mp4",
                trust_pem=ROOT,
                no_default_trust=True,
                telemetry=False,
                validation_time=WHEN,
            )
        )

    said = says(LIVE.init)
    assert (said["integrity"], said["validation_state"]) == ("valid", "Trusted")
    assert said["trust"]["status"] == "valid_for_supplied_material"
    altered = bytearray(LIVE.init)
    altered[-10] ^= 1
    assert says(bytes(altered))["integrity"] != "valid"


# --- segments ----------------------------------------------------------------------


class Adapted:
    """A copy of a stream as encypher-c2pa wants it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        using = stream.session(1)
        published = manifest._session_entry

        def attached(session: manifest.Session, end_entity: bytes) -> dict[str, Any]:
            bound = cose.sign1(session.key, end_entity, detached=False)
            return {**published(session, end_entity), "signerBinding": cbor2.loads(bound)}

        with monkeypatch.context() as patched:
            patched.setattr(manifest, "_session_entry", attached)
            self.init = stream.signed_init(using)
        monkeypatch.setattr(stream, "event", lambda text: box(b"uuid", bytes(16) + text))
        self.segments = [
            stream.sign(stream.parts(number), number, using).replace(b"\0fseg\0", b"\0c2pa\0")
            for number in range(1, 7)
        ]


@pytest.fixture
def adapted(monkeypatch: pytest.MonkeyPatch) -> Adapted:
    return Adapted(monkeypatch)


def encypher_says(init: bytes, segments: list[bytes]) -> dict[str, Any]:
    return dict(
        encypher_c2pa.verify_stream(
            init,
            segments,
            "video/mp4",
            trust_pem=ROOT,
            no_default_trust=True,
            telemetry=False,
            validation_time=WHEN,
        )
    )


def test_encypher_finds_our_segments_valid(adapted: Adapted) -> None:
    said = encypher_says(adapted.init, adapted.segments)
    assert said["integrity"] == "valid", json.dumps(said)[:2000]
    assert said["stream"]["trust"]["status"] == "valid_for_supplied_material"


def test_encypher_sees_each_way_of_tampering(adapted: Adapted) -> None:
    one, two, three, four, *rest = adapted.segments
    other = stream.session(1)
    tampered = {
        "a number": [one, two.replace(b"value 2.1", b"value 7.1"), three],
        "the picture": [one, two.replace(bytes([2, 1]) * 200, bytes([2, 9]) * 200), three],
        "swapped": [one, three, two, four],
        "again": [one, two, two, three],
        "dropped": [one, three, four, *rest],
        "another's key": [
            one,
            stream.sign(stream.parts(2), 2, other).replace(b"\0fseg\0", b"\0c2pa\0"),
            three,
        ],
    }
    for what, segments in tampered.items():
        assert encypher_says(adapted.init, segments)["integrity"] != "valid", what
