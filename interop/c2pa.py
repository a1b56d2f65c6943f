"""What we sign, read by `c2patool`: init segments of a live stream, and an exported recording.

It comes from crates.io, and takes a while to be made, once. The version that is named was tried; newer ones
need a newer rustc.
"""

import json
import tempfile
from pathlib import Path

import av
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from interop.outcome import BUILD, Outcome, find, judge, run, say
from quality_creator.trust.c2pa import certificate
from quality_creator.trust.mp4 import sign_mp4
from tests.trust.c2pa import stream

HOW = (
    "not here; `cargo install c2patool --version 0.27.22 --locked --root build/c2patool` makes it. "
    "Nothing was checked."
)


def c2patool() -> Outcome:
    """Whether it trusts both under our test authority and no other, and neither when a byte is changed."""
    who = "c2patool"
    tool = find(who, BUILD / "c2patool" / "bin")
    if tool is None:
        return say(who, "absent", HOW)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = folder / "root.pem"
        root.write_bytes(_pem(stream.authority()[1]))
        other = folder / "other.pem"
        other.write_bytes(_pem(certificate.test_authority(stream.key(), owner="Another", now=stream.NOW)))
        init, film = folder / "init.mp4", folder / "film.mp4"
        init.write_bytes(stream.signed_init(stream.session()))
        _film(film)
        good = [_state(tool, one, root) for one in (init, film)]
        others = [_state(tool, one, other) for one in (init, film)]
        for one, at in ((init, init.read_bytes().index(b"mvhd") + 8), (film, -100)):
            data = bytearray(one.read_bytes())
            data[at] ^= 1
            one.write_bytes(data)
        bad = [_state(tool, one, root) for one in (init, film)]
    if good != ["Trusted", "Trusted"]:
        return say(who, "wrong", f"IT REFUSES WHAT IS RIGHT: it calls init segment and recording {good}")
    if others != ["Valid", "Valid"]:
        return say(who, "wrong", f"under another authority it calls init segment and recording {others}")
    words = "it trusts an init segment and a recording under our test authority"
    return judge(who, good=True, refused=[one == "Invalid" for one in bad], words=words)


def _state(tool: str, path: Path, root: Path) -> str:
    """What it calls a file: Trusted, Valid, Invalid, or how it failed."""
    done = run([tool, path, "trust", "--trust_anchors", root])
    try:
        return str(json.loads(done.stdout)["validation_state"])
    except (ValueError, KeyError):
        return f"unreadable: {(done.stderr or done.stdout)[:200]}"


def _pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def _film(path: Path) -> None:
    """A second of picture, signed as an export is."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
        video = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for _ in range(25):
            out.mux(video.encode(av.VideoFrame(64, 48, "yuv420p")))
        out.mux(video.encode(None))
    sign_mp4(
        path,
        title="Some episode",
        source_type="compositeCapture",
        signer=stream.hub(),
        live=[stream.URN],
        timestamp="",
    )
