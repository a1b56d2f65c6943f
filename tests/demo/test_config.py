"""The demonstration's configuration is one that a hub takes, and its secrets stay secret."""

import stat
from pathlib import Path

from quality_creator.config import HttpGauge, MqttGauge, RtmpCamera, load
from quality_creator.demo import config, inspection
from quality_creator.demo.director import SOURCES
from quality_creator.demo.plant import CHANNELS, COUNTERS
from quality_creator.demo.simulator import SCENES


def test_a_hub_takes_it_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = config.write(tmp_path, port=8081, rtmp_port=1936)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    settings = load(file)
    assert (settings.hub.port, settings.rtmp.port) == (8081, 1936)
    assert tuple(camera.id for camera in settings.cameras) == SOURCES == tuple(SCENES)
    keys = [camera.key for camera in settings.cameras if isinstance(camera, RtmpCamera)]
    tokens = [gauge.token for gauge in settings.gauges if isinstance(gauge, HttpGauge)]
    assert len(set(keys + tokens)) == 5


def test_every_tag_and_counter_of_the_factory_has_its_place_and_its_own_limits(tmp_path: Path) -> None:
    settings = load(config.write(tmp_path, port=8080, rtmp_port=1935))
    tags = {tag.tag: tag.characteristic for gauge in settings.gauges for tag in gauge.tags}
    assert set(tags) == {inspection.DEFECTS} | {channel.tag for channel in CHANNELS}
    counters = {tag.tag: tag.line for gauge in settings.gauges for tag in gauge.counters}
    assert counters == {counter.tag: counter.line for counter in COUNTERS}
    by_id = {one.id: one for one in settings.characteristics}
    for channel in CHANNELS:
        characteristic = by_id[tags[channel.tag]]  # type: ignore[index]
        limits, specification = characteristic.chart.limits, characteristic.specification
        assert limits is not None
        assert (limits.center, limits.sigma) == (channel.center, channel.sigma)
        assert specification is not None
        assert (specification.lower, specification.upper) == (channel.lower, channel.upper)
        assert specification.origin is not None
        assert "fictional" in specification.origin.en
        assert (characteristic.unit, characteristic.decimals) == (channel.unit, channel.decimals)


def test_keys_and_tokens_stay_when_it_is_written_again(tmp_path: Path) -> None:
    first = load(config.write(tmp_path, port=8080, rtmp_port=1935))
    again = load(config.write(tmp_path, port=9090, rtmp_port=1999))
    assert (first.cameras, first.gauges) == (again.cameras, again.gauges)
    assert again.hub.port == 9090


def test_with_a_broker_the_laboratory_publishes_and_keeps_its_secret(tmp_path: Path) -> None:
    posting = load(config.write(tmp_path, port=8080, rtmp_port=1935)).gauges[1]
    publishing = load(config.write(tmp_path, port=8080, rtmp_port=1935, broker_port=1884)).gauges[1]
    assert isinstance(posting, HttpGauge)
    assert isinstance(publishing, MqttGauge)
    assert (publishing.port, publishing.password) == (1884, posting.token)
    assert publishing.tags == posting.tags


def test_a_file_that_can_not_be_read_any_more_is_replaced(tmp_path: Path) -> None:
    (tmp_path / config.FILE).write_text("[hub\n")
    assert len(load(config.write(tmp_path, port=8080, rtmp_port=1935)).cameras) == 3
