import contextlib
import io
import shutil
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.media import avc, cmaf
from quality_creator.media.box import box
from quality_creator.model.clock import MediaTime
from quality_creator.model.errors import BadPayload
from quality_creator.model.stream import AUDIO_FRAME, FRAME_TICKS, PART_TICKS, SEGMENT_PARTS

Made = Callable[..., Any]


def test_every_picture_and_every_sound_frame_decodes_at_its_own_time(programme: Any) -> None:
    with programme.open() as container:
        shown = [frame.pts for frame in container.decode(video=0)]
    with programme.open() as container:
        heard = [(frame.pts, frame.samples) for frame in container.decode(audio=0)]
    assert shown == [n * FRAME_TICKS for n in range(18 * 8)]
    assert heard == [(n * AUDIO_FRAME, AUDIO_FRAME) for n in range(18 * 15)]


@pytest.mark.parametrize("first", [1, 2])
def test_decoding_can_start_at_any_segment(programme: Any, first: int) -> None:
    with programme.open(*programme.segments[first:]) as container:
        shown = [frame.pts for frame in container.decode(video=0)]
    assert shown == [n * FRAME_TICKS for n in range(first * 48, 144)]


@pytest.mark.skipif(not shutil.which("ffprobe"), reason="needs ffprobe")
def test_ffprobe_has_nothing_to_say(programme: Any, tmp_path: Path) -> None:
    path = tmp_path / "recording.mp4"
    path.write_bytes(programme.init + b"".join(programme.parts))
    entries = "stream=codec_name,profile,width,height,sample_rate,nb_read_frames"
    run = subprocess.run(
        ["ffprobe", "-v", "warning", "-count_frames", "-of", "csv=p=0", "-show_entries", entries, path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stderr == ""
    assert run.stdout.split() == ["h264,High,320,180,144", "aac,LC,48000,270"]


def lag(programme: Any) -> int:
    """By how many samples the decoded sound is behind what was encoded."""
    with programme.open() as container:
        heard = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    sent = programme.sound
    span = slice(24_000, 24_000 + 32_768)
    spectrum = np.fft.rfft(heard[span]) * np.conj(np.fft.rfft(sent[span]))
    peak = int(np.argmax(np.fft.irfft(spectrum)))
    return peak if peak < 16_384 else peak - 32_768


def test_sound_agrees_with_the_picture_to_the_sample(programme: Any) -> None:
    assert lag(programme) == 0


def test_with_the_priming_packet_kept_sound_would_be_one_frame_late(encode: Made) -> None:
    assert lag(encode(6, keep_priming=True)) == AUDIO_FRAME


def test_parts_begin_and_end_together_in_picture_and_sound(programme: Any) -> None:
    for number, part in enumerate(programme.parts):
        (fragment,) = cmaf.fragments(part)
        picture, sound = fragment.run(cmaf.PICTURE), fragment.run(cmaf.SOUND)
        assert picture is not None
        assert sound is not None
        assert fragment.sequence == number + 1
        assert (picture.at, picture.end) == (number * PART_TICKS, (number + 1) * PART_TICKS)
        assert sound.at == cmaf.sound_at(MediaTime(picture.at))
        assert sound.end == cmaf.sound_at(MediaTime(picture.end))


def test_only_a_segments_first_picture_is_a_key_frame(programme: Any) -> None:
    keys = [
        sample.key
        for fragment in cmaf.fragments(b"".join(programme.parts))
        for run in fragment.runs
        for sample in run.samples
        if run.track == cmaf.PICTURE
    ]
    assert keys == [n % 48 == 0 for n in range(144)]


def test_our_reader_and_ffmpegs_find_the_same_samples(programme: Any) -> None:
    data = programme.segments[1]
    ours = sorted(
        (run.track, run.at + index * sample.duration, sample.key, data[sample.start : sample.end])
        for fragment in cmaf.fragments(data)
        for run in fragment.runs
        for index, sample in enumerate(run.samples)
    )
    with programme.open(data) as container:
        theirs = sorted(
            (packet.stream.id, packet.pts, packet.is_keyframe, bytes(packet))
            for packet in container.demux()
            if packet.size
        )
    assert ours == theirs


def test_segments_start_with_styp_and_other_parts_with_moof(programme: Any) -> None:
    kinds = [part[4:8] for part in programme.parts[:SEGMENT_PARTS]]
    assert kinds == [b"styp"] + [b"moof"] * (SEGMENT_PARTS - 1)


def test_a_second_encoder_goes_on_with_the_same_init(encode: Made) -> None:
    before, after = encode(4), encode(5, first=4)
    assert before.init == after.init
    with before.open(*before.parts, *after.parts) as container:
        container.streams.video[0].thread_type = "NONE"
        shown = [frame.pts for frame in container.decode(video=0)]
    assert shown == [n * FRAME_TICKS for n in range(9 * 8)]


def test_the_init_says_what_it_is(programme: Any) -> None:
    described = cmaf.describe(programme.init)
    assert (described.width, described.height) == (320, 180)
    with programme.open() as container:
        profile = container.streams.video[0].codec_context.extradata[1:4].hex()
    assert described.codecs == f"avc1.{profile},mp4a.40.2"
    sets = avc.ParameterSets.read(programme.video_extradata)
    assert described.codecs == cmaf.codecs(sets, programme.audio_config)


def test_extradata_as_annex_b_and_as_avcc_give_the_same_init(programme: Any) -> None:
    record = avc.ParameterSets.read(programme.video_extradata).record()
    again = cmaf.init_segment(
        video_extradata=record, audio_config=programme.audio_config, width=320, height=180
    )
    assert again == programme.init


def test_the_avcc_record_is_the_one_that_ffmpeg_writes(programme: Any) -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as out, programme.open() as source:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    record = avc.ParameterSets.read(programme.video_extradata).record()
    assert b"avcC" + record in buffer.getvalue()


def test_sound_that_is_not_48_khz_is_refused(programme: Any) -> None:
    with pytest.raises(BadPayload, match="48 kHz"):
        cmaf.init_segment(
            video_extradata=programme.video_extradata, audio_config=b"\x12\x10", width=320, height=180
        )


def test_a_part_before_the_episodes_start_is_refused() -> None:
    with pytest.raises(BadPayload, match="priming"):
        cmaf.part(sequence=1, position=MediaTime(0), pictures=[], sound=[b"x"], sound_position=-1024)


def test_a_part_may_have_sound_that_does_not_start_with_the_picture(programme: Any) -> None:
    data = cmaf.part(
        sequence=1,
        position=MediaTime(PART_TICKS),
        pictures=[avc.sample(programme.access_units[0])],
        sound=[b"abc"],
        sound_position=14_000,
    )
    (fragment,) = cmaf.fragments(data)
    assert [(run.track, run.at) for run in fragment.runs] == [(1, PART_TICKS), (2, 14_000)]


class TestAccessUnits:
    def test_parameter_sets_and_delimiters_are_left_out(self) -> None:
        unit = (
            b"\0\0\0\1\x09\xf0" + b"\0\0\0\1\x67abc" + b"\0\0\1\x68de" + b"\0\0\1\x06sei" + b"\0\0\1\x65idr"
        )
        assert avc.sample(unit) == b"\0\0\0\4\x06sei" + b"\0\0\0\4\x65idr"

    def test_a_key_frame_is_known_by_its_nal_unit(self) -> None:
        assert avc.is_key(avc.sample(b"\0\0\1\x65idr"))
        assert not avc.is_key(avc.sample(b"\0\0\1\x41p"))

    def test_without_a_picture_there_is_no_sample(self) -> None:
        with pytest.raises(BadPayload):
            avc.sample(b"\0\0\0\1\x67abc")

    @given(st.lists(st.binary(min_size=1, max_size=40).filter(lambda b: b[-1] != 0), min_size=1))
    def test_units_survive_whatever_start_codes_they_had(self, units: list[bytes]) -> None:
        units = [b"\x41" + unit.replace(b"\0", b"\x03") for unit in units]
        stream = b"".join((b"\0\0\0\1", b"\0\0\1")[n % 2] + unit for n, unit in enumerate(units))
        assert list(avc.annex_b_units(stream)) == units
        assert list(avc.length_units(avc.sample(stream))) == units


# --- mutations -----------------------------------------------------------------------------------


def only_bad_payload(read: Callable[[bytes], object], data: bytes) -> None:
    with contextlib.suppress(BadPayload):
        read(data)


@given(data=st.data())
def test_a_mutated_part_gives_bad_payload_and_nothing_else(programme: Any, data: st.DataObject) -> None:
    part = programme.parts[0]
    size = part.index(b"mdat") + 4
    mutated = bytearray(part[: size + data.draw(st.integers(-size, 64))])
    for at in data.draw(st.lists(st.integers(0, max(len(mutated) - 1, 0)), max_size=4)):
        if mutated:
            mutated[at] = data.draw(st.integers(0, 255))
    only_bad_payload(cmaf.fragments, bytes(mutated))


@given(data=st.data())
def test_a_mutated_init_gives_bad_payload_and_nothing_else(programme: Any, data: st.DataObject) -> None:
    mutated = bytearray(programme.init)
    for at in data.draw(st.lists(st.integers(0, len(mutated) - 1), min_size=1, max_size=4)):
        mutated[at] = data.draw(st.integers(0, 255))
    only_bad_payload(cmaf.describe, bytes(mutated[: data.draw(st.integers(0, len(mutated)))]))


@given(st.binary(max_size=60))
def test_any_extradata_and_any_sample_give_bad_payload_and_nothing_else(data: bytes) -> None:
    only_bad_payload(lambda raw: avc.ParameterSets.read(raw).record(), data)
    only_bad_payload(lambda raw: avc.ParameterSets.read(b"\1" + raw).record(), data)
    only_bad_payload(avc.is_key, data)
    only_bad_payload(avc.sample, data)


def test_every_single_changed_byte_of_a_header_is_survived(programme: Any) -> None:
    part = programme.parts[0]
    for at in range(part.index(b"mdat")):
        for value in (0, 1, 0x7F, 0xFF):
            only_bad_payload(cmaf.fragments, part[:at] + bytes([value]) + part[at + 1 :])


def changed(part: bytes, kind: bytes, at: int, value: bytes) -> bytes:
    """A part with other bytes in the content of its first box of a kind."""
    start = part.index(kind) + 4 + at
    return part[:start] + value + part[start + len(value) :]


def test_a_sample_larger_than_the_part_is_refused(programme: Any) -> None:
    # trun: version and flags, count, offset, then the first sample's size
    with pytest.raises(BadPayload, match="sample 0 of the run"):
        cmaf.fragments(changed(programme.parts[0], b"trun", 12, b"\x7f\xff\xff\xff"))


def test_a_run_of_samples_that_take_no_bytes_is_refused_before_it_is_counted_out(programme: Any) -> None:
    bare = changed(programme.parts[0], b"trun", 0, b"\0\0\0\1" + b"\xff\xff\xff\xff")
    with pytest.raises(BadPayload, match="a run of 4294967295 samples"):
        cmaf.fragments(bare)


def test_a_box_that_ends_within_a_field_is_refused() -> None:
    short = box(b"moof", box(b"mfhd", bytes(6)))
    with pytest.raises(BadPayload, match="4 bytes expected"):
        cmaf.fragments(short)


def test_an_sps_that_ends_too_early_is_refused() -> None:
    for end in range(4, 6):
        sets = avc.ParameterSets(sps=b"\x67\x64\x00\x1f\x00\x00"[:end], pps=b"\x68\xef")
        with pytest.raises(BadPayload, match="the SPS is cut off"):
            sets.record()


def test_samples_never_reach_beyond_what_was_received(programme: Any) -> None:
    part = programme.parts[0]
    with pytest.raises(BadPayload):
        cmaf.fragments(part[:-1])


def test_times_of_picture_and_sound_are_one_time() -> None:
    for frame in range(0, 100_000, 997):
        position = MediaTime(frame * FRAME_TICKS)
        assert Fraction(position, 90_000) == Fraction(cmaf.sound_at(position), 48_000)
