import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.model.errors import BadPayload
from quality_creator.trust.log import merkle, tile
from quality_creator.trust.log.tile import Bundle, Tile
from tests.trust.log.strategies import files_of


def entries(size: int) -> list[bytes]:
    return [number.to_bytes(4) for number in range(size)]


def root(size: int) -> bytes:
    return merkle.root_of([merkle.leaf_hash(entry) for entry in entries(size)])


def test_paths_are_those_of_the_specification() -> None:
    assert Tile(0, 1234067).path == "tile/0/x001/x234/067"
    assert Tile(1, 0, 17).path == "tile/1/000.p/17"
    assert Bundle(273, 112).path == "tile/entries/273.p/112"
    assert Bundle(1000).path == "tile/entries/x001/000"


def test_a_tree_of_70000_has_the_tiles_of_the_specification() -> None:
    found = list(tile.tiles(70_000))
    assert [one for one in found if one.level == 0] == [*(Tile(0, n) for n in range(273)), Tile(0, 273, 112)]
    assert [one for one in found if one.level > 0] == [Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(tile.tiles(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tile.bundles(70_000, 69_700)) == [Bundle(272), Bundle(273, 112)]


@given(st.integers(0, 1_200), st.data())
def test_a_log_is_the_same_however_its_growth_is_cut(size: int, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, size), max_size=6)))
    for tree, files in files_of(entries(size), cuts):
        assert tree.root == root(tree.size)
        assert {one.path for one in tile.tiles(tree.size)} <= files.keys()
        assert {one.path for one in tile.bundles(tree.size)} <= files.keys()
        places, bundle = tile.edge(tree.size)
        read = {place: files[place.path] for place in places if place is not None}
        assert tile.restore(tree.size, read, files[bundle.path] if bundle else b"") == tree


def test_a_large_tree_has_its_root_across_all_levels() -> None:
    some = entries(70_000)
    ((tree, files),) = files_of(some, [])
    assert tree.root == root(70_000)
    assert len(files[Tile(2, 0, 1).path]) == 32
    kept = [entry for bundle in tile.bundles(70_000) for entry in tile.unpack(files[bundle.path])]
    assert kept == some


@given(st.integers(1, 1_200), st.data())
def test_proofs_from_tiles_are_those_from_the_whole_tree(size: int, data: st.DataObject) -> None:
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    *_, (_, files) = files_of(entries(size), [])
    whole = merkle.in_memory([merkle.leaf_hash(entry) for entry in entries(size)])
    for make in (
        lambda hashes: merkle.inclusion(index, size, hashes),
        lambda hashes: merkle.consistency(old, size, hashes),
        lambda hashes: [merkle.root(size, hashes)],
    ):
        at_hand = {place: files[place.path] for place in tile.needed(size, make)}
        assert make(tile.hashes(size, at_hand.__getitem__)) == make(whole)


def test_a_tile_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(BadPayload):
        merkle.inclusion(0, 3, tile.hashes(3, lambda place: bytes(32 * place.width - 1)))
    with pytest.raises(BadPayload):
        tile.restore(1, {Tile(0, 0, 1): bytes(31)}, tile.pack([b"x"]))
    with pytest.raises(BadPayload):
        tile.restore(1, {Tile(0, 0, 1): bytes(32)}, tile.pack([b"x", b"y"]))


def test_an_entry_that_is_too_long_is_not_packed() -> None:
    assert tile.unpack(tile.pack([b"", b"x" * 65_535])) == [b"", b"x" * 65_535]
    with pytest.raises(ValueError, match="65536"):
        tile.pack([b"x" * 65_536])


@given(st.lists(st.binary(max_size=300), max_size=5), st.integers(1, 9))
def test_a_bundle_that_ends_within_an_entry_is_refused(some: list[bytes], missing: int) -> None:
    data = tile.pack([*some, b"123456789"])
    with pytest.raises(BadPayload):
        tile.unpack(data[:-missing])


@given(st.binary(max_size=600))
def test_any_bytes_are_a_bundle_or_are_refused(data: bytes) -> None:
    with contextlib.suppress(BadPayload):
        assert tile.pack(tile.unpack(data)) == data
