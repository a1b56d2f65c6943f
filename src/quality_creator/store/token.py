"""A private key that stays in a token (PKCS#11): it signs there, and no thief of a disk has it.

It is named as RFC 7512 has it: `pkcs11:token=inspect;object=endorsements?module-path=/usr/lib/module.so`.
Needs the extra `pkcs11`.
"""

import urllib.parse
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from quality_creator.model.errors import BadInput, Conflict, NotFound, Unavailable

if TYPE_CHECKING:
    import pkcs11

SCHEME = "pkcs11:"
PIN = "QC_PKCS11_PIN"
"""The environment variable with a token's PIN; it never stands in an address or an argument."""

_ED25519 = bytes.fromhex("130c656477617264733235353139")
"""CKA_EC_PARAMS: the curve's name, edwards25519 (PKCS#11 3.0, 2.3.10)."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a key is."""

    module: str
    """The token's own library."""
    token: str
    object: str


def parse(text: str) -> Address:
    """Read an address of RFC 7512, as much of it as is used here. Raises BadInput."""
    path, _, query = text.removeprefix(SCHEME).partition("?")
    found: dict[str, str] = {}
    for part in [*path.split(";"), *(query.split("&") if query else [])]:
        name, _, value = part.partition("=")
        if name == "pin-value":
            raise BadInput(f"a PIN does not stand in an address, where others see it; set {PIN}")
        if name not in ("token", "object", "module-path"):
            raise BadInput(f"{name[:40]!r} is not read in a key's address; token, object and module-path are")
        found[name] = urllib.parse.unquote(value)
    missing = [name for name in ("token", "object", "module-path") if not found.get(name)]
    if missing:
        raise BadInput(f"a key's address lacks {', '.join(missing)}: {SCHEME}token=…;object=…?module-path=…")
    return Address(found["module-path"], found["token"], found["object"])


class TokenKey(Ed25519PrivateKey):
    """A key in a token, used as any other."""

    def __init__(self, session: "pkcs11.Session", name: str) -> None:
        """Raises NotFound, BadInput."""
        from pkcs11 import KeyType, ObjectClass, exceptions

        try:
            self._private: Any = session.get_key(
                object_class=ObjectClass.PRIVATE_KEY, key_type=KeyType.EC_EDWARDS, label=name
            )
            self._shown: Any = session.get_key(
                object_class=ObjectClass.PUBLIC_KEY, key_type=KeyType.EC_EDWARDS, label=name
            )
        except exceptions.NoSuchKey as error:
            raise NotFound(f"the token has no Ed25519 key called {name!r}, or not both its halves") from error
        except exceptions.MultipleObjectsReturned as error:
            raise BadInput(f"the token has several Ed25519 keys called {name!r}") from error

    @cached_property
    def _public(self) -> Ed25519PublicKey:
        from pkcs11 import Attribute

        # An OCTET STRING in DER around the 32 bytes; some modules leave it out.
        point = bytes(self._shown[Attribute.EC_POINT]).removeprefix(b"\x04\x20")
        try:
            return Ed25519PublicKey.from_public_bytes(point)
        except ValueError as error:
            raise BadInput("the key in the token is none of Ed25519") from error

    def public_key(self) -> Ed25519PublicKey:
        """The public half."""
        return self._public

    def sign(self, data: Any) -> bytes:
        """Sign in the token; what it answers is checked. Raises Unavailable."""
        from pkcs11 import Mechanism, exceptions

        try:
            made = bytes(self._private.sign(bytes(data), mechanism=Mechanism.EDDSA))
            self._public.verify(made, bytes(data))
        except exceptions.PKCS11Error as error:
            raise Unavailable(f"the token does not sign: {type(error).__name__}") from error
        except InvalidSignature as error:
            raise Unavailable("what the token signed does not verify with its own public key") from error
        return made

    def private_bytes(self, *_: Any, **__: Any) -> NoReturn:
        """There is no way to have them."""
        raise BadInput("a key in a token does not leave it")

    private_bytes_raw = private_bytes

    def __copy__(self) -> "TokenKey":
        return self

    def __deepcopy__(self, memo: object) -> "TokenKey":
        return self


def load(text: str, pin: str) -> TokenKey:
    """The key at an address.

    Raises:
        NotFound, BadInput, Unavailable: nothing of the PIN is in the text.
    """
    address = parse(text)
    return TokenKey(_session(address, pin, rw=False), address.object)


def create(text: str, pin: str) -> TokenKey:
    """A new key in the token, which can't be taken out of it. Raises Conflict when there is one, BadInput."""
    from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, exceptions

    address = parse(text)
    session = _session(address, pin, rw=True)
    objects = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: address.object}
    if any(True for _ in session.get_objects(objects)):
        raise Conflict(f"the token has a key called {address.object!r} already")
    try:
        settings: Any = session.create_domain_parameters(
            KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: _ED25519}, local=True
        )
        settings.generate_keypair(
            mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
            store=True,
            label=address.object,
            private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
        )
    except exceptions.PKCS11Error as error:
        raise Unavailable(f"the token makes no Ed25519 key: {type(error).__name__}") from error
    return TokenKey(session, address.object)


def _session(address: Address, pin: str, *, rw: bool) -> "pkcs11.Session":
    try:
        import pkcs11
        from pkcs11 import exceptions
    except ImportError as error:
        raise BadInput("keys in tokens need the extra: pip install 'quality-creator[pkcs11]'") from error
    try:
        token = pkcs11.lib(address.module).get_token(token_label=address.token)
        try:
            return token.open(rw=rw, user_pin=pin)
        except exceptions.UserAlreadyLoggedIn:  # by another session of this process
            return token.open(rw=rw)
    except exceptions.NoSuchToken as error:
        raise NotFound(f"{address.module} knows no token called {address.token!r}") from error
    except exceptions.PinLocked as error:
        raise BadInput("the token's PIN is locked after too many tries") from error
    except (exceptions.PinIncorrect, exceptions.PinLenRange, exceptions.PinInvalid):
        raise BadInput("the token's PIN is another") from None
    except (exceptions.PKCS11Error, RuntimeError, OSError) as error:
        raise Unavailable(f"{address.module}: {type(error).__name__}: {error}") from error
