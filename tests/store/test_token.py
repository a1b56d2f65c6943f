"""Keys in a token: SoftHSM as a real PKCS#11 module, driven by the commands that authorities use."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from quality_creator.model.errors import BadInput
from quality_creator.store import token
from quality_creator.trust import dissent, endorsement, multikey, register, status_list
from tests.peers.packages import need
from tests.trust.authorities import a_dossier

PIN = "831774"
MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
INSPECTION = ("--as", "did:web:inspect.example")


def qc(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A command as an authority runs it that has the extra `pkcs11`."""
    command = [sys.executable, "-m", "quality_creator", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where a key would be in a new token, whose PIN is in the environment."""
    pytest.importorskip("pkcs11", reason="needs the extra `pkcs11`")
    need("softhsm2")
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    made = ["softhsm2-util", "--init-token", "--free", "--label", "inspect", "--pin", PIN, "--so-pin"]
    made.append("904471")
    subprocess.run(made, check=True, capture_output=True)
    monkeypatch.setenv(token.PIN, PIN)
    return f"pkcs11:token=inspect;object=endorsements?module-path={MODULE}"


def test_an_authority_endorses_takes_back_and_dissents_with_a_key_that_never_leaves_its_token(
    address: str, tmp_path: Path
) -> None:
    made = qc("register", "key", address, *INSPECTION)
    assert made.returncode == 0, made.stderr
    assert "does not leave the token" in made.stdout
    named = next(line for line in made.stdout.splitlines() if line.startswith("multikey: "))[10:]
    public = multikey.decode(named)
    (tmp_path / "dossier.json").write_bytes(a_dossier().encode())
    key = ("--key", address, *INSPECTION)
    book = ("--book", tmp_path / "book.json")
    words = ("--name", "Inspect", "--comment", "Reviewed.", "--out", tmp_path / "e.json")
    without = qc("endorse", tmp_path / "dossier.json", *key, *words)
    assert (without.returncode, "--book" in without.stderr) == (2, True)
    said = qc("endorse", tmp_path / "dossier.json", *key, *words, *book)
    assert said.returncode == 0, said.stderr
    given = endorsement.read((tmp_path / "e.json").read_bytes())
    given.verify(public)
    out = ("--reason", "why", "--out", tmp_path / "c.json")
    assert qc("endorsement", "change", given.id, "revoked", *key, *book, *out).returncode == 0
    endorsement.read_change((tmp_path / "c.json").read_bytes()).made.verify(public)
    assert qc("endorsement", "renew", *key, *book, "--out", tmp_path / "list").returncode == 0
    listed = status_list.read((tmp_path / "list-1.json").read_bytes())
    listed.made.verify(public)
    assert listed.set_at(given.status[0].index)
    against = ("--reason", "why", "--out", tmp_path / "d.json")
    assert qc("dissent", tmp_path / "dossier.json", *key, *against).returncode == 0
    dissent.read((tmp_path / "d.json").read_bytes()).made.verify(public)


def test_a_committee_signs_the_register_with_a_key_in_a_token(address: str, tmp_path: Path) -> None:
    made = qc("register", "key", address, "--as", "did:web:committee.example")
    named = next(line for line in made.stdout.splitlines() if line.startswith("multikey: "))[10:]
    (tmp_path / "draft.json").write_text(
        '{"quorum":1,"authorities":['
        + ",".join(
            f'{{"id":"did:web:{who}.example","role":"{role}","name":{{"zh-Hans":"机构","en":"{who}"}},'
            f'"keys":[{{"multikey":"{key}","from":"2026-01-01T00:00:00Z"}}]}}'
            for who, role, key in (
                ("committee", "committee", named),
                ("inspect", "inspection", "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"),
            )
        )
        + "]}"
    )
    out = tmp_path / "register.json"
    key = ("--key", address, "--as", "did:web:committee.example")
    signed = qc("register", "sign", tmp_path / "draft.json", *key, "--out", out)
    assert signed.returncode == 0, signed.stderr
    assert register.first(out.read_bytes()).register.committee.keys[0].multikey == named


def _python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A process of its own: within one, a token asks for its PIN once."""
    command = [
        sys.executable,
        "-c",
        "import sys\nfrom quality_creator.store import token\n" + code,
        *arguments,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_key_in_a_token_is_used_as_any_other_and_can_not_be_had(address: str) -> None:
    made = _python("print(token.create(*sys.argv[1:]).public_key().public_bytes_raw().hex())", address, PIN)
    assert made.returncode == 0, made.stderr
    used = _python(
        """
import copy
key = token.load(*sys.argv[1:])
key.public_key().verify(key.sign(b"words"), b"words")
assert copy.deepcopy(key) is key
print(key.public_key().public_bytes_raw().hex())
try:
    key.private_bytes_raw()
except Exception as error:
    print(error)
""",
        address,
        PIN,
    )
    assert used.stdout.splitlines() == [made.stdout.strip(), "a key in a token does not leave it"]
    again = _python("token.create(*sys.argv[1:])", address, PIN)
    assert "Conflict: the token has a key called 'endorsements' already" in again.stderr


def test_what_is_not_there_or_not_allowed_is_said_and_the_pin_is_in_no_words(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert qc("register", "key", address, *INSPECTION).returncode == 0
    for where, pin, words in (
        (address, "000000", "the token's PIN is another"),
        (address.replace("=endorsements", "=other"), PIN, "has no Ed25519 key called 'other'"),
        (address.replace("=inspect", "=other"), PIN, "knows no token called 'other'"),
        (address.replace("softhsm2.so", "none.so"), PIN, "libnone.so"),
    ):
        monkeypatch.setenv(token.PIN, pin)
        said = qc("endorsement", "list", "--key", where, *INSPECTION)
        assert (said.returncode, len(said.stderr.splitlines())) == (2, 1), said.stderr
        assert words in said.stderr
        assert pin not in said.stderr
    monkeypatch.delenv(token.PIN)
    silent = qc("endorsement", "list", "--key", address, *INSPECTION)
    assert (silent.returncode, token.PIN in silent.stderr) == (2, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pkcs11:token=a;object=b?module-path=/m.so&pin-value=1234", "does not stand in an address"),
        ("pkcs11:token=a;object=b", "lacks module-path"),
        ("pkcs11:", "is not read"),
        ("pkcs11:token=a;object=b;serial=1?module-path=/m.so", "'serial' is not read"),
    ],
)
def test_an_address_says_all_and_no_pin(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words) as refused:
        token.parse(text)
    assert "1234" not in str(refused.value)


def test_an_address_is_read_as_rfc_7512_has_it() -> None:
    found = token.parse("pkcs11:token=Our%20card;object=sign?module-path=/usr/lib/a%2Fb.so")
    assert found == token.Address(f"{os.sep}usr/lib/a/b.so", "Our card", "sign")
