"""Records what real encoders send: `python -m tests.media.rtmp.record` renews tests/data/rtmp."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from quality_creator.media.rtmp.connection import HANDSHAKE_BYTES, Connection
from quality_creator.model.ids import SourceId

DATA = Path(__file__).parents[2] / "data/rtmp"

_FFMPEG = (
    "ffmpeg -loglevel error -re -f lavfi -i testsrc2=size=160x90:rate=10 -f lavfi -i sine=sample_rate=44100"
    " -t 1 -c:v libx264 -preset ultrafast -crf 40 -g 5 -c:a aac -b:a 24k -f flv {address}"
)

_GSTREAMER = (
    "gst-launch-1.0 -q flvmux streamable=true name=mux ! {sink}"
    " videotestsrc num-buffers=10 is-live=true pattern=ball ! video/x-raw,width=160,height=90,framerate=10/1"
    " ! x264enc speed-preset=ultrafast tune=zerolatency quantizer=40 pass=quant ! mux."
    " audiotestsrc num-buffers=40 is-live=true ! audio/x-raw,rate=44100,channels=1"
    " ! voaacenc bitrate=24000 ! mux."
)

_PYAV = """
import sys, av, numpy as np
with av.open(sys.argv[1], "w", format="flv") as out:
    options = {"preset": "ultrafast", "x265-params": "log-level=0"}
    picture = out.add_stream("libx265", rate=10, options=options)
    picture.width, picture.height, picture.pix_fmt = 160, 96, "yuv420p"
    sound = out.add_stream("libopus", rate=48000)
    for number in range(10):
        frame = av.VideoFrame(160, 96, "yuv420p")
        for plane in frame.planes:
            np.frombuffer(plane, np.uint8)[:] = 20 * number
        frame.pts = number
        out.mux(picture.encode(frame))
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 9600), np.int16), format="s16", layout="stereo")
        silence.rate, silence.pts = 48000, 4800 * number
        out.mux(sound.encode(silence))
    out.mux(picture.encode(None))
    out.mux(sound.encode(None))
"""

ENCODERS: dict[str, list[str]] = {
    "ffmpeg_5.1_h264_aac.bin": _FFMPEG.split(),
    "ffmpeg_8_hvc1_opus.bin": [sys.executable, "-c", _PYAV, "{address}"],
    "librtmp_h264_aac.bin": _GSTREAMER.replace("{sink}", "rtmpsink location={address}").split(),
    "gstreamer_rtmp2_h264_aac.bin": _GSTREAMER.replace("{sink}", "rtmp2sink location={address}").split(),
}


def record(command: list[str]) -> bytes:
    """All that an encoder sends to a server that lets it in."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"rtmp://127.0.0.1:{server.getsockname()[1]}/live/KEY"
        with subprocess.Popen([part.replace("{address}", address) for part in command]) as encoder:
            peer, _ = server.accept()
            connection = Connection(
                now=time.monotonic(),
                admit=lambda _: SourceId("camera"),
                nonce=os.urandom(HANDSHAKE_BYTES - 8),
            )
            recorded = b""
            with peer:
                while not connection.closed and (data := peer.recv(1 << 16)):
                    recorded += data
                    connection.receive(data, time.monotonic())
                    peer.sendall(connection.data_to_send())
            encoder.wait(10)
    return recorded


if __name__ == "__main__":
    for name, command in ENCODERS.items():
        (DATA / name).write_bytes(record(command))
