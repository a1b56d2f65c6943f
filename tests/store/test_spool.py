import os
import resource
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.store.spool import Spool, records

RECORDS = [b"a", b"bb" * 40, b"\0" * 9, b"ccc"]


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A file with all of `RECORDS`."""
    spool = Spool(tmp_path / "7.spool")
    for record in RECORDS:
        spool.append(record)
    spool.close()
    return spool.path


def test_what_was_appended_is_read(full: Path) -> None:
    assert Spool(full).read() == RECORDS


def test_without_a_file_there_are_no_records_and_none_is_made(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "none" / "7.spool")
    assert spool.read() == []
    spool.close()
    assert list(tmp_path.iterdir()) == []


def test_cut_at_any_byte_only_the_records_that_are_whole_are_read(full: Path) -> None:
    data = full.read_bytes()
    ends = [0]
    for record in RECORDS:
        ends.append(ends[-1] + 8 + len(record))
    for cut in range(len(data) + 1):
        whole = sum(end <= cut for end in ends) - 1
        assert records(data[:cut]) == (RECORDS[:whole], ends[whole])


def test_cut_at_any_byte_appending_goes_on_behind_the_last_whole_record(full: Path) -> None:
    data = full.read_bytes()
    for cut in range(len(data) + 1):
        full.write_bytes(data[:cut])
        spool = Spool(full)
        before = spool.read()
        spool.append(b"next")
        spool.close()
        assert Spool(full).read() == [*before, b"next"]
        assert full.stat().st_size == sum(8 + len(record) for record in [*before, b"next"])


def test_with_any_byte_changed_no_wrong_record_is_read(full: Path) -> None:
    data = full.read_bytes()
    for at in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[at] ^= 1 << bit
            found, _ = records(bytes(changed))
            assert found == RECORDS[: len(found)]


@given(st.binary(max_size=200))
def test_any_bytes_can_be_read(data: bytes) -> None:
    found, size = records(data)
    assert size == sum(8 + len(record) for record in found)


def test_zero_bytes_are_no_records() -> None:
    """As a file system may leave them at the end of a file after a power cut."""
    assert records(bytes(4096)) == ([], 0)


def test_a_write_that_fails_half_way_leaves_what_was_there(full: Path) -> None:
    """The system refuses to let the file grow in the middle of a record, as a full disk does."""
    spool = Spool(full)
    spool.read()
    size = full.stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 1000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            spool.append(os.urandom(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert full.stat().st_size == size
    spool.append(b"next")
    spool.close()
    assert Spool(full).read() == [*RECORDS, b"next"]


def test_a_full_disk_is_told_in_the_systems_words(tmp_path: Path) -> None:
    path = tmp_path / "7.spool"
    path.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        Spool(path).append(b"record")


def test_a_removed_spool_can_be_begun_again(full: Path) -> None:
    spool = Spool(full)
    spool.append(b"x")
    spool.remove()
    assert not full.exists()
    assert spool.read() == []
