"""Signed segments: whole and in their place they are good, and nothing else is."""

import contextlib
import random
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality_creator.model.errors import BadPayload
from quality_creator.trust.c2pa import certificate, segment
from quality_creator.trust.c2pa.bmff import box, boxes
from quality_creator.trust.c2pa.manifest import LongLived, Manifest, read_init, unsigned
from quality_creator.trust.c2pa.segment import Signing
from quality_creator.trust.c2pa.verify import Course, check, check_all
from tests.trust.c2pa import stream
from tests.trust.c2pa.stream import INIT, NOW, URN, Stream, at, parts, sign, signed_init

LIVE = Stream()


def states(
    segments: Sequence[bytes], manifests: dict[str, Manifest] | None = None
) -> tuple[list[str], Course]:
    course, verdicts = check_all(((one, None) for one in segments), manifests or LIVE.manifests)
    return [verdict.state for verdict in verdicts], course


# --- what is right ----------------------------------------------------------------


def test_a_manifest_says_who_signs_with_which_keys_under_which_authority() -> None:
    manifest = LIVE.manifest
    assert (manifest.urn, manifest.title, manifest.generator) == (
        URN,
        "Some episode, 720p",
        "quality-creator 1",
    )
    assert [(key.kid, key.first, key.created) for key in manifest.keys] == [(LIVE.session.kid, 0, NOW)]
    signer = manifest.signer
    assert (signer.organization, signer.authority) == ("Some broadcaster", "Some broadcaster TEST authority")
    assert signer.test
    assert signer.trusted
    unknown = read_init(LIVE.init)
    assert unknown is not None
    assert not unknown.signer.trusted  # integrity is one answer, trust another
    other = certificate.test_authority(stream.key(), owner="Some broadcaster", now=NOW)
    impostor = read_init(LIVE.init, anchors=[other])  # of the same name, but not the same key
    assert impostor is not None
    assert not impostor.signer.trusted


def test_the_manifest_stands_between_ftyp_and_moov_and_nothing_else_is_touched() -> None:
    assert [one.kind for one in boxes(LIVE.init)] == [b"ftyp", b"uuid", b"moov"]
    assert unsigned(LIVE.init) == INIT
    assert read_init(INIT) is None
    again = signed_init(LIVE.session, init=LIVE.init)  # a new manifest takes the place of the old one
    assert unsigned(again) == INIT


def test_signed_segments_in_their_order_are_valid() -> None:
    found, course = states(LIVE.segments)
    assert found == ["valid"] * 8
    assert course.missing == ()
    assert [check(one, LIVE.manifests, at(n)).sequence for n, one in enumerate(LIVE.segments)] == list(
        range(8)
    )


def test_a_signature_adds_less_than_four_hundred_bytes_and_stands_before_the_last_moof() -> None:
    bare = b"".join(parts(3))
    signed = sign(parts(3), 3, LIVE.session)
    assert len(signed) - len(bare) < 400
    kinds = [one.kind for one in boxes(signed)]
    assert kinds == [b"styp", *[b"emsg", b"moof", b"mdat"] * 2, b"emsg", b"emsg", b"moof", b"mdat"]


@given(cuts=st.integers(1, 9))
@settings(max_examples=9, deadline=None)
def test_it_does_not_matter_in_how_many_parts_a_segment_came(cuts: int) -> None:
    assert check(sign(parts(4, cuts), 4, LIVE.session), LIVE.manifests, at(4)).state == "valid"


def test_a_segment_that_ended_early_is_closed_by_a_signature_behind_it() -> None:
    signing = Signing(sequence=9, urn=URN, session=LIVE.session)
    pieces = parts(9)
    for piece in pieces:
        signing.add(piece)
    whole = b"".join(pieces) + signing.close(scale=90_000, duration=90_000)
    assert check(whole, LIVE.manifests, at(9)).sequence == 9
    assert check(b"".join(pieces), LIVE.manifests, at(9)).state == "unsigned"


# --- keys -------------------------------------------------------------------------


def test_one_init_may_carry_several_keys_and_each_is_good_from_its_own_number_on() -> None:
    first, second = stream.session(0), stream.session(5)
    manifest = read_init(signed_init(first, second))
    assert manifest is not None
    known = {URN: manifest}
    assert check(sign(parts(4), 4, first), known, at(4)).state == "valid"
    assert check(sign(parts(5), 5, second), known, at(5)).state == "valid"
    early = check(sign(parts(4), 4, second), known, at(4))
    assert (early.state, early.reason) == ("altered", "its number 4 is below the first of its key, 5")


def test_a_new_init_with_a_new_key_goes_on_without_a_gap() -> None:
    urn = "urn:c2pa:11111111-2222-4333-8444-555555555555"
    second = stream.session(4)
    manifest = read_init(signed_init(second, urn=urn))
    assert manifest is not None
    rest = [sign(parts(number), number, second, urn) for number in range(4, 8)]
    found, course = states([*LIVE.segments[:4], *rest], {**LIVE.manifests, urn: manifest})
    assert found == ["valid"] * 8
    assert course.missing == ()
    # The same key under the other manifest's name is not good.
    crossed = check(sign(parts(4), 4, second, URN), {**LIVE.manifests, urn: manifest}, at(4))
    assert crossed.reason == "it was signed with a key that its manifest does not know"


def test_keys_and_certificates_are_judged_at_the_segments_own_time() -> None:
    good = LIVE.segments[3]
    assert check(good, LIVE.manifests, NOW + timedelta(seconds=3600)).state == "valid"
    late = check(good, LIVE.manifests, NOW + timedelta(seconds=3601))
    assert late.reason == "its session key was not valid when it was made"
    assert check(good, LIVE.manifests, NOW - timedelta(seconds=60)).state == "valid"  # filled after a restart
    assert check(good, LIVE.manifests, NOW - timedelta(seconds=61)).state == "altered"
    created = NOW + timedelta(days=certificate.HUB_DAYS + 1)
    later = stream.session(created=created)
    manifest = read_init(signed_init(later))
    assert manifest is not None
    expired = check(sign(parts(0), 0, later), {URN: manifest}, created)
    assert expired.reason == "its signer's certificate was not valid when it was made"


# --- what is wrong ----------------------------------------------------------------


def test_what_was_altered_is_altered_and_its_neighbours_are_not() -> None:
    segments = list(LIVE.segments)
    segments[3] = segments[3].replace(b"value 3.0", b"value 9.0")  # a number, not the picture
    found, course = states(segments)
    assert found == [*["valid"] * 3, "altered", *["valid"] * 4]
    assert course.missing == ()  # it is there, and bad


def test_what_was_dropped_is_missing() -> None:
    found, course = states([*LIVE.segments[:2], *LIVE.segments[5:]])
    assert found == ["valid"] * 5
    assert course.missing == (range(2, 5),)


def test_what_was_swapped_is_reordered_and_what_comes_again_is_replayed() -> None:
    one, two, three, four = LIVE.segments[:4]
    found, course = states([one, three, two, four])
    assert found == ["valid", "valid", "reordered", "valid"]
    assert course.missing == ()
    assert states([one, two, three, two, four])[0] == ["valid", "valid", "valid", "replayed", "valid"]
    assert states([two, one])[0] == ["valid", "reordered"]


def test_without_its_signature_a_segment_is_not_signed() -> None:
    data = LIVE.segments[0]
    signature = next(one for one in boxes(data) if segment.EXCLUSIONS[0].covers(data, one))
    stripped = data[: signature.start] + data[signature.end :]
    assert check(stripped, LIVE.manifests, None).state == "unsigned"
    assert check(b"", LIVE.manifests, None).state == "unsigned"
    twice = data[: signature.end] + data[signature.start :]
    assert "more than one signature" in check(twice, LIVE.manifests, None).reason


def test_a_box_that_is_put_in_left_out_or_moved_is_seen() -> None:
    data = LIVE.segments[0]
    pieces = [data[one.start : one.end] for one in boxes(data)]
    for wrong in (
        [*pieces, box(b"free", b"")],
        pieces[:-1],
        pieces[1:],
        [pieces[1], pieces[0], *pieces[2:]],
        [*pieces[:1], stream.event(b"more"), *pieces[1:]],
        [piece for piece in pieces if b"value 0.1" not in piece],
    ):
        assert check(b"".join(wrong), LIVE.manifests, None).state == "altered"


def test_a_segment_of_another_rendition_does_not_pass() -> None:
    other = Stream()  # the same URN, another key
    assert states(other.segments)[0] == ["altered"] * 8
    assert "manifest that no init" in check(LIVE.segments[0], {}, None).reason


def test_a_hash_that_leaves_out_more_than_the_signature_says_too_little() -> None:
    data = LIVE.segments[0]
    info = segment.read(data)
    assert info is not None
    wide = data.replace(b"/emsg", b"/mdat")
    with pytest.raises(BadPayload, match="leaves out other boxes"):
        segment.read(wide)


# --- bytes that mean harm ----------------------------------------------------------


def mutants(data: bytes, count: int, seed: int) -> list[bytes]:
    """Bits flipped, pieces cut out, doubled, moved and zeroed."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        a, b = sorted(chance.randrange(len(data)) for _ in range(2))
        kind = chance.randrange(5)
        if kind == 0:
            changed = bytearray(data)
            changed[a] ^= 1 << chance.randrange(8)
            found.append(bytes(changed))
        else:
            b = min(b, a + chance.randrange(1, 64))
            found.append(
                {
                    1: data[:a] + data[b:],
                    2: data[:b] + data[a:],
                    3: data[:a] + bytes(b - a) + data[b:],
                    4: data[:a],
                }[kind]
            )
    return [one for one in found if one != data]


def test_no_mutation_of_an_init_is_accepted_and_none_crashes() -> None:
    anchors = [stream.authority()[1]]
    ftyp = next(boxes(INIT)).end
    for wrong in mutants(LIVE.init, 4000, 1):
        try:
            found = read_init(wrong, anchors=anchors)
        except BadPayload:
            continue
        # Only what the specification itself leaves out of the hash may differ: the brands.
        assert found is None or wrong[ftyp:] == LIVE.init[ftyp:]


def test_every_single_bit_of_a_manifest_counts() -> None:
    ftyp = next(boxes(INIT)).end
    for place in range(ftyp, len(LIVE.init)):
        wrong = bytearray(LIVE.init)
        wrong[place] ^= 1 << place % 8
        with contextlib.suppress(BadPayload):
            assert read_init(bytes(wrong)) is None, place  # its box is no manifest any more


def test_no_mutation_of_a_segment_is_accepted_and_none_crashes() -> None:
    data = LIVE.segments[5]
    numbers = data.index(b"fseg\0") + 5  # the event's own numbers are not signed, and nobody reads them
    for wrong in mutants(data, 4000, 2):
        same = wrong[:numbers] + wrong[numbers + 16 :] == data[:numbers] + data[numbers + 16 :]
        assert same or check(wrong, LIVE.manifests, None).state in ("altered", "unsigned")
    for place in range(len(data)):
        flipped = bytearray(data)
        flipped[place] ^= 1 << place % 8
        if check(bytes(flipped), LIVE.manifests, None).state == "valid":
            assert numbers <= place < numbers + 16


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_refused_by_words(data: bytes) -> None:
    assert check(data, LIVE.manifests, None).state in ("altered", "unsigned")
    payload = segment._HEAD + bytes(16) + data
    assert check(box(b"emsg", payload), LIVE.manifests, None).state == "altered"
    for wrapped in (data, INIT + data, INIT[:28] + box(b"uuid", data) + INIT[28:]):
        with contextlib.suppress(BadPayload):
            assert read_init(wrapped) is None


# --- certificates ------------------------------------------------------------------


def test_a_certificate_that_may_not_sign_claims_signs_none() -> None:
    root_key, root = stream.authority()
    with pytest.raises(BadPayload, match="the signer's certificate"):
        read_init(signed_init(stream.session(), signer=LongLived(root_key, (root,))))
    stolen = LongLived(stream.key(), stream.hub().chain)  # the certificate of somebody else
    with pytest.raises(BadPayload, match="not by this key"):
        read_init(signed_init(stream.session(), signer=stolen))


def test_a_hub_can_not_issue_certificates() -> None:
    own = stream.key()
    child = certificate.hub_certificate(
        own.public_key(), root=stream.hub().chain[0], root_key=stream.hub().key, owner="Somebody", now=NOW
    )
    with pytest.raises(BadPayload, match="may issue none"):
        read_init(signed_init(stream.session(), signer=LongLived(own, (child, *stream.hub().chain))))


def test_a_binding_of_another_session_key_or_hub_is_refused() -> None:
    root_key, root = stream.authority()
    own = stream.key()
    other = certificate.hub_certificate(
        own.public_key(), root=root, root_key=root_key, owner="Other", now=NOW
    )
    init = signed_init(stream.session(), signer=LongLived(own, (other, root)))
    # The session keys' assertion of one hub in the manifest of another, hash and all, is not signed; with
    # a claim signed anew by the other hub the binding still names the first one's certificate.
    assert read_init(init) is not None
    mixed = LongLived(own, (other, root))
    borrowed = stream.session()
    entry_of = stream.hub()
    from quality_creator.trust.c2pa import manifest as module

    kept = module._session_entry
    module._session_entry = lambda one, _: kept(one, entry_of.chain[0])
    try:
        forged = signed_init(borrowed, signer=mixed)
    finally:
        module._session_entry = kept
    with pytest.raises(BadPayload, match="not by this key"):
        read_init(forged)
