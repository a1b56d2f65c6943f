"""The check of an episode's evidence: right as it is, and wrong as soon as anything of it is touched."""

import random
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from quality_creator import __version__
from quality_creator.actions import checking, evidence_source, measurement_table
from quality_creator.actions.check import picture
from quality_creator.actions.checking import Report
from quality_creator.model.errors import BadInput, BadPayload, NotFound
from quality_creator.model.event import Definition, FrameData, Point, Signal, TimedMessage
from quality_creator.trust import dossier, evidence
from quality_creator.trust.log import challenge, tile
from tests.actions.evidence_files import Episode, doubly_endorsed
from tests.actions.shown_charts import PLANS, Charts
from tests.trust.authorities import EPISODE, NOW, World, key

LATER = NOW + timedelta(minutes=5)


class Files:
    """A source in memory."""

    online = False
    place = None

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def read(self, name: str) -> bytes:
        try:
            return self.files[evidence.check_name(name)]
        except KeyError:
            raise NotFound(name) from None


def _check(files: dict[str, bytes], **options: object) -> Report:
    settings = {"target": "here", "now": LATER} | options
    return checking.check(Files(files), **settings)  # type: ignore[arg-type]


def _wrong(report: Report) -> set[str]:
    return {one.name for one in report.checks if one.outcome in ("wrong", "unknown")}


def _words(report: Report) -> dict[str, str]:
    return {one.name: one.words for one in report.checks}


def test_what_is_as_it_was_is_right() -> None:
    report = _check(doubly_endorsed().files())
    assert (report.state, report.exit_code, _wrong(report)) == ("stands", 0, set())
    assert [half.role for half in report.endorsements] == ["committee", "inspection"]
    said = {one.name: one.words for one in report.checks}
    assert said["picture and sound"] == "12 segments are the ones of the dossier"
    assert said["charts"] == (
        "1; 72 points with their signals, 1 sets of limits and 6 capabilities follow from the values"
    )


def test_segments_that_were_signed_on_air_are_checked_by_their_signatures_too() -> None:
    episode = Episode(signed=True)
    for one in episode.world.signers[:2]:
        episode.endorse(one)
    report = _check(episode.files())
    assert (report.state, _wrong(report)) == ("stands", set())
    assert _words(report)["signatures in the stream"].startswith("12 segments, by ")


def test_without_its_pictures_it_is_right_by_their_digests() -> None:
    report = _check(doubly_endorsed().files(media=False))
    assert (report.state, _wrong(report)) == ("stands", set())
    assert "absent" in {one.outcome for one in report.checks}


def test_with_one_endorsement_it_is_not_doubly_endorsed() -> None:
    episode = Episode()
    episode.endorse(episode.world.institutions[0])
    assert _check(episode.files()).exit_code == 1


def test_a_revocation_in_the_log_turns_the_verdict_before_any_list_does() -> None:
    episode = doubly_endorsed()
    assert _check(episode.files()).state == "stands"
    episode.revoke(episode.world.institutions[0], 1)
    report = _check(episode.files())
    assert report.state == "fails"
    assert report.endorsements[1].reasons[0].startswith("withdrawal-logged")
    episode.notices.clear()
    assert _check(episode.files()).state == "fails"


def test_a_log_that_hides_its_newest_entries_is_seen() -> None:
    episode = doubly_endorsed()
    episode.revoke(episode.world.institutions[0], 1)
    files = episode.files()
    [bundle] = [name for name in files if "entries" in name]
    entries = episode.world.log.entries
    for hidden in (entries[:-1], [*entries[:-1], entries[0]]):
        assert "log" in _wrong(_check(files | {bundle: tile.pack(hidden)}))


def test_a_second_history_of_the_log_is_seen() -> None:
    one, other = doubly_endorsed(), doubly_endorsed()
    other.world.log.entries[0], other.world.log.entries[1] = other.world.log.entries[1::-1]
    taken = {name: data for name, data in other.files().items() if name.startswith("log/")}
    report = _check(one.files() | taken)
    assert report.state == "fails"
    assert {"dossier in the log", "endorsements in the log"} <= _wrong(report)


def test_the_next_day_nobody_can_tell_offline() -> None:
    report = _check(doubly_endorsed().files(), now=NOW + timedelta(days=2))
    assert (report.state, report.exit_code) == ("unknown", 2)


def test_what_the_log_was_told_on_air_is_a_beginning_of_what_the_dossier_has() -> None:
    episode = doubly_endorsed()
    episode.tell(2)
    episode.tell(6)
    report = _check(episode.files())
    assert (report.state, _words(report)["told while on air"][:28]) == (
        "stands",
        "2 entries of the log agree, ",
    )
    episode.tell(4, lie=True)
    assert _wrong(_check(episode.files())) == {"told while on air"}
    episode.notices.clear()
    assert _wrong(_check(episode.files())) == {"told while on air", "charts' beginning"}


def test_an_episode_that_names_a_beginning_which_the_log_never_had_is_seen() -> None:
    for size in (1, 50):
        made_up = dossier.Seen(size=size, root=dossier.tree_root([b"what the log never was"]))
        report = _check(Episode(started=made_up).files())
        assert (report.state, "not made before" in _wrong(report)) == ("fails", True)


def test_codes_that_were_filmed_say_between_which_clocks_the_picture_lies() -> None:
    episode = doubly_endorsed()
    for seconds, count in ((0, 2), (20, 4), (45, 6)):
        episode.show_code(NOW + timedelta(seconds=seconds))
        episode.tell(count)
    report = _check(episode.files(at=NOW + timedelta(seconds=52)))
    assert report.state == "stands"
    assert _words(report)["freshness"] == (
        "3 codes; what was filmed with one lies within 25 s at most, 20 s typically"
    )


def test_a_code_that_does_not_follow_from_its_checkpoint_is_seen() -> None:
    episode = doubly_endorsed()
    episode.show_code(NOW)
    shown = episode.notices.popitem()[1]
    forged = challenge.decode(shown)
    episode.world.log.entries.pop()
    episode._log(msgspec.structs.replace(forged, code="12345678").encode(), challenge.CHALLENGE, forged.id)
    assert _wrong(_check(episode.files())) == {"freshness"}


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("media/720p/3.m4s", "picture and sound"),
        ("media/360p/init.mp4", "picture and sound"),
        (evidence.SEGMENTS, "segments"),
        (evidence.MEASUREMENTS, "measurements"),
        (evidence.TABLE, "measurements' table"),
        ("verdicts/xbar-r.json", "charts"),
        ("charts/opening.json", "charts"),
        ("charts/course.json", "charts"),
        (evidence.AS_RUN, "as run"),
        (evidence.DOSSIER, "dossier"),
    ],
)
def test_a_file_that_was_changed_or_taken_away_is_named(name: str, part: str) -> None:
    files = doubly_endorsed().files()
    changed = files[name][:-3] + bytes([files[name][-3] ^ 1]) + files[name][-2:]
    for given in (files | {name: changed}, {other: data for other, data in files.items() if other != name}):
        report = _check(given)
        assert report.state == "fails"
        assert part in _wrong(report)


def test_segments_that_change_places_are_seen() -> None:
    files = doubly_endorsed().files()
    one, two = "media/720p/1.m4s", "media/720p/2.m4s"
    files[one], files[two] = files[two], files[one]
    assert "picture and sound" in _wrong(_check(files))


def test_numbers_that_were_endorsed_and_are_not_those_in_the_stream_are_seen() -> None:
    shown = Charts().messages(2)[1].message
    assert isinstance(shown, FrameData)
    value = str(shown.points[4].value).encode()
    episode = Episode(alter=lambda batch: batch.replace(b'"value":' + value, b'"value":5.777'))
    report = _check(episode.files())
    words = {one.name: one.words for one in report.checks}
    assert "the numbers in segment 2 of 720p are not those of its batch" in words["picture and sound"]
    assert "follows" in words["charts"]


def test_a_batch_that_says_the_same_in_other_bytes_is_the_same() -> None:
    spaced = Episode(alter=lambda batch: batch.replace(b'"message":', b'"message": '))
    for one in spaced.world.signers[:2]:
        spaced.endorse(one)
    report = _check(spaced.files())
    assert (report.state, _wrong(report)) == ("stands", set())


def test_a_table_that_was_endorsed_and_does_not_say_what_the_stream_says_is_seen() -> None:
    def of(messages: list[list[TimedMessage]], episode: str = EPISODE) -> set[str]:
        table = measurement_table.encode(messages, episode=episode)
        return {one for one in _wrong(_check(Episode(other_table=table).files())) if "table" in one}

    honest = [Charts().messages(number) for number in range(6)]
    assert of(honest) == set()
    assert of(honest, "urn:uuid:another") == {"measurements' table"}
    assert of(honest[:-1]) == {"measurements' table"}
    shown = honest[2][1].message
    assert isinstance(shown, FrameData)
    for other in (
        msgspec.structs.replace(shown.points[4], value=5.777),
        msgspec.structs.replace(shown.points[4], status="uncertain"),
        msgspec.structs.replace(shown.points[4], signals=(Signal(rule="nelson-2"),)),
    ):
        points = (*shown.points[:4], other, *shown.points[5:])
        batch = [
            honest[2][0],
            TimedMessage(at=honest[2][1].at, message=msgspec.structs.replace(shown, points=points)),
        ]
        assert of([*honest[:2], batch, *honest[3:]]) == {"measurements' table"}


def test_every_kind_of_chart_is_computed_again_from_the_values() -> None:
    episode = Episode(charts=Charts(plans=dict(PLANS)))
    for one in episode.world.signers[:2]:
        episode.endorse(one)
    report = _check(episode.files())
    assert (report.state, _wrong(report)) == ("stands", set())
    assert _words(report)["charts"].startswith("11; 792 points with their signals, ")


def test_a_signal_that_a_hub_does_not_show_is_found_although_the_hub_signed_and_endorsed_what_it_showed() -> (
    None
):
    def lie(one: Definition | Point) -> Definition | Point:
        return msgspec.structs.replace(one, signals=()) if isinstance(one, Point) else one

    episode = Episode(charts=Charts(lie=lie))
    for one in episode.world.signers[:2]:
        episode.endorse(one)
    report = _check(episode.files())
    assert (report.state, _wrong(report)) == ("fails", {"charts"})


def test_a_beginning_of_the_charts_that_the_log_was_not_told_is_seen() -> None:
    one, other = doubly_endorsed(), Episode(charts=Charts(earlier=33))
    for signer in other.world.signers[:2]:
        other.endorse(signer)
    one.notices, other.notices = dict(one.notices), dict(other.notices)
    other.world.log.entries[0] = one.world.log.entries[0]
    assert "charts' beginning" in _wrong(_check(other.files() | _documents(one)))


def _documents(episode: Episode) -> dict[str, bytes]:
    return {f"log/documents/{name}": data for name, data in episode.notices.items()}


def test_without_the_charts_beginning_nobody_can_tell() -> None:
    files = doubly_endorsed().files()
    del files["charts/opening.json"]
    assert "charts" in _wrong(_check(files))
    episode = Episode(charts=Charts(unwritten=True))
    for one in episode.world.signers[:2]:
        episode.endorse(one)
    report = _check(episode.files())
    assert (report.state, _wrong(report)) == ("unknown", {"charts' beginning"})


def test_a_register_or_policy_of_ones_own_is_what_counts() -> None:
    episode = doubly_endorsed()
    files = episode.files()
    own = {"pinned_register": files["register/1.json"], "pinned_policy": files[evidence.POLICY]}
    assert _check(files, **own).pinned
    stranger = World()
    stranger.committee.key = key("another committee")
    report = _check(files, pinned_register=stranger.register(), pinned_policy=files[evidence.POLICY])
    assert "register" in _wrong(report)
    assert "log" in _wrong(_check(files, pinned_policy=b"quorum none\n"))


@pytest.mark.parametrize("seed", range(4))
def test_any_byte_changed_anywhere_is_never_right_and_never_a_crash(seed: int) -> None:
    chance = random.Random(seed)
    files = doubly_endorsed().files()
    # What a verdict does not rest on: vocabularies for other tools, words of the index, spare cosignatures
    # and spare institutions, proofs' checkpoints among them.
    spare = (
        "contexts/",
        evidence.INDEX,
        "status/5",
        "status/6",
        "status/7",
        "status/8",
        "policy",
        "log/checkpoint",
    )
    names = [one for one in files if not one.startswith(spare) and not one.endswith(".tlog-proof")]
    for _ in range(40):
        name = chance.choice(names)
        mutant = bytearray(files[name])
        mutant[chance.randrange(len(mutant))] ^= 1 << chance.randrange(8)
        assert _check(files | {name: bytes(mutant)}).state == "fails", name


@pytest.mark.parametrize("seed", range(3))
def test_any_bytes_in_the_place_of_a_file_are_never_a_crash(seed: int) -> None:
    chance = random.Random(seed)
    files = doubly_endorsed().files()
    for name in files:
        garbage = chance.choice([b"", b"{}", b"[]", b"\xff" * 40, files[name][: len(files[name]) // 2]])
        try:
            report = _check(files | {name: garbage})
        except BadPayload:
            continue
        assert report.state != "stands" or name.startswith(
            ("contexts/", "status/5", "status/6", "status/7", "status/8")
        ), name


# --- where it lies -------------------------------------------------------------------------------------


def _write(files: dict[str, bytes], root: Path) -> None:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _pack(files: dict[str, bytes], path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            packed = zipfile.ZIP_STORED if name.startswith("media/") else zipfile.ZIP_DEFLATED
            archive.writestr(name, data, packed)


@contextmanager
def _served(files: dict[str, bytes]) -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = files.get(self.path.removeprefix("/episodes/one/proof/"))
            self.send_response(404 if data is None else 200)
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/episodes/one"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_folder_bundle_and_address_say_the_same(tmp_path: Path) -> None:
    files = doubly_endorsed().files()
    _write(files, tmp_path / "folder")
    _pack(files, tmp_path / "bundle.zip")
    reports = []
    with _served(files) as address:
        for target in (str(tmp_path / "folder"), str(tmp_path / "bundle.zip"), address, f"{address}/proof/"):
            with evidence_source.opened(target) as source:
                reports.append(checking.check(source, target="", now=LATER))
    assert [one.state for one in reports] == ["stands"] * 4
    assert len({msgspec.json.encode(one) for one in reports}) == 1


@pytest.mark.parametrize("where", ["folder", "bundle.zip"])
def test_many_segments_are_looked_at_by_processes_that_find_the_same(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    episode = Episode(signed=True)
    for one in episode.world.signers[:2]:
        episode.endorse(one)
    files = episode.files()
    flipped = bytearray(files["media/360p/4.m4s"])
    flipped[-1] ^= 1
    wrong = files | {"media/360p/4.m4s": bytes(flipped), "media/720p/2.m4s": files["media/720p/1.m4s"]}
    wrong.pop("media/360p/0.m4s")
    monkeypatch.setattr(picture, "AT_ONCE", 5)
    for given in (files, wrong):
        (_pack if where.endswith(".zip") else _write)(given, tmp_path / where)
        if given is wrong and where == "folder":
            (tmp_path / "folder/media/360p/0.m4s").unlink()
        reports = []
        for many in (1_000, 1):
            monkeypatch.setattr(picture, "MANY", many)
            with evidence_source.opened(str(tmp_path / where)) as source:
                reports.append(checking.check(source, target="", now=LATER))
        assert reports[0] == reports[1] == _check(given, target="")
        assert reports[0].state == ("stands" if given is files else "fails")


def test_where_there_are_no_processes_to_be_had_threads_find_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no semaphores in this sandbox")

    files = doubly_endorsed().files()
    _write(files, tmp_path / "folder")
    monkeypatch.setattr(picture, "MANY", 1)
    monkeypatch.setattr(picture, "ProcessPoolExecutor", refuse)
    with evidence_source.opened(str(tmp_path / "folder")) as source:
        assert checking.check(source, target="", now=LATER) == _check(files, target="")


# Its children are forked, so they have what was put in here; the first thing that they do is to be killed.
KILLED = """
import os, signal
from quality_creator.actions.check import picture
from quality_creator.cli import main
picture.MANY, parent = 1, os.getpid()
look = picture._look
def killed(*given):
    if os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return look(*given)
picture._look = killed
main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere children are not forked")
def test_when_a_process_that_looks_at_segments_is_killed_nobody_can_tell(tmp_path: Path) -> None:
    _write(doubly_endorsed().files(), tmp_path / "folder")
    command = [sys.executable, "-c", KILLED, "verify", str(tmp_path / "folder")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("qc: a process that looked at segments was ended from outside")
    assert len(done.stderr.splitlines()) == 1


def test_a_bundle_with_any_byte_changed_is_never_a_crash(tmp_path: Path) -> None:
    chance = random.Random(1)
    _pack(doubly_endorsed().files(), tmp_path / "good.zip")
    good = (tmp_path / "good.zip").read_bytes()
    path = tmp_path / "mutant.zip"
    for _ in range(150):
        mutant = bytearray(good)
        mutant[chance.randrange(len(mutant))] ^= 1 << chance.randrange(8)
        path.write_bytes(mutant)
        try:
            with evidence_source.opened(str(path)) as source:
                checking.check(source, target="", now=LATER)
        except (BadInput, BadPayload):
            continue


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../b", "", "a//b", ".hidden", "a\\b"])
def test_a_name_that_leads_out_is_refused(name: str, tmp_path: Path) -> None:
    with evidence_source.opened(str(tmp_path)) as source, pytest.raises(BadPayload):
        source.read(name)


def test_what_is_no_evidence_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        evidence_source.opened(str(tmp_path / "nothing")).__enter__()
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(BadInput):
        evidence_source.opened(str(tmp_path / "text.zip")).__enter__()
    with evidence_source.opened(str(tmp_path)) as source, pytest.raises(BadPayload):
        checking.check(source, target="here", now=LATER)


def test_a_verdict_that_another_version_wrote_says_with_which_it_is_to_be_checked() -> None:
    episode = Episode()
    old = dossier.Software(name="quality-creator", version="0.0.9")
    made = msgspec.structs.replace(dossier.decode(episode.world.dossier), software=old, verdicts=())
    words = _words(_check(episode.files() | {evidence.DOSSIER: made.encode()}))
    assert "quality-creator==0.0.9" in words["charts"]
    ours = msgspec.structs.replace(
        made, software=dossier.Software(name="quality-creator", version=__version__)
    )
    words = _words(_check(episode.files() | {evidence.DOSSIER: ours.encode()}))
    assert "left out of the dossier" in words["charts"]
    assert "quality-creator==" not in words["charts"]
