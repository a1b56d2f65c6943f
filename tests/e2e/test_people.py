"""People in a browser: the first administrator, invitations, passkeys, codes, links, and who is let in."""

import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import DESK, HEIGHTS, PATIENCE_MS, PHONE
from tests.peers.hub import CAMERA, FACTORY, HubProcess, running_hub

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with running_hub(tmp_path_factory.mktemp("people"), CAMERA.format(id="cam") + FACTORY) as running:
        running.api(
            "POST", "/api/episodes", {"slug": "visit", "title": {"zh-Hans": "工厂探访", "en": "A visit"}}
        )
        yield running


def site(hub: HubProcess) -> str:
    """Where passkeys belong: a browser takes `localhost` for secure, and gives none to a number."""
    return f"http://localhost:{hub.port}"


@contextmanager
def device(browser: Browser, width: int = DESK) -> Iterator[Page]:
    """A browser of one person, with an authenticator that says yes."""
    context = browser.new_context(
        reduced_motion="reduce",  # a colour halfway to another has no contrast that counts
        viewport={"width": width, "height": HEIGHTS[width]},
        locale="en-GB",
        has_touch=width == PHONE,
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    authenticator(context, page)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def authenticator(context: BrowserContext, page: Page) -> None:
    """Chromium's virtual one: it lives as long as the page's tab."""
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def command(hub: HubProcess, *words: str) -> str:
    """What a command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "quality_creator", *words, "--config", str(hub.config)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def become_administrator(page: Page, hub: HubProcess, account: str) -> list[str]:
    """By the command line's code; the recovery codes."""
    address = command(hub, "people", "admin-code").splitlines()[0]
    page.goto(address)
    page.get_by_label("Your name").fill("Lin Mei")
    page.get_by_label("Account").fill(account)
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    codes = page.locator("#codes li").all_inner_texts()
    page.get_by_role("link", name="I have them").click()
    expect(page).to_have_url(site(hub) + "/me")
    return codes


def test_an_administrator_comes_by_the_code_and_again_by_passkey_and_recovery_code(
    browser: Browser, hub: HubProcess
) -> None:
    with device(browser) as page:
        codes = become_administrator(page, hub, "lin")
        assert len(codes) == 8
        page.get_by_role("button", name="Sign out").click()
        page.goto(site(hub) + "/people")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page).to_have_url(site(hub) + "/people")
        expect(page.locator(".rows--people")).to_contain_text("Lin Mei")
        page.get_by_role("button", name="Sign out").click()
        for turn in ("right", "again"):
            page.goto(site(hub) + "/sign-in")
            if turn == "right":
                page.get_by_text("With a recovery code").click()
            page.get_by_label("Account").fill("LIN ")
            page.get_by_label("Recovery code").fill(f" {codes[2].upper()}")
            page.get_by_role("button", name="Sign in with this code").click()
            if turn == "right":
                expect(page.get_by_text("That code is used up now")).to_be_visible()
                expect(page.get_by_text("7 left")).to_be_visible()
                page.get_by_role("button", name="Sign out").click()
                page.goto(site(hub) + "/sign-in")
                page.get_by_text("With a recovery code").click()
                page.get_by_label("Account").fill("lin")
                page.get_by_label("Recovery code").fill(codes[2])
                page.get_by_role("button", name="Sign in with this code").click()
                expect(page.get_by_role("alert").first).to_contain_text("Account and code do not fit")
                break


def test_a_used_code_of_the_command_line_makes_no_second_administrator(
    browser: Browser, hub: HubProcess
) -> None:
    address = command(hub, "people", "admin-code").splitlines()[0]
    newer = command(hub, "people", "admin-code").splitlines()[0]
    with device(browser) as page:
        page.goto(address)
        expect(page.locator("body")).to_contain_text("this link was taken back")
        page.goto(newer)
        page.get_by_label("Your name").fill("Second")
        page.get_by_label("Account").fill("second")
        page.get_by_role("button", name="Make a passkey").click()
        expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
        page.goto(newer)
        expect(page.locator("body")).to_contain_text("it works once")


def test_who_is_invited_sees_their_own_pages_until_the_account_is_closed(
    browser: Browser, hub: HubProcess
) -> None:
    with device(browser) as boss, device(browser, PHONE) as wang:
        become_administrator(boss, hub, "chief")
        boss.goto(site(hub) + "/people")
        boss.get_by_label("Name").fill("Wang")
        boss.get_by_label("Account").fill("wang")
        boss.get_by_label("Quality engineer").check()
        boss.get_by_role("button", name="Invite").click()
        address = boss.get_by_label("Address").input_value()
        wang.goto(address)
        wang.get_by_role("button", name="Make a passkey").click()
        wang.get_by_role("link", name="I have them").click()
        expect(wang.get_by_role("navigation", name="Your pages").get_by_role("link")).to_have_text(["Lines"])
        wang.goto(site(hub) + "/lines")
        expect(wang.get_by_role("heading", name="Lines")).to_be_visible()
        wang.goto(site(hub) + "/people")
        expect(wang.locator("body")).to_contain_text("this is for: Administrator")
        boss.get_by_role("link", name="Wang").click()
        boss.get_by_label("Closed: nobody comes in with it").check()
        boss.get_by_role("button", name="Save").click()
        expect(boss.locator(".role--closed")).to_be_visible()
        wang.goto(site(hub) + "/lines")
        expect(wang.get_by_role("heading", name="Sign in")).to_be_visible()
        wang.get_by_role("button", name="Sign in with a passkey").click()
        expect(wang.get_by_role("alert").first).to_contain_text("this account is closed")
        boss.goto(site(hub) + "/audit")
        acts = boss.locator(".audit tbody tr td:nth-child(4)").all_inner_texts()
        assert acts[:4] == [
            "changed an account wang",
            "signed in Wang",
            "made their first passkey wang",
            "invited wang",
        ]


def test_a_second_passkey_is_added_and_the_first_removed_and_a_session_ended(
    browser: Browser, hub: HubProcess
) -> None:
    with device(browser) as page:
        codes = become_administrator(page, hub, "zhao")
        expect(page.get_by_role("button", name="Remove")).to_have_count(0)
        page.get_by_role("button", name="Add a passkey").click()
        expect(page.get_by_role("alert").first).to_contain_text("has a passkey for this account already")
        with device(browser) as other:
            other.goto(site(hub) + "/sign-in")
            other.get_by_text("With a recovery code").click()
            other.get_by_label("Account").fill("zhao")
            other.get_by_label("Recovery code").fill(codes[0])
            other.get_by_role("button", name="Sign in with this code").click()
            other.get_by_role("button", name="Add a passkey").click()
            expect(other.get_by_role("button", name="Remove")).to_have_count(2)
            other.get_by_role("button", name="Remove").first.click()
            expect(other.get_by_role("button", name="Remove")).to_have_count(0)
            other.get_by_role("button", name=re.compile("^End: ")).click()
            expect(other.get_by_role("button", name=re.compile("^End: "))).to_have_count(0)
        page.goto(site(hub) + "/me")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_role("alert").first).to_contain_text("this passkey is not known here")


def test_a_guest_comes_by_a_personal_link_until_it_is_taken_back(browser: Browser, hub: HubProcess) -> None:
    with device(browser) as boss, device(browser, PHONE) as guest:
        become_administrator(boss, hub, "sun")
        boss.goto(site(hub) + "/links")
        boss.get_by_label("Name").fill("Zhou")
        boss.get_by_role("button", name="Make a link").click()
        address = boss.get_by_label("Address").input_value()
        guest.goto(address)
        expect(guest.locator("main")).to_contain_text("A visit")
        guest.get_by_role("button", name="Come in").click()
        expect(guest).to_have_url(re.compile(re.escape(site(hub)) + "/join/"))  # the green room
        guest.goto(site(hub) + "/me")
        expect(guest.get_by_role("heading", name="Zhou")).to_be_visible()
        guest.goto(site(hub) + "/lines")
        expect(guest.locator("body")).to_contain_text("this is for: Quality engineer")
        boss.get_by_role("button", name="Take back: Zhou").click()
        expect(boss.get_by_text("taken back")).to_be_visible()
        guest.goto(site(hub) + "/me")
        expect(guest.get_by_role("heading", name="Sign in")).to_be_visible()
        guest.goto(address)
        expect(guest.locator("body")).to_contain_text("this link was taken back")


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    browser: Browser, hub: HubProcess, language: str, width: int
) -> None:
    def look(path: str) -> None:
        page.goto(site(hub) + path)
        found = Axe().run(page)
        assert found.violations_count == 0, (path, found.generate_report())
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path

    with device(browser, width) as page:
        invitation = command(hub, "people", "admin-code").splitlines()[0]
        page.goto(invitation)
        become_administrator(page, hub, f"axe-{uuid.uuid4()}")
        made = hub.api(
            "POST",
            "/api/people",
            {"account": f"x-{uuid.uuid4()}", "name": "X", "roles": ["viewer"]},
        )
        page.goto(site(hub) + "/links")
        page.get_by_label("Name").fill("Zhou")
        page.get_by_role("button", name="Make a link").click()
        link = page.get_by_label("Address").input_value().removeprefix(site(hub))
        page.context.add_cookies([{"name": "lang", "value": language, "url": site(hub)}])
        invited = made["address"].removeprefix(site(hub))
        for path in ("/me", "/people", f"/people/{made['person']['id']}", "/links", "/audit", link, invited):
            look(path)
        page.context.clear_cookies(name="session")
        look("/sign-in")
        look("/people")


def test_an_expert_makes_a_key_that_stays_in_the_browser_and_it_is_approved(
    browser: Browser, hub: HubProcess
) -> None:
    with device(browser) as boss, device(browser, PHONE) as expert:
        become_administrator(boss, hub, "qian")
        boss.goto(site(hub) + "/institutions")
        for label, value in (
            ("Name in Chinese", "检验所"),
            ("Name in English", "Laboratory"),
            ("Short name", "lab"),
            ("Identifier", "did:web:lab.example"),
        ):
            boss.get_by_label(label).fill(value)
        boss.get_by_role("button", name="Enter").click()
        expect(boss.locator(".rows--people")).to_contain_text("Laboratory")
        boss.goto(site(hub) + "/people")
        boss.get_by_label("Name").fill("Wu")
        boss.get_by_label("Account").fill("wu")
        boss.get_by_label("Expert", exact=True).check()
        boss.get_by_label("Institution (of an expert)").fill("lab")
        boss.get_by_role("button", name="Invite").click()
        expert.goto(boss.get_by_label("Address").input_value())
        expert.get_by_role("button", name="Make a passkey").click()
        expert.get_by_role("link", name="I have them").click()
        expert.get_by_role("button", name="Make a key in this browser").click()
        expect(expert.get_by_text("waits for approval")).to_be_visible()
        key = expert.locator(".row__key").inner_text()
        assert key.startswith("z6Mk")
        kept = expert.evaluate(
            """() => new Promise((done) => {
                const opening = indexedDB.open("quality-creator", 1);
                opening.onsuccess = () => {
                    const all = opening.result.transaction("keys").objectStore("keys").getAll();
                    all.onsuccess = async () => {
                        const { privateKey } = all.result[0];
                        const taken = crypto.subtle.exportKey("pkcs8", privateKey);
                        const out = await taken.then(() => "out", (error) => error.name);
                        done([privateKey.algorithm.name, privateKey.extractable, out]);
                    };
                };
            })"""
        )
        assert kept == ["Ed25519", False, "InvalidAccessError"]
        boss.goto(site(hub) + "/institutions")
        assert boss.locator(".row__key").inner_text() == key
        boss.get_by_role("button", name="Approve: Wu").click()
        expect(boss.get_by_text("approved", exact=True)).to_be_visible()
        expert.reload()
        expect(expert.get_by_text("approved", exact=True)).to_be_visible()
        for page in (boss, expert):
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
