"""Reading the configuration file: every refusal says key, value and what is allowed."""

import ipaddress
import os
import re
import tomllib
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from quality_creator.config.schema import (
    AnyCamera,
    AnyGauge,
    Config,
    FileCamera,
    HttpGauge,
    MqttGauge,
    RtmpCamera,
    RtspCamera,
)
from quality_creator.model.characteristic import COUNTS, PROPORTIONS, WEIGHTED, Characteristic, ChartPlan
from quality_creator.model.errors import BadInput
from quality_creator.model.guest import TALKBACK
from quality_creator.model.ids import CharacteristicId

ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")


def load(path: Path, environment: Mapping[str, str] = os.environ) -> Config:
    """The configuration in a file.

    Raises:
        BadInput: it can't be read, or a key or value is not allowed; the text names them.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: not UTF-8 (byte {error.start}); save the file as UTF-8") from error
    try:
        return loads(text, folder=path.resolve().parent, environment=environment)
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from error


def loads(text: str, *, folder: Path, environment: Mapping[str, str]) -> Config:
    """The configuration in a text; relative paths in it count from `folder`."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"not TOML: {error}") from error
    if "folder" in raw:
        raise BadInput("folder: this key does not exist; paths count from the file's own folder")
    try:
        config = msgspec.convert(raw, Config)
    except msgspec.ValidationError as error:
        raise BadInput(_explain(str(error), raw)) from error
    config = msgspec.structs.replace(
        config,
        folder=str(folder),
        cameras=tuple(
            _camera_path(folder, _camera_secret(i, camera, environment))
            for i, camera in enumerate(config.cameras)
        ),
        gauges=tuple(_gauge_secret(i, gauge, environment) for i, gauge in enumerate(config.gauges)),
    )
    for complaint in _contradictions(config):
        raise BadInput(complaint)
    return config


# --- what msgspec says, in words that name key and value -----------------------------------------

_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?P<where>[^`]*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([A-Za-z_-]+)|\[(\d+)\]")


def _explain(message: str, raw: object) -> str:
    match = _AT.match(message)
    assert match is not None
    where = (match["where"] or "$")[1:]
    key = where.lstrip(".") or "the file"
    unknown = re.match(r"Object contains unknown field `(.*)`", match["what"])
    if unknown:
        full = f"{where}.{unknown[1]}".lstrip(".")
        return f"{full}: this key does not exist; allowed here: {', '.join(_allowed(where, raw))}"
    value = _value(where, raw)
    if match["what"].startswith(("Invalid value", "Invalid enum value")):
        return f"{key}: {value!r} does not exist; allowed here: {', '.join(_choices(where, raw))}"
    shown = "" if isinstance(value, dict | list) else f" (it is {value!r})"
    return f"{key}: {match['what']}{shown}"


def _value(where: str, raw: object) -> object:
    for step in _STEP.finditer(where):
        name, index = step.groups()
        match raw:
            case dict() if name is not None:
                raw = raw.get(name)
            case list() if index is not None and int(index) < len(raw):
                raw = raw[int(index)]
            case _:
                return None
    return raw


def _choices(where: str, raw: object) -> list[str]:
    """The values that a key with a fixed choice may have."""
    parent, _, field = where.rpartition(".")
    union = _annotation(parent, raw)
    here = _struct(union, _value(parent, raw))
    if here.__struct_config__.tag_field == field:
        return [str(option.__struct_config__.tag) for option in get_args(union)]
    choices = next(f.type for f in msgspec.structs.fields(here) if f.encode_name == field)
    return [str(choice) for choice in get_args(choices)]


def _allowed(where: str, raw: object) -> list[str]:
    """The keys of the struct at a place of the file."""
    here = _struct(_annotation(where, raw), _value(where, raw))
    names = [f.encode_name for f in msgspec.structs.fields(here) if f.encode_name != "folder"]
    tag = here.__struct_config__.tag_field
    return [*([tag] if tag else []), *names]


def _annotation(where: str, raw: object) -> Any:
    """The type that the configuration has at a place of the file."""
    here: Any = Config
    for step in _STEP.finditer(where):
        if step[1] is None:
            here = get_args(here)[0]
            continue
        struct = _struct(here, _value(where[: step.start()], raw))
        here = next(f.type for f in msgspec.structs.fields(struct) if f.encode_name == step[1])
    return here


def _struct(annotation: Any, value: object) -> Any:
    """The struct in a union: the one that the value's tag names, else the first."""
    options = [o for o in get_args(annotation) if isinstance(o, type) and issubclass(o, msgspec.Struct)]
    for option in options:
        config = option.__struct_config__
        if config.tag_field and isinstance(value, dict) and value.get(config.tag_field) == config.tag:
            return option
    return options[0] if options else annotation


# --- secrets -------------------------------------------------------------------------------------


def _camera_secret(index: int, camera: AnyCamera, environment: Mapping[str, str]) -> AnyCamera:
    where = f"cameras[{index}]"
    match camera:
        case RtspCamera(password=given, password_env=name):
            secret = _secret(f"{where}.password", given, name, environment)
            return msgspec.structs.replace(camera, password=secret)
        case RtmpCamera(key=given, key_env=name):
            secret = _secret(f"{where}.key", given, name, environment)
            if len(secret) < 8:
                raise BadInput(
                    f"{where}.key: a stream key has at least 8 characters; give `key` or `key_env`"
                )
            return msgspec.structs.replace(camera, key=secret)
        case _:
            return camera


def _gauge_secret(index: int, gauge: AnyGauge, environment: Mapping[str, str]) -> AnyGauge:
    where = f"gauges[{index}]"
    match gauge:
        case MqttGauge(password=given, password_env=name):
            secret = _secret(f"{where}.password", given, name, environment)
            return msgspec.structs.replace(gauge, password=secret)
        case HttpGauge(token=given, token_env=name):
            secret = _secret(f"{where}.token", given, name, environment)
            if len(secret) < 16:
                raise BadInput(
                    f"{where}.token: a token has at least 16 characters; give `token` or `token_env`"
                )
            return msgspec.structs.replace(gauge, token=secret)
        case _:
            return gauge


def _secret(key: str, given: str, name: str, environment: Mapping[str, str]) -> str:
    if given and name:
        raise BadInput(f"{key}: given twice; keep either `{key}` or `{key}_env`")
    if not name:
        return given
    if name not in environment:
        raise BadInput(f"{key}_env: the environment variable {name!r} is not set")
    return environment[name]


def _camera_path(folder: Path, camera: AnyCamera) -> AnyCamera:
    """A film's path counts from the file's own folder, wherever the media worker runs."""
    if isinstance(camera, FileCamera):
        return msgspec.structs.replace(camera, path=str((folder / camera.path).resolve()))
    return camera


# --- what the parts say of each other ------------------------------------------------------------


def _contradictions(config: Config) -> Iterator[str]:
    yield from _webrtc(config)
    yield from _addresses(config)
    yield from _names("lines", [line.id for line in config.lines])
    yield from _names("cameras", [camera.id for camera in config.cameras])
    yield from _names("gauges", [gauge.id for gauge in config.gauges])
    yield from _names("characteristics", [c.id for c in config.characteristics])
    yield from _keys(config)
    yield from _names("traces", [test.id for test in config.traces])
    yield from _lines(config)
    yield from _characteristics(config)
    yield from _joint_charts(config)
    yield from _traces(config)
    yield from _tags(config)


def _webrtc(config: Config) -> Iterator[str]:
    given = config.webrtc
    if given.announce:
        try:
            ipaddress.ip_address(given.announce)
        except ValueError:
            yield f"webrtc.announce: {given.announce!r} is no IP address"
    if given.ports is not None and not 1024 <= given.ports[0] <= given.ports[1]:
        yield f"webrtc.ports: {list(given.ports)}; the first is at least 1024, and the last not below it"
    if any(camera.id == TALKBACK for camera in config.cameras):
        yield f"cameras: {TALKBACK!r} is the producer's voice to guests; choose another id"


def _addresses(config: Config) -> Iterator[str]:
    hub = config.hub
    own = urllib.parse.urlsplit(hub.address).hostname or "localhost"
    domain = hub.passkey_domain or own
    named = [
        ("hub.address", own),
        *(
            (f"hub.origins[{index}]", urllib.parse.urlsplit(one).hostname or "")
            for index, one in enumerate(hub.origins)
        ),
    ]
    for key, host in named:
        if host != domain and not host.endswith(f".{domain}"):
            yield f"{key}: its host {host!r} does not lie within {domain!r}, to which passkeys belong"


def _names(key: str, ids: list[Any]) -> Iterator[str]:
    for index, name in enumerate(ids):
        if not ID.fullmatch(name):
            yield f"{key}[{index}].id: {name!r}; use lower-case letters, digits and hyphens, at most 64"
        if name in ids[:index]:
            yield f"{key}[{index}].id: {name!r} is taken by {key}[{ids.index(name)}]"


def _keys(config: Config) -> Iterator[str]:
    seen: dict[str, int] = {}
    for index, camera in enumerate(config.cameras):
        if isinstance(camera, RtmpCamera):
            if camera.key in seen:
                yield f"cameras[{index}].key: cameras[{seen[camera.key]}] has the same; each needs its own"
            seen[camera.key] = index


def _characteristics(config: Config) -> Iterator[str]:
    lines = [line.id for line in config.lines]
    cameras = [camera.id for camera in config.cameras]
    for index, one in enumerate(config.characteristics):
        key = f"characteristics[{index}]"
        if one.line not in lines:
            yield f"{key}.line: {one.line!r} is not in `lines`; there are: {', '.join(lines) or 'none'}"
        if one.camera is not None and one.camera not in cameras:
            there = ", ".join(cameras) or "none"
            yield f"{key}.camera: {one.camera!r} is not in `cameras`; there are: {there}"
        yield from _chart(f"{key}.chart", one.chart)
        if one.specification is not None:
            given = one.specification
            limits = [x for x in (given.lower, given.target, given.upper) if x is not None]
            if given.lower is None and given.upper is None:
                yield f"{key}.specification: neither `lower` nor `upper` is given"
            if limits != sorted(limits):
                yield f"{key}.specification: lower <= target <= upper does not hold: {limits}"


def _joint_charts(config: Config) -> Iterator[str]:
    yield from _names("charts", [chart.id for chart in config.charts])
    known = {one.id: one for one in config.characteristics}
    for index, chart in enumerate(config.charts):
        key, names = f"charts[{index}]", chart.characteristics
        if CharacteristicId(chart.id) in known:
            yield f"{key}.id: {chart.id!r} is a characteristic already; choose another"
        if len(names) < 2:
            yield f"{key}.characteristics: a chart of several judges 2 or more together, not {len(names)}"
        yield from _judged_together(f"{key}.characteristics", names, known)
        lines = {known[name].line for name in names if name in known}
        if len(lines) > 1:
            yield f"{key}.characteristics: they are of several lines, {', '.join(sorted(lines))}; choose one"
        if chart.lags_s and len(chart.lags_s) != len(names):
            yield f"{key}.lags_s: {len(chart.lags_s)} for {len(names)} characteristics; give each its own"
        if chart.join == "sequence" and (chart.tolerance_s or chart.lags_s):
            yield f"{key}.join: by sequence, so that `tolerance_s` and `lags_s` mean nothing; leave them out"
        if chart.kind == "mewma" and chart.size != 1:
            yield f"{key}.size: {chart.size}; a point of MEWMA is one observation"
        if chart.limits is not None:
            given, p = chart.limits, len(names)
            if len(given.center) != p or [len(row) for row in given.covariance] != [p] * p:
                yield f"{key}.limits: {p} characteristics have {p} centres and {p} rows of {p} covariances"


def _judged_together(
    key: str, names: tuple[CharacteristicId, ...], known: Mapping[CharacteristicId, Characteristic]
) -> Iterator[str]:
    for name in names:
        if name not in known:
            yield f"{key}: {name!r} is not in `characteristics`; there are: {', '.join(known) or 'none'}"
        elif names.count(name) > 1:
            yield f"{key}: {name!r} is named twice"
        elif known[name].chart.kind in COUNTS:
            yield f"{key}: {name!r} is counted; only measured values are judged together"


def _chart(key: str, plan: ChartPlan) -> Iterator[str]:
    """What can't be of a chart's own parameters; whether the plan as a whole can be, its chart says."""
    size, limits = plan.size, plan.limits
    if plan.kind in ("xbar-r", "xbar-s") and not 2 <= size <= 25:
        yield f"{key}.size: {size}; an {plan.kind} chart has subgroups of 2 to 25"
    if plan.kind not in ("xbar-r", "xbar-s", "np", *WEIGHTED) and size != 1:
        name = {"i-mr": "I-MR"}.get(plan.kind, plan.kind)
        yield f"{key}.size: {size}; an {name} chart has subgroups of 1"
    if size < 1:
        yield f"{key}.size: {size}; it is at least 1"
    if plan.estimate_from < 2:
        yield f"{key}.estimate_from: {plan.estimate_from}; limits come from at least 2 points"
    if plan.target is not None and plan.kind not in WEIGHTED:
        yield f"{key}.target: {plan.kind} judges by its centre; only ewma and cusum have a target"
    if plan.width != 3.0 and plan.kind != "ewma":
        yield f"{key}.width: {plan.width}; only ewma has another than 3 sigma"
    if plan.head_start > plan.decision:
        yield f"{key}.head_start: {plan.head_start}; it is at most `decision`, {plan.decision}"
    if limits is None:
        return
    if plan.kind in COUNTS and limits.sigma is not None:
        yield f"{key}.limits.sigma: the sigma of {plan.kind} follows from its centre; leave it out"
    if plan.kind not in COUNTS and (limits.sigma is None or not limits.sigma > 0):
        yield f"{key}.limits.sigma: {limits.sigma}; it must be above 0"
    highest = {"np": float(size)}.get(plan.kind, 1.0 if plan.kind in PROPORTIONS else float("inf"))
    if plan.kind in COUNTS and not 0 < limits.center < highest:
        yield f"{key}.limits.center: {limits.center}; of {plan.kind} it lies above 0 and below {highest:g}"
    if plan.target is not None:
        yield f"{key}.target: the limits' centre is given already; give one of the two"


def _lines(config: Config) -> Iterator[str]:
    for index, line in enumerate(config.lines):
        if line.oee is None:
            continue
        key = f"lines[{index}].oee"
        starts = [shift.start for shift in line.oee.shifts]
        if not starts:
            yield f"{key}.shifts: none is given; give at least one"
        if len(set(starts)) != len(starts):
            yield f"{key}.shifts: two begin at the same time: {', '.join(starts)}"
        try:
            ZoneInfo(line.oee.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            yield f"{key}.zone: {line.oee.zone!r} is no time zone; write it as Asia/Shanghai"


def _traces(config: Config) -> Iterator[str]:
    lines = [line.id for line in config.lines]
    for index, test in enumerate(config.traces):
        if test.line not in lines:
            there = ", ".join(lines) or "none"
            yield f"traces[{index}].line: {test.line!r} is not in `lines`; there are: {there}"
        if not test.upper and not test.lower:
            yield f"traces[{index}]: neither `upper` nor `lower` is given"


def _tags(config: Config) -> Iterator[str]:
    tests = [test.id for test in config.traces]
    with_oee = [line.id for line in config.lines if line.oee is not None]
    known = [one.id for one in config.characteristics]
    lines = [line.id for line in config.lines]
    for index, gauge in enumerate(config.gauges):
        for number, tag in enumerate(gauge.tags):
            if tag.characteristic not in known:
                where = f"gauges[{index}].tags[{number}].characteristic"
                yield f"{where}: {tag.characteristic!r} is not in `characteristics`"
        for number, counter in enumerate(gauge.counters):
            if counter.line not in lines:
                yield f"gauges[{index}].counters[{number}].line: {counter.line!r} is not in `lines`"
        for number, state in enumerate(gauge.states):
            if state.line not in with_oee:
                yield f"gauges[{index}].states[{number}].line: {state.line!r} is not a line with `oee`"
        for number, trace in enumerate(gauge.traces):
            if trace.test not in tests:
                yield f"gauges[{index}].traces[{number}].test: {trace.test!r} is not in `traces`"
