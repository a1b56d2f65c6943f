"""The desk of those who sign: offline, with the base installation, with a key that nobody else has."""

import hashlib
import json
import re
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quality_creator.model.errors import BadPayload
from quality_creator.trust import dissent, dossier, endorsement, enrolment, multikey, register, status_list
from tests.cli.test_verify import _qc as qc
from tests.trust.authorities import a_dossier

INSPECTION = ("--as", "did:web:inspect.example")
COMMITTEE = ("--as", "did:web:committee.example")


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with both keys, a register and a dossier."""
    keys = {}
    for name, who in (("inspection", INSPECTION), ("committee", COMMITTEE)):
        made = qc("register", "key", tmp_path / name / "own.key", *who)
        assert made.returncode == 0, made.stderr
        keys[name] = next(line for line in made.stdout.splitlines() if line.startswith("multikey: "))[10:]
    draft = {
        "quorum": 1,
        "authorities": [
            {
                "id": f"did:web:{host}.example",
                "role": name,
                "name": {"zh-Hans": "机构", "en": host},
                "keys": [{"multikey": keys[name], "from": "2026-01-01T00:00:00Z"}],
            }
            for name, host in (("committee", "committee"), ("inspection", "inspect"))
        ],
    }
    (tmp_path / "draft.json").write_text(json.dumps(draft), encoding="utf-8")
    (tmp_path / "dossier.json").write_bytes(a_dossier().encode())
    return tmp_path


def _endorse(desk: Path, *more: str | Path) -> "endorsement.Endorsement":
    key = ("--key", desk / "inspection" / "own.key", *INSPECTION)
    words = ("--name", "Inspect", "--comment", "Reviewed.", "--out", desk / "endorsement.json")
    made = qc("endorse", desk / "dossier.json", *key, *words, *more)
    assert made.returncode == 0, made.stderr
    assert dossier.digest_sri((desk / "dossier.json").read_bytes()) in made.stdout
    return endorsement.read((desk / "endorsement.json").read_bytes())


def test_a_register_is_signed_and_shown(desk: Path) -> None:
    key = ("--key", desk / "committee" / "own.key", *COMMITTEE)
    made = qc("register", "sign", desk / "draft.json", *key, "--out", desk / "register.json")
    assert made.returncode == 0, made.stderr
    accepted = register.first((desk / "register.json").read_bytes())
    shown = qc("register", "show", desk / "register.json").stdout
    assert accepted.digest in shown
    assert "did:web:inspect.example" in shown


def test_what_is_endorsed_is_the_dossiers_digest_and_the_key_stays_its_owners(desk: Path) -> None:
    made = _endorse(desk)
    assert made.digest == dossier.digest_sri((desk / "dossier.json").read_bytes())
    listed = "https://column.example/status/inspect.example"
    assert [one.address for one in made.status] == [listed, f"{listed}/suspension"]
    assert stat.S_IMODE((desk / "inspection" / "own.key").stat().st_mode) == 0o600
    assert b"PRIVATE" not in (desk / "endorsement.json").read_bytes()


def test_an_endorsement_is_taken_back_in_the_log_and_in_the_list(desk: Path) -> None:
    first, second = _endorse(desk), _endorse(desk)
    key = ("--key", desk / "inspection" / "own.key", *INSPECTION)
    done = qc("endorsement", "change", first.id, "revoked", *key, "--reason", "why", "--out", desk / "c.json")
    assert done.returncode == 0, done.stderr
    change = endorsement.read_change((desk / "c.json").read_bytes())
    assert (change.endorsement, change.status) == (first.id, "revoked")
    assert qc("endorsement", "renew", *key, "--out", desk / "list").returncode == 0
    listed = status_list.read((desk / "list-1.json").read_bytes())
    assert [listed.set_at(one.status[0].index) for one in (first, second)] == [True, False]
    assert "revoked" in qc("endorsement", "list", *key).stdout
    again = qc(
        "endorsement", "change", first.id, "reinstated", *key, "--reason", "x", "--out", desk / "d.json"
    )
    assert (again.returncode, "stays so" in again.stderr) == (2, True)


def test_a_suspension_stands_in_its_own_list_and_ends(desk: Path) -> None:
    made = _endorse(desk)
    key = ("--key", desk / "inspection" / "own.key", *INSPECTION)
    for status, expected in (("suspended", True), ("reinstated", False)):
        out = ("--reason", "why", "--out", desk / "c.json")
        assert qc("endorsement", "change", made.id, status, *key, *out).returncode == 0
        again = qc("endorsement", "change", made.id, status, *key, *out)
        assert (again.returncode, "already" in again.stderr) == (2, True)
        assert qc("endorsement", "renew", *key, "--out", desk / "list").returncode == 0
        revocations, suspensions = (
            status_list.read((desk / f"list-{number}.json").read_bytes()) for number in (1, 2)
        )
        place = made.status[1]
        assert (suspensions.purpose, suspensions.address) == ("suspension", place.address)
        assert [one.set_at(place.index) for one in (revocations, suspensions)] == [False, expected]


def test_an_encrypted_key_is_opened_by_its_passphrase_which_is_in_no_words(desk: Path) -> None:
    secret = desk / "passphrase"
    secret.write_text("correct horse battery\n")
    secret.chmod(0o600)
    key = desk / "locked" / "own.key"
    made = qc("register", "key", key, *INSPECTION, "--passphrase-file", secret)
    assert made.returncode == 0, made.stderr
    asked = ("endorsement", "list", "--key", key, *INSPECTION)
    silent = qc(*asked)
    assert (silent.returncode, "--passphrase-file" in silent.stderr) == (2, True)
    assert qc(*asked, "--passphrase-file", secret).returncode == 0
    secret.write_text("another\n")
    wrong = qc(*asked, "--passphrase-file", secret)
    assert (wrong.returncode, "the passphrase is another" in wrong.stderr) == (2, True)
    assert "another\n" not in wrong.stderr.replace("is another", "")
    assert b"ENCRYPTED" in key.read_bytes()


def test_a_dissent_is_signed_at_the_same_desk_and_is_no_endorsement(desk: Path) -> None:
    key = ("--key", desk / "inspection" / "own.key", *INSPECTION)
    made = qc("dissent", desk / "dossier.json", *key, "--reason", "not calibrated", "--out", desk / "d.json")
    assert made.returncode == 0, made.stderr
    data = (desk / "d.json").read_bytes()
    said = dissent.read(data)
    assert said.digest == dossier.digest_sri((desk / "dossier.json").read_bytes())
    assert (said.issuer, said.reason) == ("did:web:inspect.example", "not calibrated")
    with pytest.raises(BadPayload):
        endorsement.read(data)


def test_the_signing_page_is_one_file_that_may_load_nothing(tmp_path: Path) -> None:
    made = qc("signing-page", tmp_path / "page.html")
    assert made.returncode == 0, made.stderr
    page = (tmp_path / "page.html").read_bytes()
    assert hashlib.sha256(page).hexdigest() in made.stdout
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page.decode())
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert not re.search(
        rb"(?:src|href)=[\"']|url\(|@import|fetch\(|XMLHttpRequest|WebSocket|sendBeacon", page
    )


def test_what_is_no_dossier_is_not_endorsed(desk: Path) -> None:
    (desk / "dossier.json").write_bytes(b'{"type": "dossier/1"}')
    key = ("--key", desk / "inspection" / "own.key", *INSPECTION)
    refused = qc("endorse", desk / "dossier.json", *key, "--name", "x", "--comment", "x")
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 1


def test_an_institution_says_whose_key_it_is_and_that_it_is_so_no_more(desk: Path) -> None:
    key = ("--key", desk / "inspection" / "own.key", *INSPECTION)
    committee = ("--key", desk / "committee" / "own.key", *COMMITTEE)
    made = qc("register", "sign", desk / "draft.json", *committee, "--out", desk / "register.json")
    accepted = register.first((desk / "register.json").read_bytes())
    who = multikey.did_key(Ed25519PrivateKey.generate().public_key())
    for command, state in (("approve", "approved"), ("revoke", "revoked")):
        made = qc("expert", command, who, "--name", "Wang", *key, "--out", desk / "expert.json")
        assert made.returncode == 0, made.stderr
        told = enrolment.decode((desk / "expert.json").read_bytes())
        told.verify(accepted)
        assert (told.enrolment.expert, told.enrolment.state, told.enrolment.name) == (who, state, "Wang")
    wrong = qc("expert", "approve", who[:-1], "--name", "Wang", *key, "--out", desk / "expert.json")
    assert wrong.returncode == 2
