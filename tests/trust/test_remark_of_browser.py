"""What a browser signs is what Python signs and takes: both make the same files, byte for byte."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quality_creator.model.errors import BadPayload
from quality_creator.trust import dossier, multikey, remark
from quality_creator.trust.remark import About, Frame, Remark, Result, Span

DATA = Path(__file__).parents[1] / "data" / "trust"
KEYS = json.loads((DATA / "eddsa-jcs-2022" / "keyPair.json").read_bytes())
PRIVATE = Ed25519PrivateKey.from_private_bytes(multikey.from_base58(KEYS["privateKeyMultibase"][1:])[2:])
CREATED = datetime(2026, 9, 1, 10, 0, 0, tzinfo=UTC)
ID = "urn:uuid:0b6e9ad0-94a5-4fd8-8a6b-7a4a1bb8c0d1"
LOT = "urn:uuid:11111111-2222-4333-8444-555555555555"


def _said(kind: remark.Kind, words: str, *, id: str = ID, **more: object) -> Remark:  # noqa: A002
    span = {} if kind == "withdrawal" else {"span": Span(start=900_000, to=1_800_000)}
    return Remark(
        type="remark/1",
        id=id,
        episode="urn:uuid:5a1f0c3e-6a7e-4f0e-9d53-0e2f6f1d9b10",
        expert=f"did:key:{KEYS['publicKeyMultibase']}",
        institution="did:web:lab.example",
        name="吴敏 Wu Min",
        kind=kind,
        words=words,
        language="zh",
        seen=dossier.Seen(size=7, root="47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        **{**span, **more},  # type: ignore[arg-type]
    )


SAID = {
    "remark": _said("remark", "焊缝处有气孔。Caf\u00e9 \U0001f50d\n"),
    "frame": _said(
        "remark",
        "看这里",
        about=About(
            frame=Frame(at=1_260_000, segment=7, sha256="ab" * 32, strokes=((0, 0, 5_000, 10_000), (1, 2)))
        ),
    ),
    "ask": _said("measure-again", "请再测一次。", about=About(characteristic="taps.leak-pressure")),
    "measurements": _said(
        "measurements",
        "",
        about=About(lot=LOT),
        results=(
            Result(
                unit="A-017",
                characteristic="taps.leak-pressure",
                value="-1.20",
                unit_of_measure="kPa/min",
                conforming=True,
            ),
            Result(unit="A-113", conforming=False),
        ),
    ),
    "withdrawal": _said("withdrawal", "看错了", id=ID.replace("0b", "1c"), withdraws=ID),
}


@pytest.mark.parametrize("name", SAID)
def test_a_browser_and_python_sign_the_same_bytes(name: str) -> None:
    data = (DATA / "remark" / f"{name}.json").read_bytes()
    assert remark.sign(SAID[name], PRIVATE, created=CREATED) == data
    read = remark.decode(data)
    assert (read.remark, read.created) == (SAID[name], CREATED)


@pytest.mark.parametrize("name", SAID)
def test_no_letter_of_a_browsers_remark_can_be_changed(name: str) -> None:
    data = (DATA / "remark" / f"{name}.json").read_bytes()
    for place in range(len(data)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with pytest.raises(BadPayload):
            remark.decode(changed)
