"""What is sealed is opened with the hub's key, for what it belongs to, and by nothing else."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.model.errors import BadInput
from quality_creator.store.keys import Keys
from quality_creator.store.sealing import NAME, Sealing


def test_a_key_of_the_key_folder_seals_and_opens_after_a_restart(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys", b"a passphrase")
    sealed = Sealing.own(keys).seal("live_12345_äöü", "one")
    assert b"live_12345" not in sealed
    assert Sealing.own(Keys(tmp_path / "keys", b"a passphrase")).open(sealed, "one") == "live_12345_äöü"
    file = tmp_path / "keys" / f"{NAME}.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"ENCRYPTED" in file.read_bytes()


def test_the_same_text_is_never_sealed_twice_alike() -> None:
    sealing = Sealing(bytes(32))
    assert len({sealing.seal("key", "one") for _ in range(50)}) == 50


def test_it_is_not_opened_with_another_key_or_for_another_thing() -> None:
    sealed = Sealing(bytes(32)).seal("a-stream-key", "one")
    for sealing, of in ((Sealing(b"1" * 32), "one"), (Sealing(bytes(32)), "two")):
        with pytest.raises(BadInput, match="enter it again"):
            sealing.open(sealed, of)


@given(st.data())
def test_whatever_is_damaged_is_refused(data: st.DataObject) -> None:
    sealing = Sealing(bytes(32))
    sealed = bytearray(sealing.seal("a-stream-key", "one"))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadInput):
        sealing.open(bytes(sealed), "one")
    with pytest.raises(BadInput):
        sealing.open(bytes(sealed[:at]), "one")
