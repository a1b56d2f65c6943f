"""Time stamps by an authority that is not ours: asked over HTTP, kept in the log, checked by openssl, too."""

import asyncio
import base64
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from quality_creator.actions import checking
from quality_creator.actions.timestamps import Timestamps
from quality_creator.model.errors import BadPayload, Unavailable
from quality_creator.trust import timestamp
from tests.actions.evidence_files import Episode
from tests.actions.publisher import Publisher, publisher
from tests.actions.test_checking import Files
from tests.peers.tsa import Authority, authority


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with authority(tmp_path_factory.mktemp("tsa") / "one") as found:
        yield found


def _stamped(checkpoint: bytes, clock: Authority) -> timestamp.Timestamp:
    headers = {"content-type": "application/timestamp-query"}
    answer = httpx.post(clock.address, content=timestamp.request(checkpoint), headers=headers)
    return timestamp.made(checkpoint, answer.content, "urn:uuid:t")


def _episode(clock: Authority, *, ahead: timedelta = timedelta(0)) -> Episode:
    """An episode whose log was stamped behind its dossier."""
    episode = Episode(at=datetime.now(UTC))
    for one in episode.world.signers[:2]:
        episode.endorse(one)
    note = episode.world.log.checkpoint(episode.world.signers, datetime.now(UTC) + ahead)
    episode._log(_stamped(note, clock).encode(), timestamp.LEAF, "urn:uuid:t")
    return episode


def _check(files: dict[str, bytes], roots: bytes | None) -> tuple[str, checking.Check]:
    report = checking.check(Files(files), target="", now=datetime.now(UTC), time_authority=roots)
    return report.state, next(one for one in report.checks if one.name == "time stamps")


def test_a_stamp_says_when_the_dossier_was_in_the_log(clock: Authority) -> None:
    files = _episode(clock).files()
    state, found = _check(files, clock.root.read_bytes())
    assert (state, found.outcome) == ("stands", "right")
    assert found.words.startswith("1; the dossier was logged before 20")
    assert _check(files, None)[1].outcome == "absent"


def test_a_stamp_by_somebody_else_is_refused(clock: Authority, tmp_path: Path) -> None:
    with authority(tmp_path / "other") as other:
        state, found = _check(_episode(clock).files(), other.root.read_bytes())
    assert (state, found.outcome) == ("fails", "wrong")


def test_a_stamp_from_before_the_witnesses_saw_its_checkpoint_is_refused(
    clock: Authority,
) -> None:
    episode = _episode(clock, ahead=timedelta(minutes=5))
    assert "before its witnesses saw it" in _check(episode.files(), None)[1].words


def test_a_stamp_over_something_else_is_refused(clock: Authority) -> None:
    found = _stamped(b"a checkpoint", clock)
    other = msgspec.structs.replace(found, checkpoint="another checkpoint")
    assert timestamp.check(found, timestamp.authorities(clock.root.read_bytes())) <= datetime.now(UTC)
    for roots in ((), timestamp.authorities(clock.root.read_bytes())):
        with pytest.raises(BadPayload):
            timestamp.check(other, roots)


def test_any_byte_of_an_answer_changed_is_refused_and_never_a_crash(clock: Authority) -> None:
    found = _stamped(b"a checkpoint", clock)
    roots = timestamp.authorities(clock.root.read_bytes())
    good = base64.b64decode(found.response)
    at = timestamp.check(found, roots)
    for place in range(0, len(good), 7):
        mutant = bytearray(good)
        mutant[place] ^= 4
        changed = msgspec.structs.replace(found, response=base64.b64encode(mutant).decode())
        try:
            said = timestamp.check(changed, roots)
        except BadPayload:
            continue
        assert said == at, "what is not signed may differ; what is said may not"


def test_openssl_verifies_what_a_bundle_holds(clock: Authority, tmp_path: Path) -> None:
    found = _stamped(b"a checkpoint\n", clock)
    (tmp_path / "checkpoint").write_text(found.checkpoint)
    (tmp_path / "response.tsr").write_bytes(base64.b64decode(found.response))
    command = ["openssl", "ts", "-verify", "-data", "checkpoint", "-in", "response.tsr"]
    command += ["-CAfile", str(clock.root)]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "checkpoint").write_text("another\n")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_a_hub_has_its_newest_checkpoint_stamped_and_stops_when_nothing_is_new(
    clock: Authority, tmp_path: Path
) -> None:
    async def act(made: Publisher) -> None:
        ledger = made.hub.ledger
        async with httpx.AsyncClient() as client:
            stamps = Timestamps(ledger, client, clock.address)
            status = ledger.status()
            await ledger.seen(status.size + status.waiting - 1, 10)
            index = await stamps.step()
            assert index is not None
            await ledger.seen(index, 10)
            [entry] = await ledger.about(ledger.origin, timestamp.LEAF)
            assert entry.document is not None
            timestamp.check(timestamp.decode(entry.document), timestamp.authorities(clock.root.read_bytes()))
            assert await stamps.step() is None
            with pytest.raises(Unavailable):
                await Timestamps(ledger, client, "http://127.0.0.1:9/").step()

    async def around() -> None:
        async with publisher(tmp_path) as made:
            await act(made)

    asyncio.run(around())
