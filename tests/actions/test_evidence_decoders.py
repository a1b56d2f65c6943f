"""Every decoder of what evidence consists of, under damaged bytes: a document of its kind, or BadPayload."""

import base64
import gzip
import json
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.actions import courses, stamped
from quality_creator.model.errors import BadPayload
from quality_creator.trust import (
    dissent,
    dossier,
    endorsement,
    enrolment,
    evidence,
    register,
    remark,
    status_list,
    timestamp,
)
from quality_creator.trust.c2pa import manifest, segment
from quality_creator.trust.log import challenge, checkpoint, draw, leaf, living, note, policy, proof, tile
from tests.actions.evidence_files import Episode, doubly_endorsed
from tests.actions.shown_charts import PLANS, Charts

Decoder = Callable[[bytes], object]

MADE = doubly_endorsed()
FILES = MADE.files(media=False)
SIGNED = Episode(signed=True)
CHARTS = Charts(plans=dict(PLANS))
STAMP = timestamp.Timestamp(type="timestamp/1", id="urn:t", checkpoint="c", response="AA==")


KINDS: dict[str, tuple[Decoder, bytes]] = {
    "index": (evidence.decode_index, FILES[evidence.INDEX]),
    "dossier": (dossier.decode, FILES[evidence.DOSSIER]),
    "segments": (evidence.decode_segments, FILES[evidence.SEGMENTS]),
    "batch": (stamped.decode, FILES[evidence.MEASUREMENTS].splitlines()[1]),
    "opening": (courses.decode_opening, CHARTS.opening),
    "course": (courses.decode_course, CHARTS.course),
    "register": (register.first, FILES["register/1.json"]),
    "endorsement": (endorsement.read, FILES["endorsements/1.json"]),
    "status list": (status_list.read, FILES["status/1.json"]),
    "policy": (policy.parse, FILES[evidence.POLICY]),
    "proof": (proof.decode, FILES[evidence.logged(evidence.DOSSIER)]),
    "note": (note.decode, FILES["log/checkpoint"]),
    "bundle of entries": (tile.unpack, next(data for name, data in FILES.items() if "entries" in name)),
    "entry": (leaf.decode, MADE.world.log.entries[0]),
    "start": (living.decode, next(iter(MADE.notices.values()))),
    "time stamp": (timestamp.decode, STAMP.encode()),
    "init segment": (manifest.read_init, SIGNED.media["media/720p/init.mp4"]),
    "segment": (segment.read, SIGNED.media["media/720p/3.m4s"]),
}

OTHERS: dict[str, Decoder] = {
    "remark": remark.decode,
    "enrolment": enrolment.decode,
    "dissent": dissent.read,
    "change": endorsement.read_change,
    "stolen key": endorsement.read_stolen,
    "challenge": challenge.decode,
    "lot": draw.decode_lot,
    "checkpoint": lambda data: checkpoint.parse(data.decode("utf-8", "replace")),
}
"""Of which the tests beside them have whole ones."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_document_is_one_of_its_kind_or_is_refused(kind: str) -> None:
    decode, good = KINDS[kind]
    decode(good)
    chance = random.Random(kind)
    for _ in range(250):
        mutant = bytearray(good)
        for _ in range(chance.randrange(1, 5)):
            at = chance.randrange(len(mutant))
            match chance.randrange(4):
                case 0:
                    mutant[at] ^= 1 << chance.randrange(8)
                case 1:
                    del mutant[at : at + chance.randrange(1, 20)]
                case 2:
                    mutant[at:at] = mutant[at : at + chance.randrange(1, 20)]
                case _:
                    mutant[at:at] = chance.choice([b"[" * 2_000, b"\0", b'"', b"\xff\xfe", b"9" * 400])
            mutant = mutant or bytearray(b"x")
        try:
            decode(bytes(mutant))
        except BadPayload:
            continue


@pytest.mark.parametrize("kind", [*KINDS, *OTHERS])
@given(data=st.binary(max_size=200) | st.text(max_size=60).map(str.encode) | st.just(b"[" * 100_000))
def test_any_bytes_are_refused_or_a_document(kind: str, data: bytes) -> None:
    decode = KINDS[kind][0] if kind in KINDS else OTHERS[kind]
    try:
        decode(data)
    except BadPayload:
        return


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("kind", [kind for kind, (_, data) in KINDS.items() if data[:1] in (b"{", b"[")])
@given(data=st.data(), other=json_values)
def test_a_member_of_another_kind_is_refused_or_a_document(
    kind: str, data: st.DataObject, other: object
) -> None:
    decode, good = KINDS[kind]
    document = json.loads(good)
    place = document
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            place[key] = other
            break
        place = place[key]
    try:
        decode(json.dumps(document, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode())
    except (BadPayload, UnicodeEncodeError):  # a lone surrogate can't be written at all
        return


def test_a_status_list_that_unpacks_to_far_more_than_it_is_is_refused_before_it_does() -> None:
    bomb = gzip.compress(bytes(1 << 28), mtime=0)
    with pytest.raises(BadPayload):
        status_list.decode("u" + base64.urlsafe_b64encode(bomb).rstrip(b"=").decode())
