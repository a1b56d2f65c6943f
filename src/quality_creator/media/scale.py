"""From a camera's frame to its place in the programme: upright, at its size, in the programme's colours."""

from dataclasses import dataclass

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from quality_creator.media.scene import Rectangle, fit

Plane = npt.NDArray[np.uint8]

_PQ = 16
"""SMPTE ST 2084, as H.273 numbers transfer characteristics."""

_COLORSPACES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}
"""Matrix coefficients by their number in H.273."""


@dataclass(frozen=True, slots=True)
class Planes:
    """A picture in 4:2:0, BT.709, limited range: shapes (h, w) and twice (h/2, w/2)."""

    y: Plane
    u: Plane
    v: Plane

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.y.shape[1], self.y.shape[0]

    def cut(self, at: Rectangle) -> "Planes":
        """A view of a part with even edges."""
        x, y, right, bottom = at.x // 2, at.y // 2, at.right // 2, at.bottom // 2
        return Planes(
            self.y[at.y : at.bottom, at.x : at.right], self.u[y:bottom, x:right], self.v[y:bottom, x:right]
        )

    def put(self, other: "Planes") -> None:
        """Copy another picture of the same size over this one."""
        self.y[...] = other.y
        self.u[...] = other.u
        self.v[...] = other.v


@dataclass(frozen=True, slots=True)
class Orientation:
    """What brings a stored picture upright: first the mirror, then quarter turns to the left."""

    turns: int = 0
    mirrored: bool = False


UPRIGHT = Orientation()


@dataclass(frozen=True, slots=True)
class Raw:
    """A frame as it was decoded, and how it is meant to be seen."""

    frame: av.VideoFrame
    aspect: float
    """Width by height of the upright picture."""
    orientation: Orientation = UPRIGHT


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture that is ready to be put into the programme."""

    place: Rectangle
    """For which it was made."""
    at: Rectangle
    """Where it stands; the place around it, if any, shows its ground."""
    planes: Planes


class Scaler:
    """Makes tiles; for one thread, because it keeps what it worked out for the last frame."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def tile(self, raw: Raw, place: Rectangle) -> Tile:
        """The picture at a place. May give views of the frame itself: they are not to be written to."""
        how = fit(raw.aspect, place)
        across = raw.orientation.turns % 2 == 1
        frame = raw.frame
        space, span = colours(frame)
        scaled = self._reformatter.reformat(
            frame,
            how.height if across else how.width,
            how.width if across else how.height,
            "yuv420p",
            src_colorspace=space,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=span,
            dst_color_range=ColorRange.MPEG,
            # Averaging keeps thin lines when a picture becomes much smaller; it is no slower.
            interpolation=Interpolation.AREA if how.width * 2 < frame.width else Interpolation.BILINEAR,
            threads=1,
        )
        planes = Planes(*(_upright(plane, raw.orientation) for plane in planes_of(scaled)))
        crop = Rectangle(how.crop_x, how.crop_y, how.at.width, how.at.height)
        return Tile(place, how.at, planes.cut(crop))


def planes_of(frame: av.VideoFrame) -> tuple[Plane, Plane, Plane]:
    """Views of a yuv420p frame's planes; writable, and alive as long as any of them is."""
    width, height = frame.width, frame.height
    y, u, v = (
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:h, :w]
        for plane, w, h in zip(
            frame.planes,
            (width, (width + 1) // 2, (width + 1) // 2),
            (height, (height + 1) // 2, (height + 1) // 2),
            strict=True,
        )
    )
    return y, u, v


def orientation(matrix: bytes) -> Orientation:
    """What a display matrix says (ISO/IEC 14496-12, 6.2.2: nine 32-bit numbers), to the quarter turn."""
    a, b, _, c, d = (int(n) for n in np.frombuffer(matrix[:20].ljust(20, b"\0"), np.int32))
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b
    # A point (1, 0) goes to (a, b), and y grows downwards.
    turns = round(np.degrees(np.arctan2(-b, a)) / 90) % 4
    return Orientation(turns, mirrored)


def refusal(frame: av.VideoFrame) -> str | None:
    """Why a frame can't be shown, in words; None when it can."""
    if frame.color_trc == _PQ:
        return "sends HDR pictures (PQ, SMPTE ST 2084), which would look washed out; set it to SDR or HLG"
    return None


def _upright(plane: Plane, how: Orientation) -> Plane:
    if how.mirrored:
        plane = plane[:, ::-1]
    return np.rot90(plane, how.turns) if how.turns else plane


def colours(frame: av.VideoFrame) -> tuple[Colorspace | None, ColorRange]:
    """How a frame's numbers are meant: as it says, else as its size and format suggest."""
    return _colorspace(frame), _range(frame)


def _colorspace(frame: av.VideoFrame) -> Colorspace | None:
    """What the frame says; where it says nothing, what its size suggests."""
    if frame.format.is_rgb:
        return None
    usual = Colorspace.ITU709 if frame.height >= 720 else Colorspace.ITU601
    return _COLORSPACES.get(frame.colorspace, usual)


def _range(frame: av.VideoFrame) -> ColorRange:
    if frame.color_range in (ColorRange.MPEG, ColorRange.JPEG):
        return ColorRange(frame.color_range)
    full = frame.format.is_rgb or frame.format.name.startswith("yuvj")
    return ColorRange.JPEG if full else ColorRange.MPEG
