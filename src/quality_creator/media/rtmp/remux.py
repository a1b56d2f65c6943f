"""From the parts of the programme to the tags that RTMP carries: nothing is encoded again."""

from dataclasses import dataclass

from quality_creator.media import cmaf
from quality_creator.media.rtmp import flv, publication
from quality_creator.media.rtmp.message import MODULUS
from quality_creator.model.clock import TICKS
from quality_creator.model.errors import BadPayload
from quality_creator.model.stream import AUDIO_RATE, FRAME_RATE, Rendition

_SCALES = {cmaf.PICTURE: TICKS, cmaf.SOUND: AUDIO_RATE}


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of one rendition, and the init segment that it belongs to."""

    init: bytes
    data: bytes
    independent: bool
    """Whether it starts with a key frame."""


class Remux:
    """The tags of one connection: times begin at 0 with the first piece, which must be independent."""

    def __init__(self, rendition: Rendition, encoder: str) -> None:
        self._rendition = rendition
        self._encoder = encoder
        self._init = b""
        self._base_ms: int | None = None

    def tags(self, piece: Piece) -> list[flv.Tag]:
        """A piece's tags in the order of their times; before the first come what decoders must know.

        Raises:
            BadPayload: the piece is not what `cmaf` writes.
        """
        found: list[tuple[int, int, flv.Tag]] = []
        fragments = cmaf.fragments(piece.data)
        for fragment in fragments:
            for run in fragment.runs:
                found += self._run(piece.data, run)
        found.sort(key=lambda one: one[:2])
        tags = [tag for _, _, tag in found]
        if piece.init != self._init and tags:
            tags = self._headers(piece.init, tags[0].timestamp) + tags
            self._init = piece.init
        return tags

    def _run(self, data: bytes, run: cmaf.Run) -> list[tuple[int, int, flv.Tag]]:
        scale = _SCALES.get(run.track)
        if scale is None:
            raise BadPayload(f"a track {run.track} in the programme")
        if self._base_ms is None:
            self._base_ms = run.at * 1000 // scale
        tags = []
        at = run.at
        for sample in run.samples:
            content = data[sample.start : sample.end]
            stamp = max(at * 1000 // scale - self._base_ms, 0)
            kind, payload = (
                (flv.VIDEO, publication.picture(content, key=sample.key))
                if run.track == cmaf.PICTURE
                else (flv.AUDIO, publication.sound(content))
            )
            tags.append((stamp, run.track, flv.Tag(kind, stamp % MODULUS, payload)))
            at += sample.duration
        return tags

    def _headers(self, init: bytes, stamp: int) -> list[flv.Tag]:
        record, config = cmaf.configurations(init)
        one = self._rendition
        about = flv.metadata(
            {
                "width": float(one.width),
                "height": float(one.height),
                "framerate": float(FRAME_RATE),
                "videocodecid": 7.0,
                "videodatarate": one.video_bitrate / 1000,
                "audiocodecid": 10.0,
                "audiodatarate": one.audio_bitrate / 1000,
                "audiosamplerate": float(AUDIO_RATE),
                "audiosamplesize": 16.0,
                "stereo": True,
                "encoder": self._encoder,
            }
        )
        return [
            flv.Tag(flv.SCRIPT, stamp, about),
            flv.Tag(flv.VIDEO, stamp, publication.picture_header(record)),
            flv.Tag(flv.AUDIO, stamp, publication.sound_header(config)),
        ]
