"""The configuration file: what is refused, and in which words."""

from pathlib import Path

import pytest

from quality_creator.config import Config, FileCamera, HttpGauge, RtmpCamera, load, loads
from quality_creator.model.errors import BadInput

FULL = """
[hub]
port = 9090
[[lines]]
id = "taps"
name = { zh-Hans = "水龙头线", en = "Taps" }
[[cameras]]
kind = "rtmp"
id = "bench"
name = { zh-Hans = "试验台", en = "Test bench" }
key_env = "BENCH_KEY"
[[gauges]]
kind = "http"
id = "plc"
token = "0123456789abcdef"
[[gauges.tags]]
tag = "leak"
characteristic = "leak-pressure"
[[characteristics]]
id = "leak-pressure"
name = { zh-Hans = "泄漏压降", en = "Leak pressure drop" }
unit = "kPa/min"
line = "taps"
camera = "bench"
[characteristics.specification]
upper = 2.0
"""
CAMERA = '[[cameras]]\nid = "a"\nname = { zh-Hans = "甲", en = "A" }\n'
EVERYTHING = {"BENCH_KEY": "long-enough-key"}


def read(text: str) -> Config:
    return loads(text, folder=Path("/somewhere"), environment=EVERYTHING)


def test_an_empty_file_is_the_default() -> None:
    assert read("").hub.port == 8080


def test_secrets_come_from_the_environment() -> None:
    config = read(FULL)
    (camera,) = config.cameras
    (gauge,) = config.gauges
    assert isinstance(camera, RtmpCamera)
    assert camera.key == "long-enough-key"
    assert isinstance(gauge, HttpGauge)
    assert gauge.token == "0123456789abcdef"


def test_a_gauges_calibration_is_read_with_its_day() -> None:
    stated = 'calibration = { certificate = "CAL-7", by = "Metrology", due = 2027-03-01 }'
    (gauge,) = read(FULL.replace('kind = "http"', f'kind = "http"\n{stated}')).gauges
    assert gauge.calibration is not None
    assert (gauge.calibration.by, gauge.calibration.due.isoformat()) == ("Metrology", "2027-03-01")


def test_paths_count_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "qc.toml"
    path.write_text("[hub]\ndata = 'here'\n", encoding="utf-8-sig")
    config = load(path)
    assert config.path(config.hub.data) == tmp_path / "here"


def test_the_path_of_a_film_counts_from_the_file_too(tmp_path: Path) -> None:
    path = tmp_path / "qc.toml"
    path.write_text(CAMERA + "kind = 'file'\npath = 'films'\n", encoding="utf-8")
    (camera,) = load(path).cameras
    assert isinstance(camera, FileCamera)
    assert camera.path == str(tmp_path / "films")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[hub]\nprot = 1", "hub.prot: this key does not exist; allowed here: host, port, data"),
        ("[hub]\nport = 99999", "hub.port: Expected `int` <= 65535 (it is 99999)"),
        ('[hub]\nport = "80"', "hub.port: Expected `int`, got `str` (it is '80')"),
        ("folder = '/'", "folder: this key does not exist"),
        ("x = ", "not TOML"),
        (
            CAMERA + 'kind = "rtxp"',
            "cameras[0].kind: 'rtxp' does not exist; allowed here: rtsp, rtmp, file, generated",
        ),
        (CAMERA + 'kind = "rtsp"\nurl = "http://x"', "cameras[0].url: Expected `str` matching regex"),
        (
            CAMERA + 'kind = "rtmp"\nurl = "x"',
            "cameras[0].url: this key does not exist; allowed here: kind, id",
        ),
        (CAMERA + 'kind = "rtmp"\nkey = "short"', "cameras[0].key: a stream key has at least 8 characters"),
        (CAMERA + 'kind = "rtmp"\nkey = "x"\nkey_env = "BENCH_KEY"', "cameras[0].key: given twice"),
        (
            CAMERA + 'kind = "rtmp"\nkey_env = "NONE"',
            "cameras[0].key_env: the environment variable 'NONE' is not set",
        ),
        (CAMERA.replace('"a"', '"A b"') + 'kind = "generated"', "cameras[0].id: 'A b'; use lower-case"),
        ((CAMERA + 'kind = "generated"\n') * 2, "cameras[1].id: 'a' is taken by cameras[0]"),
        ((CAMERA.replace('"a"', '"{}"') + 'kind = "rtmp"\nkey="12345678"\n') * 2, "cameras[0].id"),
        (
            FULL.replace('line = "taps"', 'line = "tabs"'),
            "characteristics[0].line: 'tabs' is not in `lines`; there are: taps",
        ),
        (
            FULL.replace('camera = "bench"', 'camera = "x"'),
            "characteristics[0].camera: 'x' is not in `cameras`",
        ),
        (
            FULL.replace('characteristic = "leak-pressure"', 'characteristic = "x"'),
            "gauges[0].tags[0].characteristic",
        ),
        (FULL + "lower = 3.0\n", "characteristics[0].specification: lower <= target <= upper does not hold"),
        (FULL + "[characteristics.chart]\nsize = 5\n", "characteristics[0].chart.size: 5; an I-MR chart"),
        (
            FULL + "[characteristics.chart]\nkind = 'xbar'\n",
            "characteristics[0].chart.kind: 'xbar' does not exist",
        ),
        (
            FULL + "[characteristics.chart.limits]\ncenter = 1.0\nsigma = 0.0\n",
            "limits.sigma: 0.0; it must be above 0",
        ),
        *(
            (FULL + f"[characteristics.chart]\n{chart}\n", f"characteristics[0].chart{words}")
            for chart, words in (
                ("kind = 'i-mr'\nsize = 3", ".size: 3; an I-MR chart has subgroups of 1"),
                ("kind = 'xbar-s'", ".size: 1; an xbar-s chart has subgroups of 2 to 25"),
                (
                    "kind = 'p'\nlimits = { center = 0.1, sigma = 1.0 }",
                    ".limits.sigma: the sigma of p follows",
                ),
                (
                    "kind = 'p'\nlimits = { center = 1.0 }",
                    ".limits.center: 1.0; of p it lies above 0 and below 1",
                ),
                ("kind = 'np'\nsize = 50\nlimits = { center = 60 }", ".limits.center: 60.0; of np it lies"),
                ("kind = 'ewma'\nlimits = { center = 1.0 }", ".limits.sigma: None; it must be above 0"),
                ("kind = 'ewma'\nweight = 1.5", ".weight: Expected `float` <= 1.0 (it is 1.5)"),
                ("kind = 'cusum'\nhead_start = 6.0", ".head_start: 6.0; it is at most `decision`, 5.0"),
                ("kind = 'c'\ntarget = 1.0", ".target: c judges by its centre"),
                (
                    "kind = 'cusum'\ntarget = 1.0\nlimits = { center = 1.0, sigma = 1.0 }",
                    ".target: the limits' centre is given already",
                ),
                ("kind = 'c'\nestimate_from = 1", ".estimate_from: 1; limits come from at least 2 points"),
            )
        ),
    ],
)
def test_a_refusal_names_key_value_and_what_is_allowed(text: str, words: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read(text)
    assert words in str(refusal.value)


def test_a_file_that_is_not_utf8_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "qc.toml"
    path.write_bytes("x = '龙头'".encode("gb18030"))
    with pytest.raises(BadInput, match="not UTF-8"):
        load(path)
    with pytest.raises(BadInput, match="No such file"):
        load(tmp_path / "none.toml")
