"""The whole configuration as structs."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from quality_creator.model.characteristic import Characteristic
from quality_creator.model.ids import GaugeId, LineId, SourceId
from quality_creator.model.text import Text

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all parts of the file share: unknown keys are errors."""


class Hub(_Section, frozen=True, kw_only=True):
    """Where the hub listens and keeps things."""

    host: str = "127.0.0.1"
    port: Port = 8080
    data: str = "data"
    """Folder for the database, objects and the spool; relative to the configuration file."""
    objects: str = ""
    """Where finished segments go: empty for a folder in `data`, else `s3://bucket/prefix`."""
    address: str = ""
    """The public address, when a proxy stands before the hub."""
    hold_back: Annotated[float, msgspec.Meta(ge=2.0, le=6.0)] = 3.0
    """How many parts a player stays behind the newest; 3 is safe, 2 is fast."""


class Rtmp(_Section, frozen=True, kw_only=True):
    """The listener for cameras and encoders that push."""

    host: str = "127.0.0.1"
    port: Port = 1935


class Line(_Section, frozen=True, kw_only=True):
    """A production line, as ISA-95 has it."""

    id: LineId
    name: Text


class Camera(_Section, tag_field="kind", tag="camera", frozen=True, kw_only=True):
    """What every camera has, however its pictures come."""

    id: SourceId
    name: Text
    delay_ms: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    """How long before its arrival a frame was taken, where the camera does not stamp frames itself."""


class RtspCamera(Camera, tag="rtsp", frozen=True, kw_only=True):
    """A camera that we call."""

    url: Annotated[str, msgspec.Meta(pattern="^rtsps?://")]
    username: str = ""
    password: str = ""
    password_env: str = ""
    transport: Literal["tcp", "udp"] = "tcp"


class RtmpCamera(Camera, tag="rtmp", frozen=True, kw_only=True):
    """A camera or encoder that calls us, with a stream key."""

    key: str = ""
    key_env: str = ""


class FileCamera(Camera, tag="file", frozen=True, kw_only=True):
    """A file, or the files of a folder in the order of their names, in a loop."""

    path: str


class GeneratedCamera(Camera, tag="generated", frozen=True, kw_only=True):
    """A test picture: moving bars, a clock, and the source time as a bar code."""

    width: Annotated[int, msgspec.Meta(ge=64, le=3840)] = 1280
    height: Annotated[int, msgspec.Meta(ge=64, le=2160)] = 720
    tone_hz: Annotated[float, msgspec.Meta(ge=0, le=20_000)] = 440.0
    """Its sound; 0 for silence."""


AnyCamera = RtspCamera | RtmpCamera | FileCamera | GeneratedCamera


class Tag(_Section, frozen=True, kw_only=True):
    """How one tag of a gauge becomes one characteristic."""

    tag: str
    """The name in the payload; for MQTT the topic filter (`+` and `#` allowed) it arrives on."""
    characteristic: str
    unit: str = ""
    """The unit in which the machine sends; empty when it is the characteristic's own."""
    value: str = "value"
    """The field with the value; dots go into objects."""
    time: str = "time"
    time_format: Literal["rfc3339", "unix-s", "unix-ms", "unix-us"] = "rfc3339"
    sequence: str = "sequence"
    """Empty for a source without numbers of its own, or whose numbers begin again: then the time counts."""
    status: str = "status"
    unit_field: str = "unit"
    """A field that, where present, must name the unit in which the machine sends."""
    found_in: str = "found_in"
    """For charts p, u and Laney's: the field with the number inspected, or the units looked at."""


class CounterTag(_Section, frozen=True, kw_only=True):
    """How a line's counters arrive."""

    tag: str
    line: LineId
    total: str = "total"
    rejected: str = "rejected"
    time: str = "time"
    time_format: Literal["rfc3339", "unix-s", "unix-ms", "unix-us"] = "rfc3339"


class Gauge(_Section, tag_field="kind", tag="gauge", frozen=True, kw_only=True):
    """What every connector has, whatever it speaks."""

    id: GaugeId
    tags: tuple[Tag, ...] = ()
    counters: tuple[CounterTag, ...] = ()
    future_s: Annotated[float, msgspec.Meta(ge=0)] = 5.0
    """How far ahead of our clock a source's time may be before the reading is refused."""


class MqttGauge(Gauge, tag="mqtt", frozen=True, kw_only=True):
    """A broker that we subscribe to with QoS 1."""

    host: str
    port: Port = 1883
    username: str = ""
    password: str = ""
    password_env: str = ""
    tls: bool = False
    ca_file: str = ""
    client_id: str = ""
    """Names our session at the broker, so that what arrives while we are away is kept for us."""


class HttpGauge(Gauge, tag="http", frozen=True, kw_only=True):
    """Machines that post to `/api/readings` with this token."""

    token: str = ""
    token_env: str = ""


class CsvGauge(Gauge, tag="csv", frozen=True, kw_only=True):
    """A file of readings, replayed from now on."""

    path: str
    pace: Annotated[float, msgspec.Meta(gt=0, le=10_000)] = 1.0
    """How many times faster than recorded."""
    loop: bool = False


AnyGauge = MqttGauge | HttpGauge | CsvGauge


class Config(_Section, frozen=True, kw_only=True):
    """The file."""

    hub: Hub = Hub()
    rtmp: Rtmp = Rtmp()
    brand: Text | None = None
    lines: tuple[Line, ...] = ()
    cameras: tuple[AnyCamera, ...] = ()
    gauges: tuple[AnyGauge, ...] = ()
    characteristics: tuple[Characteristic, ...] = ()

    folder: str = "."
    """The configuration file's folder, from which relative paths count; not a key of the file."""

    def path(self, name: str) -> Path:
        """A path of the file, made absolute."""
        return (Path(self.folder) / name).resolve()
