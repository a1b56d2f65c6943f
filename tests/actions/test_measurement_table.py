"""The measurements as a table: what foreign tools read in it, and that no other bytes pass for it."""

import io
import random
import resource
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa
import pytest
from pyarrow import parquet

from quality_creator.actions import measurement_table
from quality_creator.actions.measurement_table import COLUMNS, OPTIONAL, SCHEMA
from quality_creator.model.errors import BadPayload, Unavailable
from quality_creator.model.event import FrameData, TimedMessage
from tests.actions.shown_charts import PLANS, Charts

EPISODE = "urn:uuid:11111111-2222-4333-8444-555555555555"


@pytest.fixture(scope="module")
def batches() -> list[list[TimedMessage]]:
    charts = Charts(plans=dict(PLANS))
    return [charts.messages(number) for number in range(6)]


def test_duckdb_reads_the_same_numbers(batches: list[list[TimedMessage]], tmp_path: Path) -> None:
    path = tmp_path / "measurements.parquet"
    path.write_bytes(measurement_table.encode(batches, episode=EPISODE))
    frames = [one.message for batch in batches for one in batch if isinstance(one.message, FrameData)]
    points = [point for frame in frames for point in frame.points]
    rows = duckdb.sql(
        "SELECT characteristic, epoch_us(time), value, plotted, location, signals, unit, epoch_us(shown) "
        f"FROM '{path}'"
    ).fetchall()
    assert [row[:5] for row in rows] == [
        (one.characteristic, one.time, one.value, one.plotted, one.location) for one in points
    ]
    assert [row[5] for row in rows] == [
        [signal.rule + ("..." if signal.continuing else "") for signal in one.signals] for one in points
    ]
    assert {row[6] for row in rows} == {"N/mm", ""}
    assert {row[7] for row in rows} == {frame.utc for frame in frames}
    said = dict(
        duckdb.sql(f"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{path}')").fetchall()
    )
    assert (said["schema"], said["episode"]) == (SCHEMA, EPISODE)
    assert [one["characteristic"] for one in msgspec.json.decode(said["characteristics"])] == sorted(PLANS)


def test_the_page_about_it_names_every_column_with_its_meaning() -> None:
    page = (Path(__file__).parents[2] / "docs/proof/measurements.md").read_text(encoding="utf-8")
    for name, (kind, words) in COLUMNS.items():
        optional = ", or none" if name in OPTIONAL else ""
        assert f"| `{name}` | {measurement_table.KINDS[kind]}{optional} | {words} |" in page


def test_an_episode_without_measurements_has_an_empty_table() -> None:
    data = measurement_table.encode([[], []], episode=EPISODE)
    assert measurement_table.differs(data, [[], []], episode=EPISODE) == ""


def test_mutated_bytes_are_the_same_table_or_another_and_never_a_crash(
    batches: list[list[TimedMessage]],
) -> None:
    chance = random.Random(5)
    good = measurement_table.encode(batches, episode=EPISODE)
    assert measurement_table.differs(good, batches, episode=EPISODE) == ""
    for _ in range(300):
        mutant = bytearray(good)
        for _ in range(chance.randrange(1, 4)):
            mutant[chance.randrange(len(mutant))] ^= 1 << chance.randrange(8)
        given = bytes(mutant[: chance.choice([len(mutant), len(mutant), chance.randrange(len(mutant))])])
        try:
            measurement_table.differs(given, batches, episode=EPISODE)
        except BadPayload:
            continue


def _word_in_every_row(good: pa.Table, word: str) -> pa.Table:
    column = pa.chunked_array([pa.array([word])] * len(good))
    return good.set_column(0, good.schema.field(0), column)


def _rule_in_every_row(good: pa.Table, word: str) -> pa.Table:
    kind = good.schema.field("signals")
    rules = pa.ListArray.from_arrays(pa.array([0, 1], pa.int32()), pa.array([word]), type=kind.type)
    return good.set_column(len(COLUMNS) - 1, kind, pa.chunked_array([rules] * len(good)))


@pytest.mark.skipif(sys.platform != "linux", reason="only there a process can bound its memory for a while")
@pytest.mark.parametrize("swell", [_word_in_every_row, _rule_in_every_row])
@pytest.mark.parametrize("group", [1, 1_000_000])
def test_a_few_bytes_that_swell_to_more_than_there_is_room_for_are_refused(
    batches: list[list[TimedMessage]],
    swell: Callable[[pa.Table, str], pa.Table],
    group: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    good = parquet.read_table(io.BytesIO(measurement_table.encode(batches, episode=EPISODE)))
    out = io.BytesIO()
    how = {"compression": "zstd", "coerce_timestamps": "us", "version": "2.6", "row_group_size": group}
    parquet.write_table(swell(good, "x" * (1 << 20)), out, dictionary_pagesize_limit=1 << 30, **how)
    assert len(out.getvalue()) < 3_000_000 < len(good) << 20
    monkeypatch.setattr(measurement_table, "MOST", 256 << 20)
    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(BadPayload, match="can't be read"):
        measurement_table.differs(out.getvalue(), batches, episode=EPISODE)
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_without_a_reader_it_is_said_what_to_install(
    batches: list[list[TimedMessage]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    assert not measurement_table.readable()
    with pytest.raises(Unavailable, match=r"quality-creator\[parquet\]"):
        measurement_table.encode(batches, episode=EPISODE)
