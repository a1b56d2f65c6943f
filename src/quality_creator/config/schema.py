"""The whole configuration as structs."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from quality_creator.model.characteristic import Characteristic
from quality_creator.model.ids import GaugeId, LineId, SourceId
from quality_creator.model.joint import JointChart
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
    address: Annotated[str, msgspec.Meta(pattern=r"^(https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?)?$")] = ""
    """The public address, when a proxy stands before the hub; passkeys belong to its host."""
    passkey_domain: str = ""
    """To which domain passkeys belong, where it is wider than the address's host."""
    origins: tuple[
        Annotated[str, msgspec.Meta(pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?$")], ...
    ] = ()
    """Further addresses at which people may use their passkeys; all within the domain."""
    operator_sign_in: bool = True
    """Whether the operator's token opens the pages, for when no passkey does."""
    hold_back: Annotated[float, msgspec.Meta(ge=2.0, le=6.0)] = 3.0
    """How many parts a player stays behind the newest; 3 is safe, 2 is fast."""


class Rtmp(_Section, frozen=True, kw_only=True):
    """The listener for cameras and encoders that push."""

    host: str = "127.0.0.1"
    port: Port = 1935


class Shift(_Section, frozen=True, kw_only=True):
    """When a shift begins, each day; it ends where the next one begins."""

    name: str
    start: Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    """HH:MM in the line's time zone."""


class Oee(_Section, frozen=True, kw_only=True):
    """What a line's OEE is reckoned by."""

    ideal_cycle_s: Annotated[float, msgspec.Meta(gt=0)]
    """Seconds that one item takes at the best."""
    shifts: tuple[Shift, ...] = (Shift(name="day", start="00:00"),)
    zone: str = "UTC"
    """The time zone of the shifts, as `Asia/Shanghai`."""
    public: bool = False
    """Whether viewers see it."""


class IceServer(_Section, frozen=True, kw_only=True):
    """A STUN or TURN server, for us and for guests."""

    urls: tuple[Annotated[str, msgspec.Meta(pattern="^(stun|turn|turns):")], ...]
    username: str = ""
    credential: str = ""


class Webrtc(_Section, frozen=True, kw_only=True):
    """How guests reach the media worker."""

    announce: str = ""
    """The address that guests are told in the place of ours, when a router forwards to us."""
    ports: tuple[Port, Port] | None = None
    """First and last UDP port; any when left out. A guest takes two or three."""
    ice_servers: tuple[IceServer, ...] = ()


class Line(_Section, frozen=True, kw_only=True):
    """A production line, as ISA-95 has it."""

    id: LineId
    name: Text
    oee: Oee | None = None


class Axis(_Section, frozen=True, kw_only=True):
    """What stands along one side of a laboratory trace."""

    name: Text
    unit: str


Corners = tuple[tuple[float, float], ...]


class TraceTest(_Section, frozen=True, kw_only=True):
    """A test whose bench records a trace, and the envelope of limits that judges it."""

    id: str
    name: Text
    line: LineId
    x: Axis
    y: Axis
    decimals: int = 1
    """Digits after the point of y when shown."""
    upper: Corners = ()
    """Corners [x, limit] in the order of x; two at one x are a step."""
    lower: Corners = ()


class Camera(_Section, tag_field="kind", tag="camera", frozen=True, kw_only=True):
    """What every camera has, however its pictures come."""

    id: SourceId
    name: Text
    delay_ms: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
    """How long before its arrival a frame was taken, where the camera does not stamp frames itself."""
    record: bool = False
    """Whether it is recorded alone, beside the programme, where nobody in the studio says otherwise."""


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


class StateTag(_Section, frozen=True, kw_only=True):
    """How a line's machine state arrives, and which words say what."""

    tag: str
    line: LineId
    state: str = "state"
    time: str = "time"
    time_format: Literal["rfc3339", "unix-s", "unix-ms", "unix-us"] = "rfc3339"
    running: tuple[str, ...] = ("running",)
    stopped: tuple[str, ...] = ("stopped",)
    planned_stop: tuple[str, ...] = ("planned-stop",)
    unknown: tuple[str, ...] = ("unknown",)


class TraceTag(_Section, frozen=True, kw_only=True):
    """How a test's traces arrive: x and y as two lists of numbers of one length."""

    tag: str
    test: str
    x: str = "x"
    y: str = "y"
    """A missing sample is null."""
    time: str = "time"
    time_format: Literal["rfc3339", "unix-s", "unix-ms", "unix-us"] = "rfc3339"
    sequence: str = "sequence"
    """Empty for a source without numbers of its own: then the time counts."""
    specimen: str = "specimen"
    """The field that names what was tested; it may be absent."""


class Calibration(_Section, frozen=True, kw_only=True):
    """What is known of a gauge's last calibration; it is published with what the gauge measured."""

    certificate: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    """Its number, or where it is to be had."""
    by: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    """Who calibrated."""
    due: date
    """The day up to which it counts."""


class Gauge(_Section, tag_field="kind", tag="gauge", frozen=True, kw_only=True):
    """What every connector has, whatever it speaks."""

    id: GaugeId
    tags: tuple[Tag, ...] = ()
    counters: tuple[CounterTag, ...] = ()
    states: tuple[StateTag, ...] = ()
    traces: tuple[TraceTag, ...] = ()
    future_s: Annotated[float, msgspec.Meta(ge=0)] = 5.0
    """How far ahead of our clock a source's time may be before the reading is refused."""
    calibration: Calibration | None = None
    """Left out, evidence says of the gauge that nothing is known of its calibration."""


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
    """Machines that post to `/api/readings` and `/api/traces` with this token."""

    token: str = ""
    token_env: str = ""


class CsvGauge(Gauge, tag="csv", frozen=True, kw_only=True):
    """A file of readings, replayed from now on."""

    path: str
    pace: Annotated[float, msgspec.Meta(gt=0, le=10_000)] = 1.0
    """How many times faster than recorded."""
    loop: bool = False


AnyGauge = MqttGauge | HttpGauge | CsvGauge


class Keys(_Section, frozen=True, kw_only=True):
    """How the private keys in `<data>/keys` are encrypted; without a passphrase they are not."""

    passphrase_file: str = ""
    """A file with the passphrase in its first line, which only its owner may read."""
    passphrase_env: str = ""
    """The environment variable with the passphrase."""


class Signing(_Section, frozen=True, kw_only=True):
    """How segments are signed while they are on air."""

    enabled: bool = True
    key: str = "hub"
    """A P-256 key in `<data>/keys`, by its name; `hub` is made at the first start."""
    certificate: str = ""
    """The key's certificates as PEM, its own first; empty for one of the hub's own test authority."""
    source: Literal[
        "compositeCapture", "digitalCapture", "virtualRecording", "compositeSynthetic", "algorithmicMedia"
    ] = "compositeCapture"
    """What the pictures are, in IPTC's words; it stands in every manifest."""
    timestamp: str = ""
    """The address of an RFC 3161 time-stamp authority, for the log and for exported files; empty for none."""


class Log(_Section, frozen=True, kw_only=True):
    """The transparency log, and how often what is on air is written into it."""

    name: str = ""
    """What the log is called for ever; empty for the public address and `/log`."""
    policy: str = ""
    """A file with the log, its witnesses and their quorum (C2SP tlog-policy); empty for no witnesses."""
    progress_s: Annotated[float, msgspec.Meta(ge=1, le=60)] = 5.0
    """How often the digests of what was served are entered."""
    challenge_s: Annotated[float, msgspec.Meta(ge=5, le=300)] = 20.0
    """How often the code changes that is filmed to show that a picture is not older."""


class Restream(_Section, frozen=True, kw_only=True):
    """How the programme is restreamed to other platforms; where to is said in the studio."""

    ca_file: str = ""
    """Authorities (PEM) that rtmps servers may be certified by, besides the system's own."""


class Config(_Section, frozen=True, kw_only=True):
    """The file."""

    hub: Hub = Hub()
    rtmp: Rtmp = Rtmp()
    keys: Keys = Keys()
    signing: Signing = Signing()
    log: Log = Log()
    brand: Text | None = None
    lines: tuple[Line, ...] = ()
    cameras: tuple[AnyCamera, ...] = ()
    gauges: tuple[AnyGauge, ...] = ()
    characteristics: tuple[Characteristic, ...] = ()
    charts: tuple[JointChart, ...] = ()
    """Of several characteristics; a characteristic's own is in it."""
    traces: tuple[TraceTest, ...] = ()
    webrtc: Webrtc = Webrtc()
    restream: Restream = Restream()

    folder: str = "."
    """The configuration file's folder, from which relative paths count; not a key of the file."""

    def line_of(self, chart: JointChart) -> Line:
        """The line whose characteristics a chart judges together."""
        one = next(one for one in self.characteristics if one.id == chart.characteristics[0])
        return next(line for line in self.lines if line.id == one.line)

    def path(self, name: str) -> Path:
        """A path of the file, made absolute."""
        return (Path(self.folder) / name).resolve()
