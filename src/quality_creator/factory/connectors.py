"""The way in of every gauge in the configuration."""

from collections.abc import Callable
from datetime import datetime

from quality_creator.config import Config, CsvGauge, HttpGauge, MqttGauge
from quality_creator.factory.csv import CsvConnector
from quality_creator.factory.http import HttpConnector
from quality_creator.factory.intake import Connector
from quality_creator.factory.mapping import mappings
from quality_creator.factory.mqtt import MqttConnector


def connectors(config: Config, clock: Callable[[], datetime]) -> list[Connector]:
    """One connector a gauge, in the configuration's order; none is running yet.

    Raises:
        BadInput: a mapping, a topic, a CA file or a recorded file can't be used.
    """
    found: list[Connector] = []
    ready = mappings(config)
    for gauge in config.gauges:
        mapping = ready[gauge.id]
        match gauge:
            case MqttGauge():
                ca_file = config.path(gauge.ca_file) if gauge.ca_file else None
                found.append(MqttConnector(gauge, mapping, clock, ca_file=ca_file))
            case HttpGauge():
                found.append(HttpConnector(gauge, mapping, clock))
            case CsvGauge():
                found.append(CsvConnector(gauge, mapping, clock, path=config.path(gauge.path)))
    return found
