"""What the made-up factory says beside its gauges is the same however often one asks; the hub takes it."""

import itertools
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from quality_creator.actions.benches import envelope, judge
from quality_creator.config import load
from quality_creator.demo import config, inspection
from quality_creator.demo.delivery import body
from quality_creator.demo.plant import SECOND
from quality_creator.factory.http import read_body
from quality_creator.factory.routes import mappings
from quality_creator.model.clock import Micros, utc

START = Micros(1_777_000_000_000_000)
HOUR = Micros(START + 3600 * SECOND)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 3600 * SECOND), max_size=8))
def test_it_does_not_matter_how_often_one_asks(cuts: list[int]) -> None:
    instants = [START, *(Micros(START + cut) for cut in sorted(cuts)), HOUR]
    pieces = [one for a, b in itertools.pairwise(instants) for one in inspection.messages(5, START, a, b)]
    assert pieces == inspection.messages(5, START, START, HOUR)


def test_a_hub_takes_all_of_it_and_most_slides_pass(tmp_path: Path) -> None:
    settings = load(config.write(tmp_path, port=8080, rtmp_port=1935))
    maps = mappings(settings)
    said = [message for _, message in inspection.messages(5, START, START, HOUR)]
    batches = []
    for gauge in settings.gauges:
        tags = {tag.tag for tag in (*gauge.tags, *gauge.states, *gauge.traces)}
        mine = [one for one in said if one.tag in tags]
        batch = read_body(maps[gauge.id], msgspec.json.encode(body(mine)), utc(HOUR))
        assert batch.refusals == []
        batches.append(batch)
    assert sum(len(one.measurements) + len(one.states) + len(one.traces) for one in batches) == len(said)
    [test] = settings.traces
    verdicts = [judge(envelope(test), trace).verdict for batch in batches for trace in batch.traces]
    assert len(verdicts) == 180
    assert 0.8 < verdicts.count("pass") / len(verdicts) < 0.95
    assert set(verdicts) == {"pass", "fail"}
