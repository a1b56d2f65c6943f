"""GStreamer's RTSP server, run as a child by Debian's own Python: takes raw pictures from standard input.

Started by `rtsp_server.py`. Prints one line, its port, when it listens; ends when its input does.
"""

import json
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

SOUNDS = {
    "aac": "audio/x-raw,rate=48000,channels={channels} ! voaacenc ! rtpmp4gpay name=pay1 pt=97",
    "pcmu": "audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay name=pay1 pt=0",
}

# With sliced threads the payloader takes each slice for a picture.
VIDEO = (
    "appsrc name=pictures is-live=true format=time stream-type=seekable max-bytes=0"
    " caps=video/x-raw,format=I420,width={width},height={height},framerate={rate}/1"
    " ! queue ! x264enc speed-preset=superfast tune=zerolatency sliced-threads=false"
    " key-int-max={rate} bitrate={kbps}"
    " ! rtph264pay name=pay0 pt=96 config-interval=-1"
)


class Camera:
    """One mount point, `/camera`, that all viewers share."""

    def __init__(self, settings: dict) -> None:
        self.settings = settings
        self.lock = threading.Lock()
        self.due = {}
        """For each pipeline's source, the running time of its next picture."""
        launch = VIDEO.format(**settings)
        if settings["sound"]:
            sound = SOUNDS[settings["sound"]].format(**settings)
            launch += f" audiotestsrc is-live=true wave=sine freq=440 volume=0.3 ! audioconvert ! {sound}"
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(f"( {launch} )")
        factory.set_shared(True)
        factory.connect("media-configure", self.configure)
        self.server = GstRtspServer.RTSPServer()
        self.server.set_address("127.0.0.1")
        self.server.set_service(str(settings["port"]))
        if settings["user"]:
            self.guard(factory)
        self.server.get_mount_points().add_factory("/camera", factory)
        if not self.server.attach(None):
            sys.exit(f"can't listen on port {settings['port']}")

    def guard(self, factory: "GstRtspServer.RTSPMediaFactory") -> None:
        """Let only the one user in, by basic authentication."""
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        auth = GstRtspServer.RTSPAuth()
        auth.add_basic(
            GstRtspServer.RTSPAuth.make_basic(self.settings["user"], self.settings["password"]), token
        )
        self.server.set_auth(auth)
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role("viewer", "media.factory.access", True)
        permissions.add_permission_for_role("viewer", "media.factory.construct", True)
        factory.set_permissions(permissions)

    def configure(self, _: "GstRtspServer.RTSPMediaFactory", media: "GstRtspServer.RTSPMedia") -> None:
        """A first viewer has come."""
        source = media.get_element().get_child_by_name("pictures")
        # The test sound can seek, so the server asks the picture to do so too before it plays.
        source.connect("seek-data", lambda *_: True)
        with self.lock:
            self.due[source] = 0
        media.connect("unprepared", self.forget, source)

    def forget(self, _: "GstRtspServer.RTSPMedia", source: "Gst.Element") -> None:
        """The last viewer has gone."""
        with self.lock:
            self.due.pop(source)

    def film(self, loop: "GLib.MainLoop") -> None:
        """Give each picture to whoever watches."""
        size = self.settings["width"] * self.settings["height"] * 3 // 2
        while len(picture := sys.stdin.buffer.read(size)) == size:
            with self.lock:
                for source in self.due:
                    self.push(source, picture)
        loop.quit()

    def push(self, source: "Gst.Element", picture: bytes) -> None:
        """Give a picture its time: evenly spaced, as a camera's clock does it."""
        period = Gst.SECOND // self.settings["rate"]
        now = source.get_current_running_time()
        if now == Gst.CLOCK_TIME_NONE:
            return  # its clock does not run yet
        if abs(now - self.due[source]) > period:
            self.due[source] = now
        buffer = Gst.Buffer.new_wrapped(picture)
        buffer.pts, buffer.duration = self.due[source], period
        self.due[source] += period
        source.emit("push-buffer", buffer)


def main() -> None:
    """Serve until the pictures end."""
    Gst.init(None)
    camera = Camera(json.loads(sys.argv[1]))
    print(camera.server.get_bound_port(), flush=True)
    loop = GLib.MainLoop()
    threading.Thread(target=camera.film, args=(loop,), daemon=True).start()
    loop.run()


if __name__ == "__main__":
    main()
