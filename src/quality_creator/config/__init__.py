"""The whole configuration: one TOML file, errors that name the key."""

from quality_creator.config.load import load, loads
from quality_creator.config.schema import (
    AnyCamera,
    AnyGauge,
    Config,
    CounterTag,
    CsvGauge,
    FileCamera,
    GeneratedCamera,
    HttpGauge,
    Hub,
    Line,
    MqttGauge,
    Rtmp,
    RtmpCamera,
    RtspCamera,
    Tag,
)

__all__ = [
    "AnyCamera",
    "AnyGauge",
    "Config",
    "CounterTag",
    "CsvGauge",
    "FileCamera",
    "GeneratedCamera",
    "HttpGauge",
    "Hub",
    "Line",
    "MqttGauge",
    "Rtmp",
    "RtmpCamera",
    "RtspCamera",
    "Tag",
    "load",
    "loads",
]
