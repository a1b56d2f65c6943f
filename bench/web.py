"""What viewers cost: simulated LL-HLS players against the hub, and behind nginx's cache.

Each player does what a player does: it waits for the playlist of the next part, then fetches that part. How
many fit on a core is reckoned from the CPU seconds that the server used for what a fixed crowd got, above
those that it uses without a crowd, so that the crowd's own cost and the media worker's do not count. On a
busy machine parts come late; a viewer counts as one who gets every part, not as one who waits.
"""

import asyncio
import gzip
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.row import Row
from tests.peers.hub import CAMERA, HubProcess, free_port, running_hub

CROWD = 150
PART_S = 0.32
SECONDS = 20.0
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")

_PART = re.compile(rb'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="(\d+)\.(\d+)\.m4s"')

NGINX = """
worker_processes 1;
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u;
  scgi_temp_path {folder}/s;
  proxy_cache_path {folder}/cache keys_zone=live:10m;
  upstream hub {{ server 127.0.0.1:{hub}; keepalive 32; }}
  server {{
    listen 127.0.0.1:{port};
    location /live/ {{
      proxy_pass http://hub;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_cache live;
      proxy_cache_lock on;
      proxy_cache_lock_timeout 10s;
      proxy_cache_key $uri$is_args$args$http_accept_encoding;
    }}
  }}
}}
"""


def run() -> list[Row]:
    """The hub alone, then behind nginx where there is one."""
    rows = []
    with (
        tempfile.TemporaryDirectory() as name,
        running_hub(Path(name) / "hub", CAMERA.format(id="cam")) as hub,
    ):
        hub.on_air()
        hub.wait_for_segment(1)
        assert hub.child is not None
        rows += _measure("hub alone", hub.port, [hub.child.pid], hub)
        if shutil.which("nginx"):
            with _nginx(Path(name), hub) as (port, pid):
                rows += _measure("behind nginx", port, [hub.child.pid, pid], hub)
        else:
            rows.append(Row(name="viewers a core, behind nginx", value=None, unit="", note="nginx is absent"))
    return rows


def _measure(name: str, port: int, pids: list[int], hub: HubProcess) -> list[Row]:
    idle = _cpu(pids)
    time.sleep(5)
    idle = (_cpu(pids) - idle) / 5
    before, began = _cpu(pids), time.monotonic()
    parts, waited = asyncio.run(_watch(port))
    elapsed = time.monotonic() - began
    used = (_cpu(pids) - before) / elapsed - idle
    waited.sort()
    viewers = parts / elapsed / used * PART_S
    aim = 800 if name == "hub alone" else 2_000
    return [
        Row(
            name=f"viewers a core, {name}",
            value=viewers,
            unit="viewers",
            ratio=viewers / aim,
            against=f"the aim of {aim}",
            note=f"{CROWD} watched for {elapsed:.0f} s: {parts} of {CROWD * elapsed / PART_S:.0f} parts, "
            f"{used:.3f} CPU s/s",
        ),
        Row(
            name=f"playlists and parts a CPU second, {name}",
            value=2 * parts / elapsed / used,
            unit="requests/s",
        ),
        Row(
            name=f"part after its playlist, {name}",
            value=waited[len(waited) // 2] * 1000,
            unit="ms",
            note=f"p99 {waited[len(waited) * 99 // 100] * 1000:.1f} ms, seen by all in one process",
        ),
    ]


async def _watch(port: int) -> tuple[int, list[float]]:
    waited: list[float] = []
    counts = await asyncio.gather(*(_viewer(port, waited) for _ in range(CROWD)))
    return sum(counts), waited


async def _viewer(port: int, waited: list[float]) -> int:
    """One player on one connection; returns how many parts it got."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    count = 0
    query = ""
    until = time.monotonic() + SECONDS
    try:
        while time.monotonic() < until:
            text = await _get(reader, writer, f"/live/visit/720p/index.m3u8{query}")
            match = _PART.search(text)
            assert match is not None
            msn, part = int(match[1]), int(match[2])
            if query:  # the part before the hint is the one that this playlist announced
                asked = time.monotonic()
                before = (msn, part - 1) if part else (msn - 1, 5)
                await _get(reader, writer, f"/live/visit/720p/{before[0]}.{before[1]}.m4s")
                waited.append(time.monotonic() - asked)
                count += 1
            query = f"?_HLS_msn={msn}&_HLS_part={part}&_HLS_skip=YES"
    finally:
        writer.close()
    return count


async def _get(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> bytes:
    writer.write(f"GET {path} HTTP/1.1\r\nhost: hub\r\naccept-encoding: gzip\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.split(b" ", 2)[1] == b"200", head
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    if length is None:  # nginx passes on what has no length in chunks
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
    else:
        body = await reader.readexactly(int(length[1]))
    return gzip.decompress(body) if re.search(rb"content-encoding: gzip", head, re.IGNORECASE) else body


@contextmanager
def _nginx(folder: Path, hub: HubProcess) -> Iterator[tuple[int, int]]:
    port = free_port()
    file = folder / "nginx.conf"
    file.write_text(NGINX.format(folder=folder, hub=hub.port, port=port))
    child = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(file)])
    try:
        time.sleep(0.5)
        yield port, child.pid
    finally:
        child.terminate()
        child.wait()


def _cpu(pids: list[int]) -> float:
    """CPU seconds that these processes have used, without their children."""
    used = 0.0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        used += (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND
    return used
