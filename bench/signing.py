"""What signatures cost: at a segment's last part, in bytes, for a verifier, and in the page.

The segments are of the size of a 720p rendition's. What the hub pays at the last part is the time from the
unsigned part to the signed one, with all parts before hashed as they came; the page's figure is what its
worker reports while it plays an episode in Chromium.
"""

import os
import statistics
import time
from collections.abc import Callable

from bench.row import Row
from quality_creator.model.stream import PART_TICKS, RENDITIONS, SEGMENT_PARTS, SEGMENT_TICKS
from quality_creator.trust.c2pa import segment
from quality_creator.trust.c2pa.bmff import box
from quality_creator.trust.c2pa.manifest import read_init
from quality_creator.trust.c2pa.segment import Signing
from quality_creator.trust.c2pa.verify import check
from tests.trust.c2pa import stream

ROUNDS = 300
SEGMENTS = 12


def run() -> list[Row]:
    """Measure in this process, then in a browser where there is one."""
    rendition = RENDITIONS[0]
    size = (rendition.video_bitrate + rendition.audio_bitrate) // 8 * PART_TICKS // 90_000
    parts = [box(b"moof", bytes(600)) + box(b"mdat", os.urandom(size)) for _ in range(SEGMENT_PARTS)]
    session = stream.session()
    manifest = read_init(stream.signed_init(session))
    assert manifest is not None

    at_last, at_each, whole = [], [], b""
    for number in range(ROUNDS):
        signing = Signing(sequence=number, urn=stream.URN, session=session)
        began = time.perf_counter()
        for part in parts[:-1]:
            signing.add(part)
        at_each.append((time.perf_counter() - began) / (SEGMENT_PARTS - 1))
        began = time.perf_counter()
        last = signing.last(parts[-1], scale=90_000, duration=SEGMENT_TICKS)
        at_last.append(time.perf_counter() - began)
        whole = b"".join(parts[:-1]) + last
    bare = sum(map(len, parts))
    hashed = median(lambda: segment.digest(whole))
    known = {manifest.urn: manifest}
    assert check(whole, known, stream.NOW).state == "valid"
    checked = median(lambda: check(whole, known, stream.NOW))
    share = (len(whole) - bare) / bare
    return [
        Row(
            name="signing, at a segment's last part",
            value=statistics.median(at_last) * 1e3,
            unit="ms",
            note="aim ≤ 1 ms",
        ),
        Row(name="hashing, at each other part", value=statistics.median(at_each) * 1e3, unit="ms"),
        Row(
            name="bytes added to a segment",
            value=share * 100,
            unit="%",
            note=f"{len(whole) - bare} bytes; aim ≤ 0.1 %",
        ),
        Row(
            name="check of a segment in Python",
            value=checked * 1e3,
            unit="ms",
            ratio=checked / hashed,
            against="its SHA-256 alone",
        ),
        *in_the_page(),
    ]


def median(act: Callable[[], object]) -> float:
    """Seconds that something takes."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        act()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def in_the_page() -> list[Row]:
    """What the page's worker needs for each segment while it plays."""
    from playwright.sync_api import sync_playwright

    from tests.browser import chromium, flags
    from tests.e2e import origin

    path = chromium()
    if path is None:
        return []
    made = origin.Stream()
    made.make(SEGMENTS * SEGMENT_PARTS)
    made.end()
    with origin.Origin(made, state="ended") as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags())
        page = browser.new_page()
        page.goto(f"{running.url}/episodes/{origin.SLUG}")
        page.wait_for_selector(f"#proof[data-valid='{SEGMENTS}']", timeout=60_000)
        page.wait_for_timeout(1000)
        took = float(page.locator("#proof").get_attribute("data-took") or "nan")
        browser.close()
    size = sum(len(part) for kept in made.kept for part in kept.parts[origin.NAMES[0]]) / SEGMENTS
    return [
        Row(
            name="check of a segment in the page",
            value=took,
            unit="ms",
            note=f"{size / 1e3:.0f} kB, in Chromium",
        ),
    ]
