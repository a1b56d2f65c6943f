"""The quality engineer's desks in a browser: every kind of chart, OEE, traces, a gauge study, a lot."""

import itertools
import random
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from quality_creator.media import emsg
from quality_creator.model.event import Definition, Definitions, LineOee
from tests.peers.hub import CAMERA, TOKEN, HubProcess, running_hub
from tests.web.engineer import token

pytestmark = pytest.mark.browser

VISITS = itertools.count(1)

KINDS = {
    "p": "",
    "np": "size = 50",
    "u": "",
    "laney-p": "",
    "xbar-s": "size = 4",
    "ewma": "limits = { center = 8.0, sigma = 0.3 }",
    "cusum": "limits = { center = 8.0, sigma = 0.3 }\nhead_start = 2.5",
}


def characteristic(kind: str, chart: str) -> str:
    return f"""
[[gauges.tags]]
tag = "{kind}"
characteristic = "{kind}"
[[characteristics]]
id = "{kind}"
name = {{ zh-Hans = "特性 {kind}", en = "Kind {kind}" }}
unit = "{"pcs" if kind in ("p", "np", "u", "laney-p") else "mm"}"
line = "board"
decimals = 3
[characteristics.chart]
kind = "{kind}"
{chart}
"""


def config() -> str:
    tags, characteristics = [], []
    for kind, chart in KINDS.items():
        tag, _, rest = characteristic(kind, chart).partition("[[characteristics]]")
        tags.append(tag)
        characteristics.append("[[characteristics]]" + rest)
    return "\n".join(
        [
            CAMERA.format(id="cam"),
            '[[lines]]\nid = "board"\nname = { zh-Hans = "板件线", en = "Board line" }',
            "[lines.oee]\nideal_cycle_s = 2.0\npublic = true",
            '[[gauges]]\nkind = "http"\nid = "bench"\ntoken = "a-token-for-the-tests"',
            *tags,
            '[[gauges.tags]]\ntag = "width"\ncharacteristic = "width"',
            '[[gauges.counters]]\ntag = "line"\nline = "board"',
            '[[gauges.states]]\ntag = "line"\nline = "board"',
            '[[gauges.traces]]\ntag = "slide"\ntest = "slide"',
            *characteristics,
            '[[characteristics]]\nid = "width"\nname = { zh-Hans = "宽度", en = "Width" }',
            'unit = "mm"\nline = "board"',
            "[characteristics.specification]\nlower = 6.0\nupper = 10.0",
            '[[traces]]\nid = "slide"\nname = { zh-Hans = "滑轨力", en = "Slide force" }\nline = "board"',
            'x = { name = { zh-Hans = "行程", en = "Travel" }, unit = "mm" }',
            'y = { name = { zh-Hans = "力", en = "Force" }, unit = "N" }',
            "upper = [[0, 30], [60, 18], [400, 18]]\nlower = [[0, 0], [60, 2], [400, 2]]",
        ]
    )


def send(hub: HubProcess, address: str = "/api/readings", **lists: list[dict[str, Any]]) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    answer = hub.client.post(address, content=msgspec.json.encode(lists), headers=headers)
    assert answer.json()["refusals"] == [], answer.text


def trace(number: int, high: float) -> dict[str, Any]:
    x = [4.0 * i for i in range(101)]
    y = [high * (1 - 0.9 ** (i + 1)) + 0.4 * (i % 7) / 7 for i in range(101)]
    now = datetime.now(UTC).isoformat()
    return {"tag": "slide", "sequence": number, "time": now, "specimen": f"A-{number}", "x": x, "y": y}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with running_hub(tmp_path_factory.mktemp("desks"), config()) as running:
        chance = random.Random(4)
        begin = datetime.now(UTC) - timedelta(seconds=400)
        readings: list[dict[str, Any]] = []
        for n in range(120):
            when = (begin + timedelta(seconds=3 * n)).isoformat()
            for kind in (*KINDS, "width"):
                item: dict[str, Any] = {"tag": kind, "time": when, "sequence": n}
                if kind in ("p", "np", "u", "laney-p"):
                    inspected = 50 if kind == "np" else chance.randint(40, 160)
                    share = 0.2 if n > 100 else 0.06
                    item["value"] = sum(chance.random() < share for _ in range(inspected))
                    item["found_in"] = inspected
                else:
                    item["value"] = round(chance.gauss(8.25 if n > 80 else 8.0, 0.3), 3)
                readings.append(item)
        send(running, readings=readings)
        now = datetime.now(UTC)
        send(
            running,
            states=[
                {"tag": "line", "state": "running", "time": (now - timedelta(seconds=300)).isoformat()},
                {"tag": "line", "state": "stopped", "time": (now - timedelta(seconds=100)).isoformat()},
                {"tag": "line", "state": "running", "time": (now - timedelta(seconds=40)).isoformat()},
            ],
        )
        for second, total in ((299, 1000), (1, 1115)):
            when = (now - timedelta(seconds=second)).isoformat()
            send(running, counters=[{"tag": "line", "total": total, "rejected": total // 50, "time": when}])
        send(running, "/api/traces", traces=[trace(1, 12.0), trace(2, 21.0)])
        yield running


def sign_in(page: Page, hub: HubProcess, to: str = "/lines") -> None:
    given = {"name": "Lin", "token": token(hub), "to": to}
    assert page.request.post(hub.address + "/sign-in", form=given).ok
    page.goto(hub.address + to)
    expect(page).to_have_url(hub.address + to)


def test_every_kind_is_drawn_with_its_own_words_on_the_engineers_page(page: Page, hub: HubProcess) -> None:
    sign_in(page, hub)
    captions = {
        "p": ["Proportion nonconforming"],
        "np": ["Nonconforming of 50, pcs"],
        "xbar-s": ["Means of 4, mm", "Standard deviation, mm"],
        "ewma": ["EWMA, λ = 0.2, L = 3, mm"],
        "cusum": ["CUSUM C⁺, a shift upward, k = 0.5, h = 5, σ", "CUSUM C⁻, a shift downward, σ"],
    }
    for kind, words in captions.items():
        page.goto(f"{hub.address}/lines/board/{kind}")
        page.wait_for_selector("#control[data-newest]")
        assert page.locator("#control .chart__caption:visible").all_inner_texts() == words
        expect(page.locator("#signals .signals__row").first).to_be_visible()
    page.goto(f"{hub.address}/lines/board/cusum")
    expect(page.locator("#alarms")).to_contain_text("false alarm")
    expect(page.locator("#rules input[type=checkbox]")).to_have_count(0)


def definitions(hub: HubProcess, slug: str) -> tuple[dict[str, Definition], tuple[LineOee, ...]]:
    """What the newest segment says of charts and lines."""
    names = hub.playlist(slug).split()
    newest = max(int(name.removesuffix(".m4s")) for name in names if re.fullmatch(r"\d+\.m4s", name))
    data = hub.client.get(f"/live/{slug}/720p/{newest}.m4s").content
    [told] = [one.message for one in emsg.messages(data) if isinstance(one.message, Definitions)]
    return {one.characteristic: one for one in told.characteristics}, told.lines


def test_the_viewers_page_has_the_charts_the_capability_and_the_lines_oee(
    page: Page, hub: HubProcess
) -> None:
    slug = f"visit-{next(VISITS)}"
    hub.on_air(slug)
    hub.wait_for_segment(2, slug)
    deadline = time.monotonic() + 40
    while (width := definitions(hub, slug)[0]["width"]).capability is None:
        assert time.monotonic() < deadline, "no capability in the stream"
        time.sleep(1)
    assert width.capability.cpk is not None
    assert width.capability.cpk_low is not None
    assert width.capability.cpk_low < width.capability.cpk
    [line] = definitions(hub, slug)[1]
    assert line.availability == pytest.approx(0.84, abs=0.05)
    page.goto(hub.address + f"/episodes/{slug}")
    card = page.locator("[data-characteristic=cusum]")
    expect(card).to_be_visible(timeout=20_000)
    assert card.locator(".chart__caption").first.inner_text().startswith("CUSUM C⁺")
    expect(page.locator("[data-characteristic=width] .instrument__capability")).to_contain_text("Cpk")
    expect(page.locator("[data-line=board] .line__use")).to_contain_text("availability")
    assert page.locator("[data-characteristic=p] .chart--spread").is_hidden()
    hub.api("POST", f"/api/episodes/{slug}/end")


def test_the_shift_and_its_oee_are_seen_live(page: Page, hub: HubProcess) -> None:
    sign_in(page, hub, "/lines/board/-/oee")
    # 240 of 300 s ran when the test began, and it runs on.
    expect(page.locator(".factors")).to_contain_text(re.compile(r"Availability\s*8\d\.\d"))
    before = page.locator("[data-oee]").inner_text()
    now = datetime.now(UTC).isoformat()
    send(hub, counters=[{"tag": "line", "total": 1120, "rejected": 40, "time": now}])
    expect(page.locator("[data-oee]")).not_to_have_text(before)


def test_a_new_trace_is_judged_and_appears_and_an_old_one_can_be_looked_at(
    page: Page, hub: HubProcess
) -> None:
    sign_in(page, hub, "/lines/board/-/traces/slide")
    expect(page.locator("[data-number='2'] .standing")).to_have_text("Fail")
    send(hub, "/api/traces", traces=[trace(3, 11.0)])
    expect(page.locator("[data-number='3'] .standing")).to_have_text("Pass")
    assert page.locator(".trace__line").count() == 1
    page.locator("tbody tr", has_text="A-1").get_by_role("link").click()
    expect(page.locator("[data-number='1'] .standing")).to_have_text("Pass")


STUDY = """part;operator;value
1;Wang;8,05
1;Wang;8,00
2;Wang;8,40
2;Wang;8,45
3;Wang;7,70
3;Wang;7,72
1;Li;8,02
1;Li;8,01
2;Li;8,38
2;Li;8,42
3;Li;7,66
3;Li;7,71
"""


def test_a_pasted_gauge_study_is_judged_kept_and_printed(page: Page, hub: HubProcess) -> None:
    sign_in(page, hub, "/lines/board/width/gauge")
    page.get_by_label("Title").fill("Caliper 7")
    page.get_by_label("Table").fill("part;operator;value\n1;Wang;x")
    page.get_by_role("button", name="Judge and keep").click()
    expect(page.get_by_role("alert")).to_contain_text("line 2")
    page.get_by_label("Table").fill(STUDY)
    page.get_by_role("button", name="Judge and keep").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Caliper 7")
    assert int(page.locator("[data-ndc]").inner_text()) >= 5
    expect(page.locator("table").first).to_contain_text("Repeatability")
    page.emulate_media(media="print")
    expect(page.locator(".screen-only").first).to_be_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("link", name="All gauge studies").click()
    expect(page.locator("tbody")).to_contain_text("Caliper 7")


def test_lots_are_planned_decided_and_switched_until_inspection_is_discontinued(
    page: Page, hub: HubProcess
) -> None:
    sign_in(page, hub, "/lines/board/width/lots")
    page.get_by_label("Supplier").fill("Hengda")
    page.get_by_label("Lot", exact=True).fill("L-1")
    page.get_by_label("Lot size").fill("1000")
    page.get_by_label("AQL").select_option("1")
    page.get_by_role("button", name="Show the plan").click()
    # GB/T 2828.1, level II, 1000 items: code letter J, 80 items, Ac 2.
    expect(page.locator("[data-n]")).to_have_text("80")
    expect(page.locator("[data-ac]")).to_have_text("2")
    page.get_by_label("Nonconforming items found").fill("3")
    page.get_by_role("button", name="Decide and keep").click()
    expect(page.locator("tbody tr").first).to_contain_text("Not accepted")

    def reject(lot: str) -> None:
        page.get_by_label("Lot", exact=True).fill(lot)
        page.get_by_role("button", name="Show the plan").click()
        page.get_by_label("Nonconforming items found").fill("9")
        page.get_by_role("button", name="Decide and keep").click()

    reject("L-2")
    expect(page.locator("[data-severity]")).to_have_attribute("data-severity", "tightened")
    for n in range(5):
        reject(f"L-{n + 3}")
    expect(page.locator("[data-severity]")).to_have_attribute("data-severity", "discontinued")
    page.get_by_label("Lot", exact=True).fill("L-9")
    page.get_by_role("button", name="Show the plan").click()
    expect(page.get_by_role("alert")).to_contain_text("discontinued")
    page.get_by_label("What was done, and who agreed").fill("New die; Chen agreed")
    page.get_by_role("button", name="Resume with tightened inspection").click()
    expect(page.locator("[data-severity]")).to_have_attribute("data-severity", "tightened")
    expect(page.locator("tbody tr").first).to_contain_text("New die")


@pytest.mark.parametrize("page", [390, 1440], indirect=True)
@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    page: Page, hub: HubProcess, language: str
) -> None:
    sign_in(page, hub)
    page.context.add_cookies([{"name": "lang", "value": language, "url": hub.address}])
    study = page.request.post(
        hub.address + "/lines/board/width/gauge",
        form={"title": "Axe", "method": "anova", "table": STUDY, "tolerance": "4"},
    )
    paths = ["/lines", "/lines/board/-/oee", "/lines/board/-/traces/slide", "/lines/board/width/gauge"]
    paths += [study.url.removeprefix(hub.address), "/lines/board/width/lots"]
    paths += ["/lines/board/p", "/lines/board/cusum"]
    for path in paths:
        page.goto(hub.address + path)
        if path.endswith(("/p", "/cusum")):
            page.wait_for_selector("#control[data-newest]")
        found = Axe().run(page)
        assert found.violations_count == 0, (path, found.generate_report())
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path
