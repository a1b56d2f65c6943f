"""`qc verify` and `qc bundle` as people run them: with the base installation, and with the network cut."""

import asyncio
import json
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quality_creator import cli
from tests.actions.evidence_files import Episode, doubly_endorsed
from tests.actions.logs import LOG, grow

# What `pip install quality-creator` does not bring, and the network, fail as soon as they are touched: every
# distribution that is installed here and that no base dependency asks for.
BASE_ONLY = """
import re, socket, sys
from importlib import metadata
def named(requirement):
    return re.match(r"[A-Za-z0-9._-]+", requirement)[0].lower().replace("_", "-").replace(".", "-")
brought, asked = {"quality-creator"}, ["quality-creator"]
while asked:
    try:
        needs = metadata.requires(asked.pop()) or ()
    except metadata.PackageNotFoundError:
        continue
    new = {named(one) for one in needs if "extra ==" not in one} - brought
    brought |= new
    asked += new
class Missing:
    names = {module for module, owners in metadata.packages_distributions().items()
             if not {named(one) for one in owners} & brought} - sys.stdlib_module_names
    assert {"starlette", "sqlalchemy", "av", "httpx", "c2pa", "pyarrow"} <= names
    assert not {"numpy", "scipy", "msgspec", "cryptography", "cbor2"} & names
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ImportError(f"{name} is not in the base installation")
sys.meta_path.insert(0, Missing())
def cut(*_, **__):
    raise OSError("the network is cut")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = cut
from quality_creator.cli import main
main()
"""


def _qc(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BASE_ONLY, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def episode() -> Episode:
    return doubly_endorsed(datetime.now(UTC))


def _folder(episode: Episode, root: Path, *, media: bool = True) -> Path:
    for name, data in episode.files(media=media).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def test_a_bundle_is_made_and_checked_offline(episode: Episode, tmp_path: Path) -> None:
    folder = _folder(episode, tmp_path / "folder")
    made = _qc("bundle", folder, tmp_path / "episode.zip", "--with-media")
    assert made.returncode == 0, made.stderr
    said = _qc("verify", tmp_path / "episode.zip")
    assert said.returncode == 0, said.stdout + said.stderr
    assert "The double endorsement stands" in said.stdout
    assert "12 segments are the ones of the dossier" in said.stdout
    report = json.loads(_qc("verify", tmp_path / "episode.zip", "--json").stdout)
    assert (report["state"], len(report["endorsements"])) == ("stands", 2)


def test_a_dossier_is_shown_with_what_is_in_it_and_what_is_not_right(
    episode: Episode, tmp_path: Path
) -> None:
    folder = _folder(episode, tmp_path, media=False)
    said = _qc("dossier", "show", folder)
    assert said.returncode == 0, said.stderr
    assert "chart         xbar-r (xbar-r): 72 measured, 1 outside the specification, 3 signals" in said.stdout
    assert "look at this: xbar-r: 72 measured, 1 outside the specification, 3 signals" in said.stdout
    (folder / "verdicts" / "xbar-r.json").write_bytes(b"{}")
    said = _qc("dossier", "show", folder)
    assert "NOT RIGHT: charts: xbar-r: not the verdict that was endorsed" in said.stdout
    assert "72 measured" not in said.stdout


def test_a_dissent_is_said_beside_the_verdict(episode: Episode, tmp_path: Path) -> None:
    episode.dissent(episode.world.institutions[1])
    said = _qc("verify", _folder(episode, tmp_path, media=False))
    assert said.returncode == 0, said.stdout
    assert "1 of the authorities dissent" in said.stdout
    assert "inst2.example (inspection institution): does not vouch for it" in said.stdout
    assert "a gauge was not calibrated" in said.stdout


def test_a_bundle_has_what_foreign_tools_need_and_is_always_the_same(
    episode: Episode, tmp_path: Path
) -> None:
    folder = _folder(episode, tmp_path / "folder")
    for name in ("one.zip", "two.zip"):
        assert _qc("bundle", folder, tmp_path / name).returncode == 0
    with zipfile.ZipFile(tmp_path / "one.zip") as one, zipfile.ZipFile(tmp_path / "two.zip") as two:
        names = one.namelist()
        same = {name for name in names if one.read(name) == two.read(name)}
    assert set(names) - same == {"VERIFY.txt"}  # which says the bundle's name
    assert {"VERIFY.txt", "contexts/1.json", "policy", "log/checkpoint", "dossier.json.tlog-proof"} <= set(
        names
    )
    assert not any(name.startswith("media/") for name in names)


def test_without_a_reader_the_table_is_compared_by_its_digest_and_that_is_said(
    episode: Episode, tmp_path: Path
) -> None:
    folder = _folder(episode, tmp_path / "folder", media=False)
    said = _qc("verify", folder)
    assert said.returncode == 0, said.stdout
    assert "install quality-creator[parquet]" in " ".join(said.stdout.split())
    table = folder / "measurements.parquet"
    table.write_bytes(table.read_bytes() + b"x")
    assert "not the table that was endorsed" in _qc("verify", folder).stdout


def test_a_log_its_draws_and_the_signing_page_need_no_more_than_the_base(tmp_path: Path) -> None:
    asyncio.run(grow(tmp_path, 1, 2, 3))
    log = tmp_path / "objects" / "log"
    said = _qc("log", "fsck", log, "--log", LOG)
    assert (said.returncode, said.stdout.split(",")[0]) == (0, "3 entries"), said.stderr
    said = _qc("draw", "check", log, "--log", LOG)
    assert (said.returncode, said.stdout) == (0, "the log has no lots\n"), said.stderr
    said = _qc("signing-page", tmp_path / "page.html")
    built = "built without its front end" not in said.stderr  # which is made apart from the tests
    assert said.returncode == (0 if built else 2), said.stderr
    assert _qc("--help").returncode == 0


@pytest.mark.parametrize("command", cli.ALONE)
def test_a_command_that_starts_alone_is_the_one_that_all_of_them_have(command: str) -> None:
    start = f"from quality_creator import cli; cli.load({{}}); cli.app(['{command}', '--help'])"
    said = [
        subprocess.run(
            [sys.executable, "-c", start.format(given)], capture_output=True, text=True, check=True
        ).stdout
        for given in (f"'{command}'", "")
    ]
    assert said[0] == said[1]
    assert f"qc {command}" in said[0]


def test_a_changed_segment_makes_exit_code_1(episode: Episode, tmp_path: Path) -> None:
    folder = _folder(episode, tmp_path / "folder")
    segment = folder / "media" / "720p" / "2.m4s"
    segment.write_bytes(segment.read_bytes()[:-1] + b"x")
    said = _qc("verify", folder)
    assert said.returncode == 1
    assert "segment 2 of 720p is not the one that was aired" in said.stdout
    assert _qc("verify", folder, "--no-media").returncode == 0


def test_revoking_one_endorsement_makes_exit_code_1(episode: Episode, tmp_path: Path) -> None:
    episode.world.institutions[0].revoked.add(1)
    said = _qc("verify", _folder(episode, tmp_path))
    assert said.returncode == 1
    assert "revoked" in said.stdout
    assert "does not count" in said.stdout


def test_old_status_lists_make_exit_code_2(tmp_path: Path) -> None:
    said = _qc("verify", _folder(doubly_endorsed(datetime(2026, 9, 1, 10, tzinfo=UTC)), tmp_path))
    assert said.returncode == 2
    assert "can't be told" in said.stdout


def test_a_policy_of_ones_own_is_used(episode: Episode, tmp_path: Path) -> None:
    folder = _folder(episode, tmp_path / "folder")
    own = tmp_path / "own-policy"
    own.write_text("quorum none\n")
    assert _qc("verify", folder, "--policy", own).returncode == 1


def test_what_is_no_evidence_makes_exit_code_2_and_one_line(tmp_path: Path) -> None:
    said = _qc("verify", tmp_path)
    assert said.returncode == 2
    assert said.stderr.startswith("qc: ")
    assert len(said.stderr.splitlines()) == 1
