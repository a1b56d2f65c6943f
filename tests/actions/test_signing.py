"""A hub that signs: whose key, whose certificates, and one session after another."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from quality_creator.actions import signing
from quality_creator.actions.signing import AUTHORITY, EpisodeSigning, signatory
from quality_creator.config import Config, loads
from quality_creator.model.errors import BadInput
from quality_creator.store.keys import Keys
from quality_creator.trust.c2pa import certificate
from quality_creator.trust.c2pa.manifest import Manifest, read_init
from quality_creator.trust.c2pa.verify import check
from tests.trust.c2pa import stream

NOW = datetime(2026, 9, 1, 10, 0, 0, tzinfo=UTC)


def config(folder: Path, text: str = "") -> Config:
    return loads(f"brand = {{ zh-Hans = '听雁', en = 'Tingyan' }}\n{text}", folder=folder, environment={})


def test_a_hub_makes_its_own_test_authority_once_and_says_that_it_is_one(tmp_path: Path) -> None:
    first = signatory(config(tmp_path), NOW)
    again = signatory(config(tmp_path), NOW + timedelta(days=30))
    assert first is not None
    assert again is not None
    assert first.signer.chain == again.signer.chain
    assert (first.who.organization, first.who.authority, first.who.test) == (
        "Tingyan",
        "Tingyan TEST authority",
        True,
    )
    keys = Keys(tmp_path / "data/keys")
    assert keys.names() == ["hub", AUTHORITY]
    assert [one.kind for one in signing.show(keys)] == ["p-256", "p-256"]
    assert "PRIVATE" not in "".join(one.public for one in signing.show(keys))


def test_a_certificate_that_ends_soon_is_made_anew_under_the_same_authority(tmp_path: Path) -> None:
    first = signatory(config(tmp_path), NOW)
    later = NOW + timedelta(days=certificate.HUB_DAYS - 30)
    renewed = signatory(config(tmp_path), later)
    assert first is not None
    assert renewed is not None
    assert renewed.signer.chain[0] != first.signer.chain[0]
    assert renewed.signer.chain[1] == first.signer.chain[1]
    assert renewed.who.not_after > later + timedelta(days=365)


def test_switched_off_nobody_signs_and_no_key_is_made(tmp_path: Path) -> None:
    assert signatory(config(tmp_path, "[signing]\nenabled = false"), NOW) is None
    assert not (tmp_path / "data").exists()


def pem(*chain: bytes) -> bytes:
    return b"".join(x509.load_der_x509_certificate(one).public_bytes(Encoding.PEM) for one in chain)


def test_a_certificate_of_an_authority_is_used_when_it_is_the_keys_own_and_valid(tmp_path: Path) -> None:
    root_key, root = stream.authority()
    keys = Keys(tmp_path / "data/keys")
    own = keys.create_p256("press")
    text = "[signing]\nkey = 'press'\ncertificate = 'press.pem'"

    def issue(now: datetime) -> bytes:
        return certificate.hub_certificate(
            own.public_key(), root=root, root_key=root_key, owner="Press", now=now
        )

    (tmp_path / "press.pem").write_bytes(pem(issue(NOW), root))
    found = signatory(config(tmp_path, text), NOW)
    assert found is not None
    assert found.who.organization == "Press"
    (tmp_path / "press.pem").write_bytes(pem(*stream.hub().chain))
    with pytest.raises(BadInput, match="another key"):
        signatory(config(tmp_path, text), NOW)
    (tmp_path / "press.pem").write_bytes(pem(issue(NOW - timedelta(days=2000)), root))
    with pytest.raises(BadInput, match="only"):
        signatory(config(tmp_path, text), NOW)
    (tmp_path / "press.pem").write_bytes(b"nothing")
    with pytest.raises(BadInput, match=r"signing.certificate"):
        signatory(config(tmp_path, text), NOW)


# --- an episode --------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def make(folder: Path, clock: Clock) -> EpisodeSigning:
    found = signatory(config(folder), clock())
    assert found is not None
    return EpisodeSigning(found, "Some episode", clock)


def read(init: bytes) -> Manifest:
    found = read_init(init)
    assert found is not None
    return found


def segment(signs: EpisodeSigning, msn: int) -> dict[str, bytes]:
    signs.begin(msn)
    parts = stream.parts(msn)
    signed = [
        signs.part({"720p": part, "360p": part}, last=number == len(parts) - 1)
        for number, part in enumerate(parts)
    ]
    return {name: b"".join(part[name] for part in signed) for name in ("720p", "360p")}


def test_each_rendition_has_a_manifest_of_its_own(tmp_path: Path) -> None:
    signs = make(tmp_path, Clock())
    manifests = {name: read(signs.init(name, stream.INIT, 0)) for name in ("720p", "360p")}
    assert manifests["720p"].urn != manifests["360p"].urn
    assert [one.title for one in manifests.values()] == ["Some episode, 720p", "Some episode, 360p"]
    found = segment(signs, 7)
    for name, data in found.items():
        assert check(data, {manifests[name].urn: manifests[name]}, NOW).sequence == 7
    other = manifests["360p"]
    assert check(found["720p"], {other.urn: other}, NOW).state == "altered"
    assert signs.knows("720p", stream.INIT)
    assert not signs.knows("720p", stream.INIT[:-1] + b"\1")


def test_a_session_key_is_replaced_in_time_and_the_new_init_names_the_new_one(tmp_path: Path) -> None:
    clock = Clock()
    signs = make(tmp_path, clock)
    before = read(signs.init("720p", stream.INIT, 0))
    signs.init("360p", stream.INIT, 0)
    assert signs.rotate(5) == {}
    clock.now += signing.ROTATION
    after = {name: read(init) for name, init in signs.rotate(9).items()}
    assert after.keys() == {"720p", "360p"}
    assert after["720p"].keys[0].kid != before.keys[0].kid
    assert after["720p"].keys[0].first == 9
    assert check(segment(signs, 9)["720p"], {after["720p"].urn: after["720p"]}, clock.now).state == "valid"
    assert signs.rotate(10) == {}


def test_a_segment_that_another_hub_began_is_signed_as_one(tmp_path: Path) -> None:
    clock = Clock()
    make(tmp_path, clock)
    announced, rest = stream.parts(4)[:2], stream.parts(4)[2:]
    signs = make(tmp_path, clock)
    manifest = read(signs.init("720p", stream.INIT, 4))
    signs.begin(4, [{"720p": part} for part in announced])
    signed = [signs.part({"720p": part}, last=True)["720p"] for part in rest]
    assert check(b"".join([*announced, *signed]), {manifest.urn: manifest}, NOW).sequence == 4


def test_a_segment_whose_first_half_is_lost_stays_without_a_signature(tmp_path: Path) -> None:
    signs = make(tmp_path, Clock())
    manifest = read(signs.init("720p", stream.INIT, 4))
    signs.begin(4, [{}])
    last = signs.part({"720p": stream.parts(4)[2]}, last=True)["720p"]
    assert check(last, {manifest.urn: manifest}, NOW).state == "unsigned"
    assert signs.close(3) == {}
