"""Recorded files: checked at the start to the cell, replayed as if the machine were there."""

import asyncio
import contextlib
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quality_creator.config import CsvGauge
from quality_creator.factory.connectors import connectors
from quality_creator.factory.csv import CsvConnector, read_text
from quality_creator.factory.intake import Batch, Outcome
from quality_creator.factory.routes import mappings
from quality_creator.model.clock import micros, utc
from quality_creator.model.errors import BadInput
from tests.factory.plant import Remembering, clock, config

GAUGE = """
[[gauges]]
kind = "csv"
id = "record"
path = "record.csv"
pace = 100
{keys}
tags = [
  {{ tag = "moisture", characteristic = "moisture" }},
  {{ tag = "film", characteristic = "thickness", unit = "µm", value = "a.b", time = "t", @ }},
]
""".replace("@", 'time_format = "unix-s"')

FILE = """\
time,tag,value,sequence,status,unit
2020-01-01T00:00:00Z,moisture,8.1,1,,
2020-01-01T00:00:01Z,moisture,8.2,2,uncertain,%
1577836800.5,film,120,1,,um
2020-01-01T00:00:01Z,moisture,8.2,2,uncertain,%
"""


def connector(folder: Path, text: str, keys: str = "") -> CsvConnector:
    """A connector for a file with this text."""
    (folder / "record.csv").write_text(text, encoding="utf-8")
    one = config(GAUGE.format(keys=keys), folder)
    [gauge] = one.gauges
    assert isinstance(gauge, CsvGauge)
    return CsvConnector(gauge, mappings(one)[gauge.id], clock, path=one.path(gauge.path))


async def play(one: CsvConnector, sink: Remembering, seconds: float) -> None:
    """Let it run for a while."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(one.run(sink), seconds)


def test_a_file_is_replayed_from_now_at_its_pace(tmp_path: Path) -> None:
    one, sink = connector(tmp_path, FILE), Remembering()
    before = micros(datetime.now(UTC))
    asyncio.run(play(one, sink, 0.3))
    after = micros(datetime.now(UTC))
    taken = list(sink.measurements)
    assert [(m.characteristic, m.value, m.status) for m in taken] == [
        ("moisture", 8.1, "good"),
        ("thickness", 0.12, "good"),
        ("moisture", 8.2, "uncertain"),
        ("moisture", 8.2, "uncertain"),
    ]
    start = taken[0].time
    assert before <= start <= after
    assert [m.time - start for m in taken] == [0, 5_000, 10_000, 10_000]
    assert [m.sequence - taken[0].sequence for m in taken] == [0, 1, 2, 2]
    assert (one.status().state, one.status().last_error) == ("lost", "the file has come to its end")


def test_no_reading_comes_before_its_time(tmp_path: Path) -> None:
    rows = "".join(f"2020-01-01T00:00:{n:02}Z,moisture,8,{n}\n" for n in range(20))
    one = connector(tmp_path, "time,tag,value,sequence\n" + rows)
    early: list[float] = []

    class Watching(Remembering):
        async def __call__(self, batch: Batch) -> Outcome:
            now = time.time() * 1e6
            early.extend(m.time - now for m in batch.measurements)
            return await super().__call__(batch)

    asyncio.run(play(one, Watching(), 0.5))
    assert len(early) == 20
    assert max(early) < 1000  # two clocks are read: within a millisecond


def test_a_loop_brings_new_readings_every_round(tmp_path: Path) -> None:
    one, sink = connector(tmp_path, FILE, "loop = true"), Remembering()
    asyncio.run(play(one, sink, 0.3))
    taken = list(sink.measurements)
    assert len(taken) > 12
    keys = [(m.characteristic, m.sequence) for m in taken]
    assert len(set(keys)) == len(keys) - sum(m.value == 8.2 for m in taken) // 2
    assert [m.sequence for m in taken] == sorted(m.sequence for m in taken)
    assert [m.time for m in taken] == sorted(m.time for m in taken)


def test_a_hub_that_can_not_take_readings_misses_none(tmp_path: Path) -> None:
    one, sink = connector(tmp_path, FILE), Remembering(absent=1)
    asyncio.run(play(one, sink, 0.8))
    assert len(list(sink.measurements)) == 4


def test_rows_are_played_in_the_order_of_their_times(tmp_path: Path) -> None:
    text = "time,tag,value\n2020-01-01T00:00:02Z,moisture,2\n2020-01-01T00:00:01Z,moisture,1\n"
    sink = Remembering()
    asyncio.run(play(connector(tmp_path, text), sink, 0.2))
    assert [m.value for m in sink.measurements] == [1.0, 2.0]


def test_what_was_recorded_may_bear_any_time() -> None:
    one = config(GAUGE.format(keys=""))
    text = f"tag,time,value\nmoisture,{utc(2**52).isoformat()},8\n"
    assert len(read_text(mappings(one)[one.gauges[0].id], text)) == 1


HEAD = "tag,time,value,sequence,status,unit\n"
ROW = "moisture,2020-01-01T00:00:00Z,8.1,1,good,%\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "line 1: the columns are none; needed: tag, time, value; allowed: tag, time, value, sequence"),
        (
            "tag,time\n",
            "line 1: the columns are tag, time; needed: tag, time, value; allowed: tag, time, value",
        ),
        (
            "tag,time,value,colour\n",
            "line 1: the columns are tag, time, value, colour; needed: tag, time, value",
        ),
        ("tag,time,value,tag\n", "line 1: the columns are tag, time, value, tag; needed: tag, time, value"),
        (HEAD, "the file has no rows"),
        (HEAD + ROW + "moisture,x\n", "line 3: 2 cells; the header has 6 columns"),
        (HEAD + ROW.replace("8.1", "8,1"), "line 2: 7 cells; the header has 6 columns"),
        (
            HEAD + ROW + ROW.replace("8.1", "wet"),
            "line 3, column value: received 'wet'; allowed: a number, wi",
        ),
        (HEAD + ROW.replace("8.1", "nan"), "line 2, column value: received 'nan'; allowed: a number"),
        (HEAD + ROW.replace("8.1", "1_0"), "line 2, column value: received '1_0'; allowed: a number"),
        (HEAD + ROW.replace("8.1", "1e999"), "line 2, column value: received inf; allowed: a finite number"),
        (
            HEAD + ROW.replace("8.1", ""),
            "line 2: the field `value` is missing; received an object with 'tag'",
        ),
        (
            HEAD + ROW.replace("00Z", "00"),
            "line 2, column time: received '2020-01-01T00:00:00'; allowed: RFC 33",
        ),
        (
            HEAD + ROW.replace("moisture", "wet"),
            "line 2, column tag: received 'wet'; allowed: 'moisture', 'film'",
        ),
        (
            HEAD + ROW.replace("good", "ok"),
            "line 2, column status: received 'ok'; allowed: good, uncertain, bad",
        ),
        (HEAD + ROW.replace("%", "kg"), "line 2, column unit: received 'kg'; allowed: '%'"),
        (
            HEAD + ROW.replace(",1,", ",1.5,"),
            "line 2, column sequence: received 1.5; allowed: a whole number",
        ),
        (HEAD + 'moisture,"2020', "line 2: not CSV: unexpected end of data"),
    ],
)
def test_a_bad_cell_is_named_by_line_and_column(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(BadInput) as raised:
        connector(tmp_path, text)
    assert str(raised.value).startswith(f"{tmp_path / 'record.csv'}: {complaint}")


def test_a_file_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    one = config(GAUGE.format(keys=""), tmp_path)
    with pytest.raises(BadInput, match=r"^.*record.csv: No such file or directory$"):
        connectors(one, clock)
    (tmp_path / "record.csv").write_bytes("时间".encode("gbk"))
    with pytest.raises(BadInput, match=r"^.*record.csv: not UTF-8 \(byte \d\); save the file as UTF-8$"):
        connectors(one, clock)
