"""A file signed for keeps: c2pa-python and others read it, and the film in it is the same."""

import io
import json
import subprocess
import threading
from collections.abc import Iterator
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import av
import c2pa
import encypher_c2pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from quality_creator.model.errors import Unavailable
from quality_creator.trust.mp4 import RECORDING, sign_mp4
from tests.trust.c2pa import stream

ROOT = x509.load_der_x509_certificate(stream.authority()[1]).public_bytes(Encoding.PEM).decode()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A second of picture in an MP4 with two chapters."""
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
        out.set_chapters(
            [
                {
                    "id": number,
                    "start": number * 45_000,
                    "end": number * 45_000 + 45_000,
                    "time_base": Fraction(1, 90_000),
                    "metadata": {"title": title},
                }
                for number, title in enumerate(("line", "laboratory"))
            ]
        )
        video = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for _ in range(25):
            out.mux(video.encode(av.VideoFrame(64, 48, "yuv420p")))
        out.mux(video.encode(None))
    return path


def sign(path: Path, timestamp: str = "") -> None:
    sign_mp4(
        path,
        title="Some episode",
        source_type="compositeCapture",
        signer=stream.hub(),
        live=[stream.URN],
        timestamp=timestamp,
    )


def says(data: bytes) -> dict[str, Any]:
    settings = {"trust": {"trust_anchors": ROOT}, "verify": {"verify_trust": True}}
    with c2pa.Reader("video/mp4", io.BytesIO(data), context=c2pa.Context.from_dict(settings)) as reader:
        said: dict[str, Any] = json.loads(reader.json())
    return said


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as film:
        return [bytes(packet) for packet in film.demux(video=0)]


def test_a_signed_file_is_trusted_names_its_live_manifests_and_holds_the_same_film(film: Path) -> None:
    before = packets(film)
    sign(film)
    said = says(film.read_bytes())
    assert said["validation_state"] == "Trusted"
    active = said["manifests"][said["active_manifest"]]
    assert active["title"] == "Some episode"
    assertions = {one["label"]: one["data"] for one in active["assertions"]}
    assert assertions[RECORDING] == {"live": [stream.URN]}
    assert packets(film) == before
    with av.open(str(film)) as kept:
        assert [one["metadata"]["title"] for one in kept.chapters()] == ["line", "laboratory"]
    assert [one.name for one in film.parent.iterdir()] == [film.name]


def test_another_verifier_agrees_and_both_see_a_changed_byte(film: Path) -> None:
    sign(film)
    good = film.read_bytes()
    bad = bytearray(good)
    bad[-100] ^= 1
    said = [
        encypher_c2pa.verify(data, "video/mp4", trust_pem=ROOT, no_default_trust=True, telemetry=False)
        for data in (good, bytes(bad))
    ]
    assert said[0]["integrity"] == "valid"
    assert said[1]["integrity"] != "valid"
    assert says(bytes(bad))["validation_state"] == "Invalid"


def test_a_file_that_can_not_be_signed_stays_as_it_was(film: Path) -> None:
    before = film.read_bytes()
    with pytest.raises(Unavailable, match="does not stamp"):
        sign(film, "http://127.0.0.1:9/")  # nobody listens there
    assert film.read_bytes() == before
    assert [one.name for one in film.parent.iterdir()] == [film.name]


# --- time stamps -------------------------------------------------------------------

_TSA = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
certs = {folder}/ca.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
"""


@pytest.fixture
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A time-stamp authority made with `openssl ts`; its address."""
    folder = tmp_path_factory.mktemp("tsa")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)

    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]
    usage = [
        "-addext",
        "extendedKeyUsage=critical,timeStamping",
        "-addext",
        "keyUsage=critical,digitalSignature",
    ]
    ca_usage = ["-addext", "keyUsage=critical,keyCertSign"]
    openssl(*new, "-subj", "/O=Test time/CN=Root", *ca_usage, "-keyout", "ca.key", "-out", "ca.pem")
    leaf = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE", *usage]
    openssl(*new, "-subj", "/O=Test time/CN=Clock", *leaf, "-keyout", "tsa.key", "-out", "tsa.pem")
    (folder / "serial").write_text("01")
    (folder / "tsa.cnf").write_text(_TSA.format(folder=folder))

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = folder / "query.tsq"
            query.write_bytes(self.rfile.read(int(self.headers["content-length"])))
            openssl("ts", "-reply", "-config", "tsa.cnf", "-queryfile", str(query), "-out", "reply.tsr")
            body = (folder / "reply.tsr").read_bytes()
            self.send_response(200)
            self.send_header("content-type", "application/timestamp-reply")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()


def test_a_time_stamp_authority_says_since_when_the_file_is_so(film: Path, authority: str) -> None:
    sign(film, authority)
    said = says(film.read_bytes())
    assert said["validation_state"] == "Trusted"
    codes = {one["code"] for group in said["validation_results"]["activeManifest"].values() for one in group}
    assert "timeStamp.validated" in codes
    active = said["manifests"][said["active_manifest"]]
    assert active["signature_info"]["time"]
