"""Bundles that somebody made to deceive or to exhaust: refused in words, or read as what they are."""

import random
import tracemalloc
import warnings
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from quality_creator.actions import checking, evidence_source
from quality_creator.model.errors import BadInput, BadPayload, NotFound
from quality_creator.trust import evidence
from tests.actions.evidence_files import doubly_endorsed
from tests.trust.authorities import NOW

LATER = NOW + timedelta(minutes=5)


def _pack(path: Path, *files: tuple[str, bytes]) -> Path:
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(path, "w") as archive:
        for name, data in files:
            packed = zipfile.ZIP_STORED if name.startswith("media/") else zipfile.ZIP_DEFLATED
            archive.writestr(name, data, packed)
    return path


def _read(path: Path, name: str) -> bytes:
    with evidence_source.opened(str(path)) as source:
        return source.read(name)


def test_a_bundle_in_which_a_name_stands_twice_is_refused(tmp_path: Path) -> None:
    path = _pack(tmp_path / "two.zip", ("dossier.json", b"one"), ("policy", b"p"), ("dossier.json", b"two"))
    with pytest.raises(BadInput, match=r"dossier\.json stands in it 2 times"):
        _read(path, "policy")


def test_a_file_that_other_tools_would_unpack_under_another_name_is_refused(tmp_path: Path) -> None:
    path = _pack(tmp_path / "good.zip", ("dossier.json", b"{}"))
    assert _read(path, "dossier.json") == b"{}"
    path.write_bytes(path.read_bytes().replace(b"dossier.json", b"another.json", 1))
    with pytest.raises(BadPayload, match="another name"):
        _read(path, "dossier.json")


def test_what_unpacks_to_more_than_it_says_is_not_unpacked(tmp_path: Path) -> None:
    path = _pack(tmp_path / "bomb.zip", ("segments.json", bytes(1 << 27)))
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        packed = archive.getinfo("segments.json").compress_size.to_bytes(4, "little")
    said, less = ((packed + size.to_bytes(4, "little")) for size in (1 << 27, 100))
    assert data.count(said) == 2
    path.write_bytes(data.replace(said, less))
    tracemalloc.start()
    try:
        with pytest.raises(BadPayload, match="size"):
            _read(path, "segments.json")
        assert tracemalloc.get_traced_memory()[1] < 1 << 22
    finally:
        tracemalloc.stop()


def test_what_says_that_it_is_larger_than_any_file_is_not_unpacked(tmp_path: Path) -> None:
    path = _pack(tmp_path / "large.zip", ("segments.json", b"x" * 100))
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("segments.json")
    sizes = info.compress_size.to_bytes(4, "little") + (100).to_bytes(4, "little")
    larger = info.compress_size.to_bytes(4, "little") + (evidence_source.LARGEST + 1).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(sizes, larger))
    with pytest.raises(BadPayload, match="larger than"):
        _read(path, "segments.json")


def test_names_that_lead_out_of_a_bundle_are_never_read(tmp_path: Path) -> None:
    path = _pack(tmp_path / "out.zip", ("../secret", b"s"), ("/etc/passwd", b"p"), ("policy", b"p"))
    assert _read(path, "policy") == b"p"
    for name in ("../secret", "/etc/passwd"):
        with pytest.raises(BadPayload, match="can't be the name"):
            _read(path, name)


def test_a_bundle_that_is_cut_off_anywhere_never_stands_and_never_crashes(tmp_path: Path) -> None:
    chance = random.Random(2)
    whole = _pack(tmp_path / "whole.zip", *doubly_endorsed().files().items()).read_bytes()
    path = tmp_path / "cut.zip"
    for cut in (0, 1, 21, len(whole) - 1, *(chance.randrange(len(whole)) for _ in range(40))):
        path.write_bytes(whole[:cut])
        try:
            with evidence_source.opened(str(path)) as source:
                assert checking.check(source, target="", now=LATER).state != "stands"
        except (BadInput, BadPayload):
            continue


def test_a_damaged_bundle_stands_only_if_what_the_verdict_rests_on_is_as_it_was(tmp_path: Path) -> None:
    chance = random.Random(3)
    files = doubly_endorsed().files()
    whole = _pack(tmp_path / "whole.zip", *files.items()).read_bytes()
    spare = (
        "contexts/",
        evidence.INDEX,
        "status/5",
        "status/6",
        "status/7",
        "status/8",
        "policy",
        "log/checkpoint",
    )
    rests_on = [one for one in files if not one.startswith(spare) and not one.endswith(".tlog-proof")]
    directory = whole.index(b"PK\1\2")
    path, stood = tmp_path / "mutant.zip", 0
    for _ in range(150):
        mutant = bytearray(whole)
        # Half of them where the names, places and sizes are.
        at = chance.randrange(directory if chance.random() < 0.5 else 0, len(mutant))
        mutant[at] ^= 1 << chance.randrange(8)
        path.write_bytes(mutant)
        try:
            with evidence_source.opened(str(path)) as source:
                if checking.check(source, target="", now=LATER).state == "stands":
                    assert [name for name in rests_on if source.read(name) != files[name]] == []
                    stood += 1
        except (BadInput, BadPayload, NotFound):
            continue
    assert stood < 150
