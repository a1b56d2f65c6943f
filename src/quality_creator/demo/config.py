"""The demonstration's configuration: a file like any factory's, with keys made on the spot."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from quality_creator.config import Config, HttpGauge, MqttGauge, RtmpCamera, load
from quality_creator.demo import inspection
from quality_creator.demo.plant import (
    BOARD_COUNTER,
    CERAMICS_COUNTER,
    GLAZE,
    HINGE,
    LEAK,
    MOISTURE,
    PEEL,
    SECOND,
    TAP_COUNTER,
    Channel,
)
from quality_creator.demo.texts import BRAND
from quality_creator.model.errors import QualityCreatorError
from quality_creator.model.text import Text

FILE: Final = "demo.toml"
POLICY: Final = "log-policy"
DATA: Final = "hub"
"""The hub's data folder, inside the demonstration's."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What the file keeps secret."""

    cameras: dict[str, str]
    gauges: dict[str, str]
    """A token for a gauge that posts, a password for one that publishes."""


def write(folder: Path, *, port: int, rtmp_port: int, broker_port: int | None = None, log: str = "") -> Path:
    """Write the file into a folder, which only its owner may read; keys of an earlier one stay.

    Args:
        log: What the log is called, where made-up witnesses watch it by the policy beside the file.
        broker_port: Where the laboratory's gauge publishes; without one it posts like the other.
    """
    path = folder / FILE
    text = toml(_keys(path), port=port, rtmp_port=rtmp_port, broker_port=broker_port, log=log)
    part = path.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)
    return path


def _keys(path: Path) -> Keys:
    """Those of the file that is there, and new ones for what it does not name."""
    cameras: dict[str, str] = {}
    gauges: dict[str, str] = {}
    for camera in _earlier(path).cameras:
        if isinstance(camera, RtmpCamera):
            cameras[camera.id] = camera.key
    for gauge in _earlier(path).gauges:
        match gauge:
            case HttpGauge(token=secret) | MqttGauge(password=secret):
                gauges[gauge.id] = secret
            case _:
                pass
    for camera_id in ("edge-banding", "tap-bench", "laboratory"):
        cameras.setdefault(camera_id, secrets.token_hex(12))
    for gauge_id in ("line", "laboratory"):
        gauges.setdefault(gauge_id, secrets.token_hex(16))
    return Keys(cameras, gauges)


def _earlier(path: Path) -> Config:
    if not path.exists():
        return Config()
    try:
        return load(path)
    except QualityCreatorError:
        # Ours to write: one that can't be read is replaced as a whole, keys too.
        return Config()


def toml(keys: Keys, *, port: int, rtmp_port: int, broker_port: int | None, log: str = "") -> str:
    """The file's text."""
    return "\n\n".join(
        [
            "# The demonstration's configuration, written anew at each start; keys and tokens stay.",
            f'[hub]\nport = {port}\ndata = "{DATA}"',
            f"[rtmp]\nport = {rtmp_port}",
            *([f'[log]\nname = "{log}"\npolicy = "{POLICY}"'] if log else []),
            '[signing]\nsource = "virtualRecording"',  # its pictures are drawn, and its manifests say so
            f'[brand]\nzh-Hans = "{BRAND.zh}"\nen = "{BRAND.en}"',
            _line("board", "板件线", "Board line") + _OEE,
            _line("tap", "龙头线", "Tap line"),
            _line("ceramics", "陶瓷线", "Ceramics line"),
            _line("laboratory", "实验室", "Laboratory"),
            _camera("edge-banding", "封边线", "Edge-banding line", keys),
            _camera("tap-bench", "龙头试漏台", "Tap leak-test bench", keys),
            _camera("laboratory", "实验室", "Laboratory", keys),
            _posting("line", keys),
            _tag(MOISTURE, "board-moisture"),
            _tag(PEEL, "peel-force"),
            _tag(LEAK, "tap-leak"),
            _counter(BOARD_COUNTER.tag, BOARD_COUNTER.line),
            _counter(TAP_COUNTER.tag, TAP_COUNTER.line),
            f'[[gauges.states]]\ntag = "{inspection.STATE}"\nline = "board"',
            _posting("laboratory", keys) if broker_port is None else _publishing(keys, broker_port),
            _tag(GLAZE, "glaze-thickness"),
            _tag(HINGE, "hinge-torque"),
            f'[[gauges.tags]]\ntag = "{inspection.DEFECTS}"\ncharacteristic = "glaze-defects"',
            _counter(CERAMICS_COUNTER.tag, CERAMICS_COUNTER.line),
            f'[[gauges.traces]]\ntag = "{inspection.SLIDE}"\ntest = "slide-force"',
            _characteristic(LEAK, "tap-leak", Text(zh="泄漏压降", en="Leak pressure drop"), "tap/tap-bench"),
            _characteristic(
                PEEL, "peel-force", Text(zh="封边剥离力", en="Edge peel force"), "board/edge-banding", size=5
            ),
            _characteristic(
                MOISTURE, "board-moisture", Text(zh="板件含水率", en="Board moisture"), "board/edge-banding"
            ),
            _characteristic(
                GLAZE,
                "glaze-thickness",
                Text(zh="釉层厚度", en="Glaze thickness"),
                "ceramics/laboratory",
                size=5,
            ),
            _characteristic(
                HINGE,
                "hinge-torque",
                Text(zh="铰链力矩", en="Hinge torque"),
                "laboratory/laboratory",
                kind="ewma",
            ),
            _DEFECTS,
            _BOND,
            _SLIDE,
            "",
        ]
    )


_OEE = f"""
[lines.oee]
ideal_cycle_s = {inspection.IDEAL_CYCLE_S}
zone = "Asia/Shanghai"
shifts = [{{ name = "08–20", start = "08:00" }}, {{ name = "20–08", start = "20:00" }}]
public = true"""

_DEFECTS = f"""[[characteristics]]
id = "glaze-defects"
name = {{ zh-Hans = "釉面缺陷", en = "Glaze defects" }}
unit = "pcs"
line = "ceramics"
decimals = 3
[characteristics.chart]
kind = "p"
limits = {{ center = {inspection.DEFECT_RATE} }}"""

_BOND = f"""# A panel passes the peel head three cycles after the moisture head.
[[charts]]
id = "edge-bond"
name = {{ zh-Hans = "封边粘接：含水率与剥离力", en = "Edge bond: moisture and peel force" }}
kind = "t2"
characteristics = ["board-moisture", "peel-force"]
tolerance_s = 0.3
lags_s = [0.0, {(3 * PEEL.period + PEEL.beats[0] - MOISTURE.beats[0]) / SECOND}]
[charts.limits]
center = [{MOISTURE.center}, {PEEL.center}]
covariance = [[{MOISTURE.sigma**2:.6f}, 0.0], [0.0, {PEEL.sigma**2:.6f}]]"""

_SLIDE = f"""[[traces]]
id = "slide-force"
name = {{ zh-Hans = "抽屉滑轨力", en = "Drawer slide force" }}
line = "laboratory"
x = {{ name = {{ zh-Hans = "行程", en = "Travel" }}, unit = "mm" }}
y = {{ name = {{ zh-Hans = "力", en = "Force" }}, unit = "N" }}
upper = {[list(corner) for corner in inspection.SLIDE_UPPER]}
lower = {[list(corner) for corner in inspection.SLIDE_LOWER]}"""


def _name(zh: str, en: str) -> str:
    return f'{{ zh-Hans = "{zh}", en = "{en}" }}'


def _line(line_id: str, zh: str, en: str) -> str:
    return f'[[lines]]\nid = "{line_id}"\nname = {_name(zh, en)}'


def _camera(camera_id: str, zh: str, en: str, keys: Keys) -> str:
    key = keys.cameras[camera_id]
    return f'[[cameras]]\nkind = "rtmp"\nid = "{camera_id}"\nname = {_name(zh, en)}\nkey = "{key}"'


def _posting(gauge_id: str, keys: Keys) -> str:
    return f'[[gauges]]\nkind = "http"\nid = "{gauge_id}"\ntoken = "{keys.gauges[gauge_id]}"'


def _publishing(keys: Keys, port: int) -> str:
    return (
        '[[gauges]]\nkind = "mqtt"\nid = "laboratory"\nhost = "127.0.0.1"\n'
        f'port = {port}\nusername = "laboratory"\npassword = "{keys.gauges["laboratory"]}"'
    )


def _tag(channel: Channel, characteristic: str) -> str:
    return f'[[gauges.tags]]\ntag = "{channel.tag}"\ncharacteristic = "{characteristic}"'


def _counter(tag: str, line: str) -> str:
    return f'[[gauges.counters]]\ntag = "{tag}"\nline = "{line}"'


def _characteristic(
    channel: Channel, name: str, title: Text, where: str, *, size: int = 1, kind: str = ""
) -> str:
    """`where` is the line and the camera, with a slash between them."""
    kind = kind or ("i-mr" if size == 1 else "xbar-r")
    line, _, camera = where.partition("/")
    bounds = {"lower": channel.lower, "upper": channel.upper}
    given = "\n".join(f"{key} = {value}" for key, value in bounds.items() if value is not None)
    two_sided = channel.lower is not None and channel.upper is not None
    target = f"\ntarget = {channel.center}" if two_sided else ""
    return f"""[[characteristics]]
id = "{name}"
name = {_name(title.zh, title.en)}
unit = "{channel.unit}"
line = "{line}"
camera = "{camera}"
decimals = {channel.decimals}
[characteristics.specification]
{given}{target}
origin = {_name("品牌自定（虚构）", "The maker's own limit (fictional)")}
[characteristics.chart]
kind = "{kind}"
size = {size}
[characteristics.chart.limits]
center = {channel.center}
sigma = {channel.sigma}"""
