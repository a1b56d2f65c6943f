"""Private keys as files that only their owner may read: made once, never overwritten, never shown.

    keys/                        mode 0700
    keys/<name>.key              mode 0600, PKCS#8 PEM, encrypted where a passphrase is configured
    keys/<name>.pem              the certificates that belong to it, for anyone

A file that others may read is refused rather than mended: who could read it may have read it. A new key is
written whole under another name, synced, and linked into its place, so that no crash and no second process
leaves half a key or replaces one.
"""

import os
import re
import secrets
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from quality_creator.model.errors import BadInput, Conflict, NotFound
from quality_creator.store import pkcs8
from quality_creator.store.disk import make_folder, sync_folder

FOLDER = "keys"
"""Within the data folder."""

LONGEST = 16_384
"""Bytes that a key's file may have; a real one has less than a kilobyte."""

PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey
Kind = Literal["ed25519", "p-256"]
"""P-256 where WebCrypto or C2PA must verify; Ed25519 for log, witnesses and credentials."""

_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?")
_SUFFIX = ".key"
_PUBLIC = ".pem"
_LOOSE = stat.S_IRWXG | stat.S_IRWXO
_Key = TypeVar("_Key", Ed25519PrivateKey, EllipticCurvePrivateKey)


class Keys:
    """The keys of one folder. Every call blocks on the disk and may come from any thread."""

    def __init__(self, folder: Path, passphrase: bytes | None = None) -> None:
        """Nothing is touched yet.

        Args:
            folder: `<data>/keys` for a hub; a witness or an expert has one of their own.
            passphrase: Encrypts what is created; then what is loaded must be encrypted by it, too.
        """
        self.folder = folder
        self._passphrase = passphrase

    def names(self) -> list[str]:
        """All keys, by name. Raises BadInput when others may look into the folder."""
        if not self.folder.is_dir():
            return []
        self._check_folder()
        return sorted(path.name.removesuffix(_SUFFIX) for path in self.folder.glob(f"*{_SUFFIX}"))

    def ed25519(self, name: str) -> Ed25519PrivateKey:
        """A key by its name. Raises NotFound when there is none, BadInput when it can't be used."""
        key = self._read(name)
        if not isinstance(key, Ed25519PrivateKey):
            raise BadInput(f"{self._path(name)}: a P-256 key where an Ed25519 key is needed")
        return key

    def p256(self, name: str) -> EllipticCurvePrivateKey:
        """A key by its name. Raises NotFound when there is none, BadInput when it can't be used."""
        key = self._read(name)
        if not isinstance(key, EllipticCurvePrivateKey):
            raise BadInput(f"{self._path(name)}: an Ed25519 key where a P-256 key is needed")
        return key

    def create_ed25519(self, name: str) -> Ed25519PrivateKey:
        """A new key, on the disk when this returns. Raises Conflict when there is one, BadInput."""
        return self._create(name, Ed25519PrivateKey.generate)

    def create_p256(self, name: str) -> EllipticCurvePrivateKey:
        """A new key, on the disk when this returns. Raises Conflict when there is one, BadInput."""
        return self._create(name, lambda: generate_private_key(SECP256R1()))

    def own_ed25519(self, name: str) -> Ed25519PrivateKey:
        """The key of this name, made now if there is none. Raises BadInput when it can't be used."""
        return self._own(lambda: self.ed25519(name), lambda: self.create_ed25519(name))

    def own_p256(self, name: str) -> EllipticCurvePrivateKey:
        """The key of this name, made now if there is none. Raises BadInput when it can't be used."""
        return self._own(lambda: self.p256(name), lambda: self.create_p256(name))

    def kind(self, name: str) -> Kind:
        """Which kind of key a name stands for. Raises NotFound or BadInput."""
        return "ed25519" if isinstance(self._read(name), Ed25519PrivateKey) else "p-256"

    def certificates(self, name: str) -> bytes | None:
        """The PEM that was kept beside a key; None when there is none. Raises BadInput."""
        path = self._path(name).with_suffix(_PUBLIC)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BadInput(f"{path}: {error.strerror}") from error

    def keep_certificates(self, name: str, pem: bytes) -> None:
        """Keep PEM beside a key that is there, in the place of what was kept before. Raises BadInput."""
        self._check_folder()
        self._write(self._path(name).with_suffix(_PUBLIC), pem, replace=True)

    def encrypt(self) -> list[str]:
        """Encrypt by the passphrase whatever is not encrypted yet; returns the names of these keys.

        Raises:
            BadInput: there is no passphrase, or a key can't be read.
        """
        if self._passphrase is None:
            raise BadInput("no passphrase is configured; name one in `keys.passphrase_file` or `_env`")
        changed = []
        for name in self.names():
            path = self._path(name)
            data = self._bytes(path)
            if b"ENCRYPTED" in data[:64]:
                continue
            key = _parse(path, data, None)
            self._write(path, _pem(key, self._passphrase), replace=True)
            changed.append(name)
        return changed

    # --- within ---

    def _own(self, load: Callable[[], _Key], create: Callable[[], _Key]) -> _Key:
        with suppress(NotFound):
            return load()
        try:
            return create()
        except Conflict:  # another process was quicker
            return load()

    def _read(self, name: str) -> PrivateKey:
        path = self._path(name)
        if self.folder.is_dir():
            self._check_folder()
        return _parse(path, self._bytes(path), self._passphrase)

    def _create(self, name: str, make: Callable[[], _Key]) -> _Key:
        path = self._path(name)
        key = make()
        try:
            make_folder(self.folder.parent)
            with suppress(FileExistsError):
                self.folder.mkdir(mode=0o700)
                sync_folder(self.folder.parent)
        except OSError as error:
            raise BadInput(f"{self.folder}: {error.strerror}") from error
        self._check_folder()
        self._write(path, _pem(key, self._passphrase), replace=False)
        return key

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise BadInput(f"a key can't be called {name!r}; use lower-case letters, digits and `.-_`")
        return self.folder / f"{name}{_SUFFIX}"

    def _check_folder(self) -> None:
        try:
            _refuse_loose(self.folder, self.folder.stat(), "700")
        except OSError as error:
            raise BadInput(f"{self.folder}: {error.strerror}") from error

    def _bytes(self, path: Path) -> bytes:
        """A key's file, judged by the descriptor that is read: nothing can be put in between."""
        try:
            descriptor = os.open(
                path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
            )
            with os.fdopen(descriptor, "rb") as file:
                _refuse_loose(path, os.fstat(descriptor), "600")
                return file.read(LONGEST)
        except FileNotFoundError:
            raise NotFound(f"there is no key {path}; `qc keys init` makes a hub's own") from None
        except OSError as error:
            raise BadInput(f"{path}: {error.strerror}; a key is a plain file") from error

    def _write(self, path: Path, data: bytes, *, replace: bool) -> None:
        spare = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            descriptor = os.open(
                spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600
            )
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(descriptor)
                if replace:
                    spare.replace(path)
                else:
                    path.hardlink_to(spare)
            finally:
                spare.unlink(missing_ok=True)
            sync_folder(self.folder)
        except FileExistsError:
            raise Conflict(f"there is a key {path} already; it is not replaced") from None
        except OSError as error:
            raise BadInput(f"{path}: {error.strerror}") from error


def passphrase(file: Path | None, variable: str, environment: Mapping[str, str] = os.environ) -> bytes | None:
    """The passphrase that the configuration names; None when it names none.

    Raises:
        BadInput: it names two, or one that can't be had; nothing of it is in the text.
    """
    if file is not None and variable:
        raise BadInput("keys.passphrase_file and keys.passphrase_env are both given; keep one")
    if variable:
        found = environment.get(variable, "").encode()
        if not found:
            raise BadInput(f"keys.passphrase_env: the environment variable {variable!r} is not set")
        return found
    if file is None:
        return None
    try:
        with file.open("rb") as stream:
            _refuse_loose(file, os.fstat(stream.fileno()), "600")
            found = stream.readline(LONGEST).rstrip(b"\r\n")
    except OSError as error:
        raise BadInput(f"keys.passphrase_file: {file}: {error.strerror}") from error
    if not found:
        raise BadInput(f"keys.passphrase_file: {file}: its first line is empty")
    return found


def _pem(key: PrivateKey, passphrase: bytes | None) -> bytes:
    if passphrase is None:
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pkcs8.encrypted(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), passphrase)


def _parse(path: Path, data: bytes, passphrase: bytes | None) -> PrivateKey:
    """What a file holds, or BadInput that says what to do; nothing of the key is in the text."""
    encrypted = b"ENCRYPTED" in data[:64]
    if encrypted and passphrase is None:
        raise BadInput(f"{path}: it is encrypted; name its passphrase in `keys.passphrase_file` or `_env`")
    if passphrase is not None and not encrypted:
        raise BadInput(
            f"{path}: it is not encrypted though a passphrase is configured; `qc keys encrypt` does"
        )
    try:
        key = load_pem_private_key(data, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        why = "the passphrase is another" if encrypted else "no private key in PKCS#8 PEM"
        raise BadInput(f"{path}: {why}, or the file is damaged") from None
    if isinstance(key, Ed25519PrivateKey):
        return key
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
        return key
    raise BadInput(f"{path}: neither Ed25519 nor P-256; no other kinds are used here")


def _refuse_loose(path: Path, found: os.stat_result, mode: str) -> None:
    if os.name != "posix":  # elsewhere these bits say nothing
        return
    if found.st_mode & _LOOSE:
        raise BadInput(
            f"{path}: others may read it (mode {stat.S_IMODE(found.st_mode):03o}); if nobody did, "
            f"`chmod {mode} {path}`, else make new keys"
        )
    if found.st_uid != os.geteuid():
        raise BadInput(f"{path}: it belongs to another user; `chown` it to the one who runs this")
