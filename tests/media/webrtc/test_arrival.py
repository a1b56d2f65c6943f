"""Packets in any order, with gaps, become the frames that were sent, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from quality_creator.media.webrtc.arrival import PATIENCE_S, Assembly, Frame, Packet, is_key

KEY, DELTA = b"\x00", b"\x01"


def film(pictures: int, parts: int, first: int = 65_530, every: int = 10) -> list[Packet]:
    """Pictures of several packets each, whose numbers wrap; every tenth stands for itself."""
    packets = []
    for picture in range(pictures):
        kind = KEY if picture % every == 0 else DELTA
        for part in range(parts):
            data = kind + bytes([picture]) if part == 0 else bytes([part])
            packets.append(
                Packet((first + len(packets)) & 0xFFFF, picture * 3000, part == parts - 1, 96, data)
            )
    return packets


def stands_alone(frame: Frame) -> bool:
    return is_key("vp8", frame.data)


def whole(picture: int, parts: int, every: int = 10) -> Frame:
    kind = KEY if picture % every == 0 else DELTA
    return Frame(picture * 3000, 96, kind + bytes([picture]) + bytes(range(1, parts)))


def test_a_picture_is_whole_with_its_last_packet() -> None:
    assembly = Assembly("video", stands_alone)
    first, second = film(1, 2)
    assert assembly.add(first, 0.0)[0] == []
    assert assembly.add(second, 0.01) == ([whole(0, 2)], False)


@given(st.integers(1, 4), st.data())
def test_packets_that_overtake_each_other_change_nothing(parts: int, data: st.DataObject) -> None:
    packets = film(12, parts)
    # The first stays first: where a stream begins nobody can know otherwise.
    keys = [(0, 0.0), *((i, i + data.draw(st.floats(0, 6))) for i in range(1, len(packets)))]
    order = [i for i, _ in sorted(keys, key=lambda key: key[1])]
    assembly = Assembly("video", stands_alone)
    got = [frame for at, i in enumerate(order) for frame in assembly.add(packets[i], at * 0.001)[0]]
    assert got == [whole(picture, parts) for picture in range(12)]


def test_a_retransmission_lets_everything_out_that_waited_for_it() -> None:
    packets = film(5, 1)
    assembly = Assembly("video", stands_alone)
    assembly.add(packets[0], 0.0)
    for number in (2, 3, 4):
        assert assembly.add(packets[number], number * 0.04) == ([], False)
    assert assembly.add(packets[1], 0.2)[0] == [whole(picture, 1) for picture in range(1, 5)]


def test_what_refers_to_a_lost_picture_is_left_out_and_a_whole_one_is_asked_for() -> None:
    packets = film(21, 2)
    lost = 2 * 4  # the first packet of picture 4
    assembly = Assembly("video", stands_alone)
    got, asks = [], 0
    for i, packet in enumerate(packets):
        if i != lost:
            frames, ask = assembly.add(packet, i * 0.02)
            got += frames
            asks += ask
    assert [frame.stamp // 3000 for frame in got] == [0, 1, 2, 3, *range(10, 21)]
    assert asks >= 1
    assert assembly.lost == 1


def test_sound_goes_on_soon_after_a_loss() -> None:
    assembly = Assembly("audio")
    packets = [Packet(i, i * 960, False, 111, bytes([i])) for i in range(10)]
    got = []
    for i in (0, 1, 3, 4, 5, 6, 7):
        got += [(frame.data[0], i) for frame in assembly.add(packets[i], i * 0.02)[0]]
    waited = next(i for number, i in got if number == 3)
    assert [number for number, _ in got] == [0, 1, 3, 4, 5, 6, 7]
    assert (waited - 3) * 0.02 >= PATIENCE_S["audio"] - 1e-9
    assert assembly.add(packets[2], 0.2)[0] == []  # too late


def test_probes_between_pictures_are_of_no_picture() -> None:
    assembly = Assembly("video", stands_alone)
    assert assembly.add(Packet(1, 0, True, 96, KEY), 0.0)[0] == [Frame(0, 96, KEY)]
    assert assembly.add(Packet(2, 0, False, 96, b""), 0.01)[0] == []
    assert assembly.add(Packet(3, 3000, True, 96, DELTA), 0.02)[0] == [Frame(3000, 96, DELTA)]


@given(
    st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 1 << 32), st.booleans(), st.binary(max_size=4)))
)
def test_any_packets_are_taken(packets: list[tuple[int, int, bool, bytes]]) -> None:
    assembly = Assembly("video", stands_alone)
    for at, (sequence, stamp, marked, data) in enumerate(packets):
        frames, _ = assembly.add(Packet(sequence, stamp, marked, 96, data), at * 0.05)
        assert all(frame.data for frame in frames)


def test_key_pictures_are_told_by_their_first_bits() -> None:
    assert is_key("vp8", b"\x10\x02")
    assert not is_key("vp8", b"\x11\x02")
    assert is_key("h264", b"\0\0\0\1\x67abc\0\0\0\1\x65abc")
    assert not is_key("h264", b"\0\0\0\1\x41abc")
    assert not is_key("h264", b"\0\0\1")
    assert not is_key("vp8", b"")
