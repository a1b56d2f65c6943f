"""A camera that pushes RTMP and stamps its pictures: run with an address and AHEAD_US.

The time at which a picture was made stands in its bar code, and AHEAD_US later in its stamp. A process of its
own, because PyAV holds the interpreter while it connects.
"""

import sys
import time
from fractions import Fraction

import av
import numpy as np

from quality_creator.media import barcode, sei
from quality_creator.model.clock import Micros


def main(address: str, ahead_us: int) -> None:
    """Push until nobody wants it."""
    with av.open(address, "w", format="flv", options={"flvflags": "no_duration_filesize"}) as container:
        options = {"preset": "ultrafast", "tune": "zerolatency"}
        stream = container.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        begin, count = time.monotonic(), 0
        while True:
            time.sleep(max(begin + count / 25 - time.monotonic(), 0))
            picture = np.full((270, 320), 128, np.uint8)
            taken = time.time_ns() // 1000
            barcode.draw(picture[:180], taken)
            frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
            frame.pts, frame.time_base = count, Fraction(1, 25)
            for packet in stream.encode(frame):
                stamped = av.Packet(sei.stamp(bytes(packet), Micros(taken + ahead_us)))
                stamped.pts, stamped.dts, stamped.time_base = packet.pts, packet.dts, packet.time_base
                stamped.is_keyframe, stamped.stream = packet.is_keyframe, stream
                container.mux(stamped)
            count += 1


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
