"""Graphics: every template draws, letters are never boxes, and the layer lies where it should."""

import json

import av
import cv2
import msgspec
import numpy as np
import pytest
from PIL import Image, ImageDraw

from quality_creator.config import GeneratedCamera
from quality_creator.media import lettering, wire
from quality_creator.media.captions import with_graphics
from quality_creator.media.graphics import Material, draw, left_s
from quality_creator.media.overlay import Artist, Overlay, key_of
from quality_creator.media.scale import Planes, planes_of
from quality_creator.media.scene import HEIGHT, WIDTH
from quality_creator.media.templates import FOLDER, templates
from quality_creator.model.clock import MediaTime, Micros
from quality_creator.model.event import Definitions, FrameData, LineOee, TimedMessage
from quality_creator.model.ids import CharacteristicId, LineId, SourceId
from quality_creator.model.mix import Graphic
from quality_creator.model.stream import FRAME_TICKS
from quality_creator.model.text import Text
from tests.media.broadcast import broadcast, name, pictures, scene, start
from tests.media.test_worker import continuous

SERIES = wire.Series(
    characteristic=CharacteristicId("glaze"),
    name=Text(zh="釉层厚度", en="Glaze thickness"),
    unit="µm",
    decimals=1,
    values=(411.0, 412.5, 424.0),
    room=40,
    center=412,
    lower=403,
    upper=421,
)
LINE = LineOee(
    line=LineId("taps"),
    name=Text(zh="水龙头线", en="Taps"),
    shift="day",
    start=Micros(0),
    time=Micros(1),
    availability=0.902,
    performance=0.951,
    quality=0.9934,
    oee=0.852,
)
QR = "hub.example/log\n1204\n" + "5f" * 32 + "\n12345678"
MATERIAL = Material(series=SERIES, line=LINE, left_s=60)
WORDS = Text(zh="欧阳总工程师", en="Chief engineer")


def canvas(luma: int = 120) -> Planes:
    planes = Planes(*planes_of(av.VideoFrame(WIDTH, HEIGHT, "yuv420p")))
    planes.y[...], planes.u[...], planes.v[...] = luma, 128, 128
    return planes


def graphic(template: str) -> Graphic:
    fields = dict.fromkeys(templates()[template].fields, WORDS)
    if template == "code":
        fields = {"code": Text(zh="1234 5678", en="1234 5678"), "qr": Text(zh=QR, en=QR)}
    return Graphic(id="one", template=template, fields=fields, until=Micros(65_000_000))


def decoded(picture: Planes) -> str:
    """What a reader that is not ours finds in a picture's QR code."""
    return str(cv2.QRCodeDetector().detectAndDecode(picture.y)[0])


@pytest.mark.parametrize("template", sorted(templates().keys() - {"picture-logo"}))
def test_every_template_draws_within_its_area_and_changes_nothing_else(template: str) -> None:
    drawn = templates()[template].v_quality_creator
    x, y, width, height = drawn.area
    assert all(n % 2 == 0 for n in drawn.area)
    assert (x >= 0, y >= 0, x + width <= WIDTH, y + height <= HEIGHT) == (True,) * 4
    picture = canvas()
    draw(graphic(template), drawn, MATERIAL).put(picture, 1.0, 300)
    changed = np.argwhere(picture.y != 120)
    assert len(changed) > 200
    assert (changed.min(axis=0) >= (y, x)).all()
    assert (changed.max(axis=0) < (y + height, x + width)).all()


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.name)
def test_a_template_is_a_manifest_as_ograf_has_it(path: "object") -> None:
    manifest = json.loads(path.read_text(encoding="utf-8"))  # type: ignore[attr-defined]
    assert manifest["id"] == path.name.removesuffix(".ograf.json")  # type: ignore[attr-defined]
    assert {
        "$schema",
        "version",
        "name",
        "supportsRealTime",
        "supportsNonRealTime",
        "schema",
    } <= manifest.keys()
    # Vendors' keys begin with `v_`.
    own = manifest.keys() - {"$schema", "id", "version", "name", "description", "schema"}
    assert all(key.startswith(("v_", "supports")) for key in own)


def test_a_level_between_is_between() -> None:
    levels = []
    for level in (0.0, 0.5, 1.0):
        picture = canvas(200)
        draw(graphic("code"), templates()["code"].v_quality_creator, Material()).put(picture, level, 1)
        levels.append(int(picture.y[30, 1002]))
    assert levels[0] == 200
    assert levels[2] < 60
    assert abs(levels[1] - (levels[0] + levels[2]) / 2) <= 2


def test_black_and_white_keep_their_levels() -> None:
    image = canvas()
    draw(graphic("logo"), templates()["logo"].v_quality_creator, Material()).put(image, 1.0, 1)
    # The mark's paper (#f4f1ea at 92 %) over luma 120.
    paper = 16 + 219 * (0.2126 * 0xF4 + 0.7152 * 0xF1 + 0.0722 * 0xEA) / 255
    assert abs(int(image.y[30, 34]) - (0.92 * paper + 0.08 * 120)) <= 2


@pytest.mark.parametrize(
    "text", ["质量创造者", "Quality", "喆堃", "A质B量", "“引号”，；：！", "µm Ω ±0.5 °C"]
)
def test_chinese_and_latin_have_letters_and_no_boxes(text: str) -> None:
    def ink(words: str) -> bytes:
        image = Image.new("L", (600, 60))
        lettering.write(ImageDraw.Draw(image), (4, 30), words, 32, "white")  # type: ignore[arg-type]
        return image.tobytes()

    assert any(ink(text))
    # What no font has leaves nothing behind, so that a text with it looks like one without.
    assert ink(f"{text}\U0010fffd") == ink(text)


def test_a_long_line_is_cut_with_an_ellipsis() -> None:
    text = "国家家具质量检验检测中心 " * 8
    cut = lettering.shortened(text, 20, "regular", 300)
    assert cut.endswith("…")
    assert lettering.width(cut, 20) <= 300
    assert lettering.shortened("short", 20, "regular", 300) == "short"


def test_a_countdown_counts_and_stops_at_nothing() -> None:
    drawn = templates()["countdown"].v_quality_creator
    seen = {}
    for now in (0, 5_000_000, 64_000_001, 70_000_000, 80_000_000):
        picture = canvas()
        material = Material(left_s=left_s(graphic("countdown"), now))
        draw(graphic("countdown"), drawn, material).put(picture, 1.0, 1)
        seen[now] = bytes(picture.y)
    assert seen[0] != seen[5_000_000] != seen[64_000_001] != seen[70_000_000] == seen[80_000_000]


def test_the_codes_qr_is_read_by_another_reader_at_either_size() -> None:
    picture = canvas()
    draw(graphic("code"), templates()["code"].v_quality_creator, Material()).put(picture, 1.0, 1)
    assert decoded(picture) == QR
    smaller = cv2.resize(picture.y, (854, 480), interpolation=cv2.INTER_AREA)
    assert cv2.QRCodeDetector().detectAndDecode(smaller)[0] == QR


def test_before_there_is_a_code_its_graphic_has_a_dash_and_no_qr() -> None:
    picture = canvas()
    empty = Graphic(id="one", template="code")
    draw(empty, templates()["code"].v_quality_creator, Material()).put(picture, 1.0, 1)
    assert picture.y[100, 1100] < 60  # the ground where the QR code would stand
    assert decoded(picture) == ""


def test_oee_shows_the_lines_figures_and_dashes_without_them() -> None:
    drawn = templates()["oee"].v_quality_creator
    pictures = []
    for line in (None, LINE, msgspec.structs.replace(LINE, oee=0.412)):
        picture = canvas()
        draw(graphic("oee"), drawn, Material(line=line)).put(picture, 1.0, 1)
        pictures.append(bytes(picture.y))
    assert len(set(pictures)) == 3


def test_what_is_shown_stays_drawn_however_many_graphics_come_and_go() -> None:
    artist = Artist(lambda: 0)
    stays = graphic("logo")
    artist.prepare([stays])
    overlay = Overlay(artist, [stays])
    for number in range(60):
        words = Text(zh=f"第{number}位", en=f"Guest {number}")
        artist.prepare([Graphic(id="who", template="lower-third", fields={"name": words})])
    picture = canvas()
    assert overlay.put(picture)
    assert artist.layer(key_of(stays)) is not None
    assert int(picture.y[30, 34]) > 200


def test_graphics_join_the_data_of_their_picture() -> None:
    data = TimedMessage(at=7_200, message=FrameData(utc=Micros(80_000)))
    definitions = TimedMessage(at=0, message=Definitions(characteristics=()))
    one, two = (graphic("code"),), (graphic("title"),)
    changes = [(MediaTime(-5), one), (MediaTime(7_200), two)]
    found = with_graphics([definitions, data], changes, MediaTime(0), Micros(0))
    assert [(m.at, type(m.message).__name__) for m in found] == [
        (0, "Definitions"),
        (0, "FrameData"),
        (7_200, "FrameData"),
    ]
    assert found[1].message == FrameData(utc=Micros(0), graphics=one)
    assert found[2].message == FrameData(utc=Micros(80_000), graphics=two)
    # A picture without a change says nothing of graphics.
    assert b"graphics" not in msgspec.json.encode(data.message)


def test_a_graphic_comes_at_the_picture_that_is_told_and_fades() -> None:
    made = GeneratedCamera(id=SourceId("one"), name=name("One"))
    card = (graphic("title"),)
    with broadcast(start([made], scene("full", "one"))) as running:
        running.wait_for("one", "live")
        running.wait_parts(2)
        running.say(wire.Change(number=1, graphics=card))
        running.wait(lambda: len(running.heard(wire.Changed)) == 1, 15)
        running.wait_parts(3)
        running.say(wire.Change(number=2, graphics=()))
        running.wait(lambda: len(running.heard(wire.Changed)) == 2, 15)
        running.wait_parts(3)
    continuous(running)
    film = pictures(running.file())
    come, gone = running.heard(wire.Changed)
    assert (come.graphics, gone.graphics) == (card, ())
    first, last = come.position // FRAME_TICKS, gone.position // FRAME_TICKS
    # In the white bar, far from the card's words.
    light = [float(luma[690:715, 20:150].mean()) for _, luma in film]
    assert light[first - 1] > 150
    assert 5 < light[first - 1] - light[first] < 40
    assert max(light[first + 8 : last]) < 50
    assert light[last + 8] > 150


def test_words_with_room_for_several_lines_are_parted_where_a_reader_parts_them() -> None:
    latin = "The seam between edge band and board is open over about forty millimetres at the corner"
    lines = lettering.wrapped(latin, 28, "regular", 500, 4)
    assert " ".join(lines) == latin
    assert all(lettering.width(line, 28) <= 500 for line in lines)
    chinese = "封边条与板材之间左下角约四十毫米开胶请重新测量剥离强度" * 3
    lines = lettering.wrapped(chinese, 28, "regular", 500, 9)
    assert "".join(lines) == chinese
    assert all(lettering.width(line, 28) <= 500 for line in lines)
    assert lettering.wrapped(chinese, 28, "regular", 500, 2)[-1].endswith("…")
    assert lettering.wrapped("a" * 400, 28, "regular", 500, 2)[0] == "a" * len(
        lettering.wrapped("a" * 400, 28, "regular", 500, 2)[0]
    )
    assert lettering.wrapped("", 28, "regular", 500, 3) == [""]
