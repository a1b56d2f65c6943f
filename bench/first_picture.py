"""What a viewer's phone has to fetch and to run before the first picture of a broadcast.

Chromium as a phone, with an empty cache and a processor that is four times slower, opens the page of an
episode on air. Counted is what has come over the network when the first frame is shown, as it was sent
(compressed), and for how long scripts held up the page. Links and styles of other hosts would be counted too.
"""

import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from bench.row import Row
from tests.browser import chromium, flags
from tests.peers.hub import CAMERA, FACTORY, running_hub

SLOWER = 4

_FIRST_FRAME = """
() => new Promise((done) => {
  const held = [];
  new PerformanceObserver((list) => held.push(...list.getEntries().map((one) => one.duration)))
    .observe({ type: "longtask", buffered: true });
  document.querySelector("video").requestVideoFrameCallback(() => {
    const at = performance.now();
    setTimeout(() => done({ at, held }));
  });
})
"""


def run() -> list[Row]:
    """Bytes by kind, other hosts, and the time that scripts took."""
    path = chromium()
    if path is None:
        return [Row(name="first picture on a phone", value=None, unit="ms", note="no Chromium")]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags())
        try:
            return _measure(browser)
        finally:
            browser.close()


def _measure(browser: Browser) -> list[Row]:
    with (
        tempfile.TemporaryDirectory() as name,
        running_hub(Path(name) / "hub", CAMERA.format(id="cam") + FACTORY) as hub,
    ):
        hub.on_air()
        time.sleep(6)
        context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        kinds: dict[str, str] = {}
        hosts: set[str] = set()
        sent: Counter[str] = Counter()

        def asked(event: dict[str, Any]) -> None:
            kinds[event["requestId"]] = event.get("type", "Other")
            hosts.add(urlsplit(event["request"]["url"]).hostname or "")

        def came(event: dict[str, Any]) -> None:
            sent[kinds.get(event["requestId"], "Other")] += int(event["encodedDataLength"])

        session.on("Network.requestWillBeSent", asked)
        session.on("Network.loadingFinished", came)
        page.goto(f"{hub.address}/episodes/visit", wait_until="commit")
        page.wait_for_selector("video", state="attached")
        seen = page.evaluate(_FIRST_FRAME)
        foreign = hosts - {"127.0.0.1", ""}
        context.close()
    note = f"{SLOWER} times slower processor, network of the same machine"
    return [
        Row(name="scripts before the first picture", value=sent["Script"] / 1000, unit="kB", note="as sent"),
        Row(name="styles and type", value=(sent["Stylesheet"] + sent["Font"]) / 1000, unit="kB"),
        Row(name="hosts other than our own", value=len(foreign), unit=""),
        Row(name="first picture on a phone", value=seen["at"], unit="ms", note=note),
        Row(name="longest hold of the page", value=max(seen["held"], default=0.0), unit="ms", note=note),
    ]
