"""The way in of every gauge in the configuration."""

from collections.abc import Callable
from datetime import datetime

from quality_creator.config import Config, CsvGauge, HttpGauge, MqttGauge
from quality_creator.factory.csv import CsvConnector
from quality_creator.factory.http import HttpConnector
from quality_creator.factory.intake import Connector
from quality_creator.factory.routes import mappings
from quality_creator.model.errors import BadInput


def connectors(config: Config, clock: Callable[[], datetime]) -> list[Connector]:
    """One connector a gauge, in the configuration's order; none is running yet.

    Raises:
        BadInput: a mapping, a topic, a CA file or a recorded file can't be used, or two gauges share a token.
    """
    _check_tokens(config)
    found: list[Connector] = []
    ready = mappings(config)
    for gauge in config.gauges:
        mapping = ready[gauge.id]
        match gauge:
            case MqttGauge():
                from quality_creator.factory.mqtt import MqttConnector  # a client that takes its time to load

                ca_file = config.path(gauge.ca_file) if gauge.ca_file else None
                found.append(MqttConnector(gauge, mapping, clock, ca_file=ca_file))
            case HttpGauge():
                found.append(HttpConnector(gauge, mapping, clock))
            case CsvGauge():
                found.append(CsvConnector(gauge, mapping, clock, path=config.path(gauge.path)))
    return found


def _check_tokens(config: Config) -> None:
    seen: dict[str, int] = {}
    for index, gauge in enumerate(config.gauges):
        if isinstance(gauge, HttpGauge):
            first = seen.setdefault(gauge.token, index)
            if first != index:
                raise BadInput(
                    f"gauges[{index}].token: gauges[{first}] has the same; a token says who posts, "
                    "so each needs its own"
                )
