"""Keys on the disk: whole or not at all, readable by their owner alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from quality_creator.model.errors import BadInput, Conflict, NotFound
from quality_creator.store.keys import Keys, PrivateKey, passphrase


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "data" / "keys")


def public(key: PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_key_is_made_once_and_is_the_same_ever_after(keys: Keys) -> None:
    made = keys.own_ed25519("log")
    again = Keys(keys.folder).own_ed25519("log")
    assert public(made) == public(again) == public(keys.ed25519("log"))
    assert public(keys.own_p256("hub")) == public(keys.p256("hub"))
    assert keys.names() == ["hub", "log"]
    assert [keys.kind(name) for name in keys.names()] == ["p-256", "ed25519"]


def test_only_the_owner_may_read_whatever_the_umask(keys: Keys) -> None:
    before = os.umask(0)
    try:
        keys.create_ed25519("log")
    finally:
        os.umask(before)
    assert (mode(keys.folder), mode(keys.folder / "log.key")) == (0o700, 0o600)
    assert [path.name for path in keys.folder.iterdir()] == ["log.key"]  # nothing else is left behind


def test_a_key_that_is_there_is_never_replaced(keys: Keys) -> None:
    made = keys.create_ed25519("log")
    with pytest.raises(Conflict, match="not replaced"):
        keys.create_ed25519("log")
    assert public(keys.ed25519("log")) == public(made)


def test_a_key_that_is_not_there_is_named(keys: Keys) -> None:
    with pytest.raises(NotFound, match=r"log\.key"):
        keys.ed25519("log")
    assert keys.names() == []
    assert not keys.folder.exists()


@pytest.mark.parametrize("loose", [0o640, 0o604, 0o660, 0o601])
def test_a_key_that_others_may_touch_is_refused(keys: Keys, loose: int) -> None:
    keys.create_ed25519("log")
    (keys.folder / "log.key").chmod(loose)
    with pytest.raises(BadInput, match="chmod 600"):
        keys.ed25519("log")
    with pytest.raises(BadInput, match="chmod 600"):
        keys.own_ed25519("log")


def test_a_folder_that_others_may_look_into_is_refused(keys: Keys) -> None:
    keys.create_ed25519("log")
    keys.folder.chmod(0o750)
    for use in (lambda: keys.ed25519("log"), lambda: keys.create_p256("hub"), keys.names):
        with pytest.raises(BadInput, match="chmod 700"):
            use()


def test_a_link_is_no_key(keys: Keys, tmp_path: Path) -> None:
    keys.create_ed25519("log")
    (keys.folder / "other.key").symlink_to(keys.folder / "log.key")
    with pytest.raises(BadInput, match="plain file"):
        keys.ed25519("other")


@pytest.mark.parametrize("name", ["", "../log", "a/b", "Log", ".", "x" * 65, "log\n"])
def test_names_do_not_lead_elsewhere(keys: Keys, name: str) -> None:
    with pytest.raises(BadInput, match="can't be called"):
        keys.own_ed25519(name)


def test_a_passphrase_encrypts_and_another_one_does_not_open(keys: Keys) -> None:
    secret = Keys(keys.folder, b"correct horse")
    made = secret.create_p256("hub")
    assert b"ENCRYPTED" in (keys.folder / "hub.key").read_bytes()
    assert public(Keys(keys.folder, b"correct horse").p256("hub")) == public(made)
    with pytest.raises(BadInput, match="passphrase is another") as refused:
        Keys(keys.folder, b"battery staple").p256("hub")
    assert "battery" not in str(refused.value)
    with pytest.raises(BadInput, match="passphrase_file"):
        keys.p256("hub")


def test_keys_from_before_the_passphrase_are_encrypted_by_a_command_and_stay_the_same(keys: Keys) -> None:
    made = keys.create_ed25519("log")
    secret = Keys(keys.folder, b"correct horse")
    with pytest.raises(BadInput, match="qc keys encrypt"):
        secret.ed25519("log")
    secret.create_p256("hub")
    assert secret.encrypt() == ["log"]
    assert public(secret.ed25519("log")) == public(made)
    assert mode(keys.folder / "log.key") == 0o600
    assert secret.encrypt() == []


def test_what_is_no_key_of_ours_is_refused_in_words(keys: Keys) -> None:
    made = keys.create_ed25519("log")
    path = keys.folder / "log.key"
    whole = path.read_bytes()
    other = rsa.generate_private_key(65537, 2048)
    curve = ec.generate_private_key(ec.SECP384R1())
    pems = [k.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) for k in (other, curve)]
    for data in (b"", whole[:40], whole[:-40], b"\0" * 500, whole.replace(b"PRIVATE", b"PUBLIC"), *pems):
        path.write_bytes(data)
        with pytest.raises(BadInput, match=r"log\.key"):
            keys.ed25519("log")
    path.write_bytes(whole)
    assert public(keys.ed25519("log")) == public(made)
    with pytest.raises(BadInput, match="a P-256 key is needed"):
        keys.p256("log")


def test_guessing_a_passphrase_costs_as_many_rounds_as_it_should(keys: Keys) -> None:
    guarded = Keys(keys.folder, b"correct horse")
    made = {"log": guarded.create_ed25519("log"), "hub": guarded.create_p256("hub")}
    for name, key in made.items():
        file = str(keys.folder / f"{name}.key")
        shown = subprocess.run(["openssl", "asn1parse", "-in", file], capture_output=True, check=True)
        assert b":PBES2" in shown.stdout
        assert b":hmacWithSHA256" in shown.stdout
        assert f"INTEGER           :{600_000:06X}".encode() in shown.stdout
        read = ["openssl", "pkey", "-in", file, "-passin", "stdin", "-pubout", "-outform", "DER"]
        found = subprocess.run(read, input=b"correct horse\n", capture_output=True, check=True)
        assert found.stdout == public(key)


def test_openssl_reads_them(keys: Keys) -> None:
    keys.create_p256("hub")
    answer = subprocess.run(
        ["openssl", "pkey", "-in", str(keys.folder / "hub.key"), "-noout", "-text"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "prime256v1" in answer.stdout


def test_many_processes_that_begin_at_once_agree_on_one_key(keys: Keys) -> None:
    program = (
        "import sys, pathlib; from quality_creator.store.keys import Keys; "
        "print(Keys(pathlib.Path(sys.argv[1])).own_ed25519('log').public_key().public_bytes_raw().hex())"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(keys.folder)], stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    said = {process.communicate()[0] for process in running}
    assert len(said) == 1
    assert isinstance(keys.ed25519("log"), Ed25519PrivateKey)
    assert len(list(keys.folder.iterdir())) == 1


def test_certificates_stand_beside_their_key(keys: Keys) -> None:
    keys.create_p256("hub")
    assert keys.certificates("hub") is None
    keys.keep_certificates("hub", b"one")
    keys.keep_certificates("hub", b"two")
    assert keys.certificates("hub") == b"two"
    assert keys.names() == ["hub"]


def test_a_passphrase_comes_from_a_file_or_the_environment_and_is_never_in_an_error(tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_text("correct horse\nmore\n")
    file.chmod(0o644)
    with pytest.raises(BadInput, match="chmod 600") as loose:
        passphrase(file, "")
    file.chmod(0o600)
    assert passphrase(file, "") == b"correct horse"
    assert passphrase(None, "QC_SECRET", {"QC_SECRET": "staple"}) == b"staple"
    assert passphrase(None, "") is None
    with pytest.raises(BadInput, match="both given"):
        passphrase(file, "QC_SECRET", {"QC_SECRET": "staple"})
    with pytest.raises(BadInput, match="not set"):
        passphrase(None, "QC_SECRET", {})
    with pytest.raises(BadInput, match="No such file"):
        passphrase(tmp_path / "none", "")
    assert "horse" not in str(loose.value)
