"""An expert at their desk, from sign-in to a signed remark that goes on air and stands in the dossier."""

import re
import time
from collections.abc import Iterator

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from quality_creator.trust import dossier, remark
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.test_people import become_administrator, device, site
from tests.peers.hub import CAMERA, FACTORY, HubProcess, running_hub
from tests.web.engineer import token

pytestmark = pytest.mark.browser

WORDS = "The seam at the outlet is open."


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with running_hub(tmp_path_factory.mktemp("desk"), CAMERA.format(id="cam") + FACTORY) as running:
        running.on_air()
        for value in (1.0, 1.1, 0.9):
            running.post([{"tag": "leak", "value": value}])
        yield running


def enrol(boss: Page, expert: Page, hub: HubProcess) -> None:
    """An institution, and an expert of it who comes by an invitation."""
    boss.goto(site(hub) + "/institutions")
    for label, value in (
        ("Name in Chinese", "检验所"),
        ("Name in English", "Laboratory"),
        ("Short name", "lab"),
        ("Identifier", "did:web:lab.example"),
    ):
        boss.get_by_label(label).fill(value)
    boss.get_by_role("button", name="Enter").click()
    boss.goto(site(hub) + "/people")
    boss.get_by_label("Name").fill("Wu Min")
    boss.get_by_label("Account").fill("wu")
    boss.get_by_label("Expert", exact=True).check()
    boss.get_by_label("Institution (of an expert)").fill("lab")
    boss.get_by_role("button", name="Invite").click()
    expert.goto(boss.get_by_label("Address").input_value())
    expert.get_by_role("button", name="Make a passkey").click()
    expert.get_by_role("link", name="I have them").click()


def playing(page: Page) -> None:
    expect(page.locator("#player")).to_have_attribute("data-state", "playing")


def draw_a_line(page: Page) -> None:
    expect(page.locator("#frame-canvas")).to_be_visible()  # the picture is kept first
    box = page.locator("#frame-canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 80, y)
    page.mouse.down()
    page.mouse.move(x + 80, y, steps=8)
    page.mouse.up()


def published(hub: HubProcess) -> dossier.Dossier:
    """The episode's dossier, once the log has all that it needs."""
    hub.api("POST", "/api/episodes/visit/end")
    headers = {"authorization": f"Bearer {token(hub)}"}
    deadline = time.monotonic() + 120
    while True:
        answer = hub.client.post("/api/episodes/visit/publish", headers=headers)
        if answer.status_code != 503 or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    assert answer.is_success, answer.text
    return dossier.decode(proof_file(hub, "dossier.json"))


def proof_file(hub: HubProcess, name: str) -> bytes:
    answer: httpx.Response = hub.client.get(f"/episodes/visit/proof/{name}")
    assert answer.is_success, answer.text
    return answer.content


@pytest.mark.parametrize("page", [PHONE, DESK], indirect=True)
@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_whoever_looks_on_sees_the_whole_desk_and_axe_finds_nothing(
    page: Page, hub: HubProcess, language: str
) -> None:
    given = {"name": "Lin", "token": token(hub), "to": "/desk/visit"}
    assert page.request.post(hub.address + "/sign-in", form=given).ok
    page.goto(f"{hub.address}/language/{language}?to=/desk/visit")
    expect(page.locator("#key")).to_have_attribute("data-kind", "guest")
    playing(page)
    expect(page.locator("#send")).to_be_disabled()
    for part in ("charts", "units", "told", "chat"):
        page.locator(f"#tab-{part}").click()
        expect(page.locator(f"#panel-{part}")).to_be_visible()
        found = Axe().run(page)
        assert found.violations_count == 0, (part, found.generate_report())
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, part
    page.locator("#freeze").dispatch_event("click")
    expect(page.locator("#frame")).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_an_expert_signs_a_remark_that_goes_on_air_and_stands_in_the_dossier(
    browser: Browser, hub: HubProcess
) -> None:
    hub.wait_for_segment(2)
    with device(browser) as boss, device(browser) as expert:
        become_administrator(boss, hub, "boss")
        enrol(boss, expert, hub)
        # The desk says what is missing, leads to where it is made, and notices the approval by itself.
        expert.goto(site(hub) + "/desk")
        expect(expert).to_have_url(site(hub) + "/desk/visit")
        expect(expert.locator("#key-words")).to_have_text(
            "This browser has no key of yours yet, so it can sign nothing."
        )
        expect(expert.locator("#send")).to_be_disabled()
        expert.locator("#key-make").click()
        expert.get_by_role("button", name="Make a key in this browser").click()
        expect(expert.get_by_text("waits for approval")).to_be_visible()
        tail = expert.locator(".row__key").inner_text()[-8:]
        expert.goto(site(hub) + "/desk/visit")
        expect(expert.locator("#key-more")).to_contain_text(f"read out its last characters: {tail}")
        boss.goto(site(hub) + "/institutions")
        boss.get_by_role("button", name="Approve: Wu Min").click()
        expect(expert.locator("#key")).to_have_attribute("data-kind", "ready")
        playing(expert)
        boss.goto("about:blank")

        # A remark on what was seen, an ask with one press, a picture with a line on it.
        expert.get_by_label("Your words").fill(WORDS)
        expert.get_by_role("button", name="Sign and send", exact=True).click()
        expect(expert.locator("#say-note")).to_have_text(re.compile(r"^Signed and logged as #\d+$"))
        expert.get_by_role("button", name="Measure this again: Leak pressure drop").click()
        expect(expert.locator(".asks__note")).to_have_text(re.compile(r"^Signed and logged as #\d+$"))
        expert.locator("h1").click()
        expert.keyboard.press("f")
        draw_a_line(expert)
        expect(expert.locator("#frame")).to_have_attribute("data-strokes", "1")
        expert.get_by_role("button", name="Use this picture").click()
        expert.get_by_label("Your words").fill("Look at this edge.")
        expert.get_by_role("button", name="Sign and send", exact=True).click()
        expert.locator("#tab-told").click()
        expect(expert.locator(".remark__about").first).to_contain_text("with 1 lines drawn")

        # The units of a lot, with a decimal comma; and taking something back.
        lot = hub.api(
            "POST", "/api/episodes/visit/draws", {"what": "Taps", "count": 50, "sampling": {"aql": 1.5}}
        )
        expert.locator("#tab-units").click()
        expert.get_by_label("What you measure").select_option("leak-pressure")
        expert.get_by_label(f"Value of {lot['units'][0]}").fill("1,2")
        expert.get_by_label(f"Value of {lot['units'][1]}").fill("2.5")
        # The plan was announced before anybody knew the units, and nobody can enter another number.
        reject = lot["plan"]["reject"]
        assert (len(lot["units"]), reject) == (8, 1)
        expect(expert.locator(".lot")).to_contain_text(
            "GB/T 2828.1, AQL 1.5, level II, normal inspection. Up to 0 that do not conform"
        )
        expect(expert.locator(".decision")).to_have_attribute("data-decision", "reject")
        expert.get_by_role("button", name="Sign and send the results").click()
        expect(expert.locator(".lot .say__note")).to_have_text(re.compile(r"^Signed and logged as #\d+$"))
        expect(expert.locator(".lot")).to_contain_text(
            "by all experts: 2 of 8 inspected, 1 do not conform. By the plan the lot is not accepted."
        )
        expert.locator("#tab-told").click()
        expert.locator(".remark", has_text="Look at this edge.").get_by_text("Withdraw").click()
        expert.get_by_role("button", name="Withdraw it").click()
        expect(expert.locator(".remark", has_text="Look at this edge.")).to_have_attribute(
            "data-state", "withdrawn"
        )
        expert.locator("#tab-chat").click()
        expert.get_by_label("Message").fill("Closer to the outlet, please.")
        expert.get_by_role("button", name="Send", exact=True).click()

        # The producer sees it all, takes the remark on air, and the viewer's page has it at its instant.
        boss.goto(site(hub) + "/studio/visit")
        expect(boss.locator("#chat")).to_contain_text("Closer to the outlet, please.")
        boss.locator(".remarks__one", has_text=WORDS).get_by_role("button", name="Take on air").click()
        expect(boss.locator(".remarks__one", has_text=WORDS)).to_have_attribute("data-state", "on-air")
        boss.locator("[data-kind=measure-again]").get_by_role("button", name="Done").click()
        expect(boss.locator("[data-kind=measure-again]")).to_have_attribute("data-state", "done")
        found = Axe().run(boss)
        assert found.violations_count == 0, found.generate_report()
        boss.goto("about:blank")
        expert.goto(site(hub) + "/episodes/visit")
        said = expert.locator(".said-list__one")
        expect(said).to_have_attribute("data-now", "true")
        expect(said).to_contain_text(WORDS)
        expect(said).to_contain_text("Wu Min")
        expect(said).to_contain_text("Laboratory")
        expect(expert.locator(".mark-button--said")).to_be_visible()
        entry = expert.request.get(site(hub) + str(said.get_by_role("link").get_attribute("href")))
        assert remark.decode(entry.body()).remark.words == WORDS
        found = Axe().run(expert)
        assert found.violations_count == 0, found.generate_report()
        expert.goto("about:blank")

        made = published(hub)
        files = [proof_file(hub, f"remarks/{number}.json") for number in range(1, len(made.remarks) + 1)]
        assert [dossier.digest_sri(data) for data in files] == [one.digest for one in made.remarks]
        kinds = [remark.decode(data).remark.kind for data in files]
        assert kinds == ["remark", "measure-again", "remark", "measurements", "withdrawal"]
        expert.goto(site(hub) + "/episodes/visit/proof")
        expect(expert.locator(".said-here")).to_have_count(4)
        expect(expert.locator(".said-here").first).to_contain_text(WORDS)
        expert.goto(site(hub) + "/desk/visit")
        expect(expert.locator("#send")).to_be_disabled()
