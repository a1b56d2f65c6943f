"""An authority's own page: one file, no network, a key that stays its owner's; and what it makes counts."""

import asyncio
import http.server
import json
import random
import socketserver
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from playwright.sync_api import Browser, Page, expect

from quality_creator.actions import authorities, bundling
from quality_creator.actions.signers import Desk
from quality_creator.store.keys import Keys
from quality_creator.trust import (
    contexts,
    did,
    dissent,
    dossier,
    endorsement,
    evidence,
    multikey,
    status_list,
)
from tests.actions.evidence_files import Episode
from tests.actions.publisher import publisher
from tests.trust.authorities import Signer, signer
from tests.trust.test_foreign import digital_bazaar
from tests.web.house import TOKEN

pytestmark = pytest.mark.browser

PASSPHRASE = "a long and dull passphrase"
COMMENT = "我们审阅了卷宗。 The dossier was reviewed; Café, e\u0301, 🔍."


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page as the command writes it."""
    out = tmp_path_factory.mktemp("page") / "signing-page.html"
    done = subprocess.run(
        [sys.executable, "-m", "quality_creator", "signing-page", out],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "sha256: " in done.stdout
    return out


@pytest.fixture
def cut(page: Page) -> Iterator[Page]:
    """A page without a network: whatever it asks for beyond its own file fails the test."""
    asked: list[str] = []
    page.context.set_offline(True)
    page.on(
        "request",
        lambda request: asked.append(request.url) if not request.url.startswith(("file:", "blob:")) else None,
    )
    yield page
    assert asked == []


def bundle(folder: Path, files: dict[str, bytes], name: str = "one.zip") -> Path:
    """Files of the evidence as qc bundle packs them."""
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, data in files.items():
            archive.writestr(each, data)
    return folder / name


def key_file(folder: Path, one: Signer, passphrase: str = PASSPHRASE) -> Path:
    """An authority's key as `qc register key` keeps it."""
    keys = Keys(folder / one.did.rpartition(":")[2], passphrase.encode() or None)
    keys.create_ed25519("own")
    made = keys.ed25519("own")
    one.key = made
    return keys.folder / "own.key"


def review(page: Page, written: Path, *files: Path, language: str = "en") -> None:
    page.goto(f"{written.as_uri()}#{language}")
    page.locator("#evidence").set_input_files(list(files))
    page.locator("#digest").wait_for()


def open_key(page: Page, *files: Path, passphrase: str = PASSPHRASE) -> None:
    page.locator("#key").set_input_files(list(files))
    page.locator("#passphrase").fill(passphrase)
    page.get_by_role("button", name="Open the key").click()
    page.locator(".signing__key p").first.wait_for()


def download(page: Page, name: str) -> bytes:
    with page.expect_download() as got:
        page.get_by_role("link", name=name, exact=True).click()
    return Path(got.value.path()).read_bytes()


def sign(page: Page, *, yes: bool = True, comment: str = COMMENT) -> None:
    if not yes:
        page.get_by_label("We do not vouch for it").check()
    if not page.locator("#name").input_value():
        page.locator("#name").fill("Institution One")
    page.locator("#comment").fill(comment)
    page.locator("#seen").check()
    page.locator("#sign").click()
    page.get_by_role("heading", name="5. Hand in").wait_for()


@dataclass
class Shown:
    """What the page says that is not right."""

    page: Page

    def findings(self, outcome: str) -> list[str]:
        return self.page.locator(f".finding[data-outcome={outcome}]").all_inner_texts()


# --- what is signed counts -----------------------------------------------------------------------------


def test_what_is_signed_in_the_page_is_taken_in_counts_and_verifies_elsewhere(
    browser: Browser, written: Path, tmp_path: Path
) -> None:
    """From the hub through the page, with the network cut, back to the hub and to foreign tools."""
    made: dict[str, Any] = {}

    def in_browser(folder: Path, files: dict[str, bytes], one: Signer, key: Path) -> None:
        context = browser.new_context(offline=True, accept_downloads=True)
        page = context.new_page()
        review(page, written, bundle(folder, files, f"{one.role}.zip"))
        assert page.locator("#digest").inner_text() == dossier.digest_sri(files[evidence.DOSSIER])
        open_key(page, key)
        expect(page.locator(".signing__key")).to_contain_text("knows it as")
        assert page.locator("#did").input_value() == one.did
        sign(page)
        names = ["endorsement.json", "status-1.json", "status-2.json", "own.issued.json"]
        made[one.did] = [download(page, name) for name in names]
        context.close()

    # Playwright's own loop runs in this thread; the hub's runs in another.
    with _hub(tmp_path) as (ask, signers):
        keys = {one.did: key_file(tmp_path, one) for one in signers}
        ask("register")
        files = ask("publish")
        for one in signers:
            in_browser(tmp_path, files, one, keys[one.did])
            for document in made[one.did][:3]:
                ask("take", document)
        assert ask("state") == "stands"
        packed = ask("bundle")
    (tmp_path / "after.zip").write_bytes(packed)
    _stands(tmp_path / "after.zip")
    known: dict[str, Any] = {address: json.loads(contexts.text(address)) for address in contexts.addresses()}
    now = datetime.now(UTC) + timedelta(seconds=1)
    for one in signers:
        document, *lists, book = made[one.did]
        read = endorsement.read(document)
        assert read.comment == COMMENT.replace("e\u0301", "é")
        known[one.did] = did.document(one.did, one.multikey)
        known |= {status_list.read(data).address: json.loads(data) for data in lists}
        [issued] = json.loads(book)
        assert (issued["id"], issued["position"], issued["digest"]) == (
            read.id,
            read.status[0].index,
            read.digest,
        )
    answers = digital_bazaar(known, *((json.loads(made[one.did][0]), now) for one in signers))
    assert [(answer["verified"], answer["status"]) for answer in answers] == [(True, True)] * 2
    # The desk on the command line goes on where the page stopped.
    committee = signers[0]
    folder = keys[committee.did].parent
    (folder / "own.issued.json").write_bytes(made[committee.did][3])
    desk = Desk.open(committee.did, folder / "own.key", PASSPHRASE.encode())
    change = desk.change(endorsement.read(made[committee.did][0]).id, "suspended", "why", datetime.now(UTC))
    assert endorsement.read_change(change).status == "suspended"


def _stands(bundle: Path) -> None:
    """`qc verify` says that both halves stand, with nothing but this file."""
    command = [sys.executable, "-m", "quality_creator", "verify", str(bundle), "--json"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)
    report = json.loads(done.stdout)
    assert (done.returncode, report["state"]) == (0, "stands"), report
    assert [(one["state"], one["reasons"]) for one in report["endorsements"]] == [("stands", [])] * 2
    assert {one["comment"] for one in report["endorsements"]} == {COMMENT.replace("e\u0301", "é")}


@contextmanager
def _hub(folder: Path) -> Iterator[Any]:
    """A hub with an ended episode, asked from this thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def wait(made: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(made, loop).result(60)

    around = publisher(folder)
    held: Any = None
    try:
        # Entering and leaving happens in one task: the house is a group of tasks.
        ready, done = threading.Event(), asyncio.Event()

        async def live() -> None:
            nonlocal held
            async with around as running:
                held = running
                ready.set()
                await done.wait()

        living = asyncio.run_coroutine_threadsafe(live(), loop)
        assert ready.wait(60)
        client = wait(_client(held))
        try:
            yield (lambda *asked: wait(_ask(held, client, *asked))), held.signers
        finally:
            wait(client.aclose())
            loop.call_soon_threadsafe(done.set)
            living.result(60)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _client(held: Any) -> Any:
    return held.house.client(authorization=f"Bearer {TOKEN}")


async def _ask(held: Any, client: Any, what: str, document: bytes = b"") -> Any:
    match what:
        case "register":
            return await authorities.take(held.hub.ledger, held.register())
        case "take":
            answer = await client.post("/api/documents", content=document)
            assert answer.status_code == 201, answer.text
            return None
        case "state":
            page = (await client.get("/episodes/one/proof")).text
            return page.partition('class="page proof" data-state="')[2].partition('"')[0]
        case "bundle":
            with tempfile.TemporaryDirectory() as name:
                out = Path(name) / "bundle.zip"
                await asyncio.to_thread(bundling.write, held.source(), out, with_media=True)
                return out.read_bytes()
    assert (await client.post("/api/episodes/one/publish")).status_code == 201
    index = (await client.get("/episodes/one/proof/proof.json")).content
    names = evidence.decode_index(index).files
    files = {name: (await client.get(f"/episodes/one/proof/{name}")).content for name in names}
    return {evidence.INDEX: index, **files}


def test_a_dissent_is_signed_with_a_key_that_was_made_in_the_page(
    cut: Page, written: Path, tmp_path: Path
) -> None:
    files = Episode().files(media=False)
    review(cut, written, bundle(tmp_path, files))
    cut.locator("summary").click()
    cut.locator("#new-passphrase").fill(PASSPHRASE)
    cut.locator("#again").fill(PASSPHRASE)
    cut.get_by_role("button", name="Make a new key").click()
    pem = download(cut, "endorsements.key")
    key = load_pem_private_key(pem, PASSPHRASE.encode())  # OpenSSL reads it, and so does `qc`
    assert isinstance(key, Ed25519PrivateKey)
    expect(cut.locator(".signing__key")).to_contain_text("does not know this key")
    cut.locator("#did").fill("did:web:inst1.example")
    sign(cut, yes=False, comment="仪器未校准。")
    said = dissent.read(download(cut, "dissent.json"))
    assert (said.issuer, said.reason) == ("did:web:inst1.example", "仪器未校准。")
    assert said.digest == dossier.digest_sri(files[evidence.DOSSIER])
    said.made.verify(key.public_key())
    assert multikey.encode(key.public_key()) in cut.locator(".signing__key").inner_text()


def test_what_was_endorsed_is_suspended_and_put_in_force_again_in_the_page(
    cut: Page, written: Path, tmp_path: Path
) -> None:
    one = signer("inst1")
    key = key_file(tmp_path, one)
    desk = Desk.open(one.did, key, PASSPHRASE.encode())
    data = Episode().world.dossier
    made = desk.endorse(data, name="x", comment="x", days=9, list_address=None, now=datetime.now(UTC))
    cut.goto(f"{written.as_uri()}#en")
    open_key(cut, key, key.with_suffix(".issued.json"))
    row = cut.locator(".signing__issued li")
    for button, status, bit in (("Suspend", "suspended", True), ("Put in force again", "reinstated", False)):
        cut.locator("#s-issued ~ .field input").fill(one.did)
        row.get_by_label("Why").fill("a gauge")
        row.get_by_role("button", name=button).click()
        cut.locator(".signing__downloads").wait_for()
        change = endorsement.read_change(download(cut, "change.json"))
        change.made.verify(one.key.public_key())
        assert (change.endorsement, change.status) == (endorsement.read(made).id, status)
        listed = status_list.read(download(cut, "status-2.json"))
        listed.made.verify(one.key.public_key())
        assert (listed.purpose, listed.set_at(desk.issued[0].position)) == ("suspension", bit)


# --- what is not right is seen ---------------------------------------------------------------------------


def _altered(files: dict[str, bytes], name: str) -> dict[str, bytes]:
    data = bytearray(files[name])
    data[len(data) // 2] ^= 1
    return {**files, name: bytes(data)}


def test_what_was_altered_is_named_and_nothing_else_is(cut: Page, written: Path, tmp_path: Path) -> None:
    episode = Episode()
    episode.tell(3)
    files = episode.files(media=False)
    shown = Shown(cut)
    review(cut, written, bundle(tmp_path, files))
    assert shown.findings("wrong") == []
    verdict = next(name for name in files if name.startswith("verdicts/"))
    entries = next(name for name in files if "entries" in name)
    cases = {
        evidence.SEGMENTS: "Segments",
        evidence.MEASUREMENTS: "Measurements",
        evidence.TABLE: "Table of measurements",
        evidence.AS_RUN: "As run",
        verdict: "Charts",
        entries: "Log",
    }
    for number, (name, topic) in enumerate(cases.items()):
        review(cut, written, bundle(tmp_path, _altered(files, name), f"{number}.zip"))
        topics = cut.locator(".finding[data-outcome=wrong] strong").all_inner_texts()
        assert topics == [topic], name
    lie = Episode()
    lie.tell(3, lie=True)
    review(cut, written, bundle(tmp_path, lie.files(media=False), "lie.zip"))
    assert cut.locator(".finding[data-outcome=wrong] strong").all_inner_texts() == ["Told while on air"]


def test_a_dossier_that_is_not_written_in_the_one_way_is_not_signed(
    cut: Page, written: Path, tmp_path: Path
) -> None:
    data = Episode().world.dossier
    for number, bad in enumerate(
        (data[:-1], data + b" ", b"{}", b"\xff", data.replace(b'"type"', b'"typo"'))
    ):
        (tmp_path / str(number)).mkdir()
        path = tmp_path / str(number) / evidence.DOSSIER
        path.write_bytes(bad)
        cut.goto(written.as_uri() + "#en")
        cut.locator("#evidence").set_input_files(path)
        expect(cut.locator(".signing__note").first).to_contain_text("There is no dossier in it")
        assert cut.locator("#digest").count() == 0
        cut.reload()


@pytest.mark.parametrize("seed", range(3))
def test_no_changed_byte_of_a_bundle_is_taken_for_the_evidence_and_none_is_a_crash(
    cut: Page, written: Path, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    files = Episode().files(media=False)
    whole = bundle(tmp_path, files).read_bytes()
    digest = dossier.digest_sri(files[evidence.DOSSIER])
    shown = Shown(cut)
    cut.goto(f"{written.as_uri()}#en")
    for number in range(15):
        mutant = bytearray(whole)
        for _ in range(chance.choice((1, 3))):
            mutant[chance.randrange(len(mutant))] ^= 1 << chance.randrange(8)
        path = tmp_path / f"{number}.zip"
        path.write_bytes(mutant[: chance.choice((len(mutant), chance.randrange(len(mutant))))])
        cut.locator("#evidence").set_input_files(path)
        expect(cut.locator(".signing__note").first).not_to_have_text("Reading and recomputing …")
        if cut.locator("#digest").count() and cut.locator("#digest").inner_text() != digest:
            # Another dossier, then: and it is said that it is not the one of the log.
            assert shown.findings("wrong") != []


def test_the_report_of_ones_own_command_is_shown_beside_it(cut: Page, written: Path, tmp_path: Path) -> None:
    files = Episode().files(media=False)
    packed = bundle(tmp_path, files)
    done = subprocess.run(
        [sys.executable, "-m", "quality_creator", "verify", "--json", packed],
        capture_output=True,
        check=False,
    )
    (tmp_path / "report.json").write_bytes(done.stdout)
    review(cut, written, packed, tmp_path / "report.json")
    expect(cut.get_by_role("heading", name="What your own qc found")).to_be_visible()
    wrong = [one["words"] for one in json.loads(done.stdout)["checks"] if one["outcome"] != "right"]
    assert wrong
    text = cut.locator("#main").inner_text()
    assert [words for words in wrong if words not in text] == []


# --- the key ------------------------------------------------------------------------------------------------


def test_a_wrong_passphrase_opens_nothing_and_a_kept_key_stays_encrypted(
    cut: Page, written: Path, tmp_path: Path
) -> None:
    one = signer("inst1")
    key = key_file(tmp_path, one)
    review(cut, written, bundle(tmp_path, Episode().files(media=False)))
    cut.locator("#key").set_input_files(key)
    for passphrase, words in (("", "It is encrypted"), ("another passphrase", "The passphrase is another")):
        cut.locator("#passphrase").fill(passphrase)
        cut.get_by_role("button", name="Open the key").click()
        expect(cut.get_by_text(words)).to_be_visible()
        assert cut.locator("#sign").is_hidden()
    open_key(cut, key)
    cut.locator("#did").fill(one.did)
    cut.locator("#keep").check()
    sign(cut)
    kept = cut.evaluate(
        """() => new Promise((done) => {
          const opening = indexedDB.open("quality-creator-signing");
          opening.onsuccess = () => {
            const asking = opening.result.transaction("desk").objectStore("desk").get("own");
            asking.onsuccess = () => done(asking.result);
          };
        })"""
    )
    assert kept["pem"] == key.read_text()
    assert "ENCRYPTED" in kept["pem"]
    cut.reload()
    cut.get_by_text(f"Kept in this browser: {one.did}").wait_for()
    cut.locator("#passphrase").fill(PASSPHRASE)
    cut.get_by_role("button", name="Open the key").click()
    expect(cut.locator(".signing__issued li")).to_have_count(1)
    cut.get_by_role("button", name="Forget it").click()
    expect(cut.get_by_text("Kept in this browser")).to_have_count(0)
    cut.reload()
    expect(cut.get_by_text("Kept in this browser")).to_have_count(0)


# --- where it may stand ----------------------------------------------------------------------------


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    handler = partial(Quiet, directory=str(folder))
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_copy_on_the_site_of_the_evidence_or_within_another_page_refuses(
    page: Page, written: Path, tmp_path: Path
) -> None:
    (tmp_path / "framing.html").write_text('<iframe src="signing-page.html" title="x"></iframe>')
    (tmp_path / "signing-page.html").write_bytes(written.read_bytes())
    with _served(tmp_path) as site:
        made = dossier.decode(Episode().world.dossier)
        data = made.encode().replace(b"https://column.example", site.encode())
        (tmp_path / evidence.DOSSIER).write_bytes(data)
        page.goto(f"{site}/signing-page.html#en")
        page.locator("#evidence").set_input_files(tmp_path / evidence.DOSSIER)
        expect(page.get_by_text("was served by 127.0.0.1")).to_be_visible()
        assert page.locator("#digest").count() == 0
        page.goto(f"{site}/framing.html")
        frame = page.frame_locator("iframe")
        expect(frame.get_by_role("alert")).to_be_visible()
        assert frame.locator("#evidence").count() == 0


@pytest.mark.parametrize("page", [390, 1440], indirect=True)
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_sticks_out(
    cut: Page, language: str, theme: Any, *, written: Path, tmp_path: Path
) -> None:
    cut.emulate_media(color_scheme=theme)
    key = key_file(tmp_path, signer("inst1"))
    review(cut, written, bundle(tmp_path, Episode().files(media=False)), language=language)
    cut.locator("#key").set_input_files(key)
    cut.locator("#passphrase").fill(PASSPHRASE)
    cut.locator("#passphrase").press("Enter")
    cut.locator("#did").fill("did:web:inst1.example")
    cut.locator("#name").fill("Institution One")
    cut.locator("#comment").fill(COMMENT)
    cut.locator("#seen").check()
    cut.locator("#sign").click()
    cut.locator(".signing__downloads").wait_for()
    assert cut.locator("html").get_attribute("lang") == {"en": "en", "zh": "zh-Hans"}[language]
    # The page's own policy lets no other script in; axe is put in beside it.
    found = Axe().run(cut)
    assert found.violations_count == 0, found.generate_report()
    wide = cut.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0
    cut.screenshot(path=str(tmp_path / f"{language}-{theme}.png"), full_page=True)
