"""The WebAuthn ceremonies: what a browser is asked for, and whether its answer is right.

A challenge is not kept: it says itself for which ceremony it was made and until when, and carries a
code that only this process can make. What is kept is that one was answered, so that no answer counts
twice; nobody fills memory by asking.
"""

import base64
import hashlib
import hmac
import ipaddress
import secrets
import struct
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from quality_creator.config import Config
from quality_creator.model.errors import BadPayload, Forbidden, Unavailable
from quality_creator.model.ids import PersonId

LASTS_S = 300
"""How long a person may take to find their key."""

ANSWERED = 10_000
"""Answers remembered; in five minutes nobody signs in so often."""

_BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, struct.error)
"""What the library raises, beside its own, for bytes that are not WebAuthn."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """To whom passkeys belong: a domain, and the addresses at which they may be used."""

    domain: str
    address: str
    """Where people open the pages."""
    origins: tuple[str, ...]

    @property
    def usable(self) -> bool:
        """Browsers give passkeys to names, not to numbers, and without TLS to `localhost` only."""
        host = urllib.parse.urlsplit(self.address).hostname or ""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return self.address.startswith("https://") or host == "localhost"
        return False


def relying_party(config: Config) -> RelyingParty:
    """As the configuration has it; without an address, this machine's own browser."""
    hub = config.hub
    address = hub.address.rstrip("/") or f"http://localhost:{hub.port}"
    domain = hub.passkey_domain or urllib.parse.urlsplit(address).hostname or ""
    return RelyingParty(domain, address, (address, *(one.rstrip("/") for one in hub.origins)))


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey's answer, of which the library looks at the rest."""

    raw_id: str = msgspec.field(name="rawId")
    response: dict[str, object]


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a registration brings."""

    credential: bytes
    public_key: bytes
    sign_count: int
    synced: bool


class Ceremonies:
    """Of one hub."""

    def __init__(self, party: RelyingParty) -> None:
        self.party = party
        self._secret = secrets.token_bytes(32)
        self._answered: dict[bytes, float] = {}

    # --- a new passkey ---

    def registration(
        self, purpose: str, now: float, *, person: PersonId, account: str, name: str, known: Sequence[bytes]
    ) -> str:
        """What the browser is asked for, as JSON.

        Args:
            purpose: Names the ceremony; the answer is checked with the same.
            known: The person's credentials so far, of which no second one is made.

        Raises:
            Unavailable: browsers give no passkeys to this hub's address.
        """
        import webauthn
        from webauthn.helpers import structs

        self._require()
        options = webauthn.generate_registration_options(
            rp_id=self.party.domain,
            rp_name="Quality Creator",
            user_id=hashlib.sha256(person.encode()).digest(),
            user_name=account,
            user_display_name=name,
            challenge=self.challenge(purpose, now),
            authenticator_selection=structs.AuthenticatorSelectionCriteria(
                resident_key=structs.ResidentKeyRequirement.REQUIRED,
                user_verification=structs.UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=one) for one in known],
        )
        return webauthn.options_to_json(options)

    def registered(self, purpose: str, credential: dict[str, object], now: float) -> NewKey:
        """The new key of a browser's answer.

        Raises:
            BadPayload: it is not an answer, or not to this.
            Forbidden: it came too late, or a second time.
        """
        import webauthn
        from webauthn.helpers.exceptions import WebAuthnException

        challenge = self._answer_to(credential, purpose, now)
        try:
            found = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self.party.domain,
                expected_origin=list(self.party.origins),
                require_user_verification=True,
            )
        except (WebAuthnException, *_BROKEN) as error:
            raise BadPayload(f"the passkey was not made: {error}") from error
        self._note(challenge, now)
        return NewKey(
            found.credential_id, found.credential_public_key, found.sign_count, found.credential_backed_up
        )

    # --- signing in ---

    def question(self, now: float) -> str:
        """What the browser is asked for at sign-in, as JSON: any passkey that it has for this hub."""
        import webauthn
        from webauthn.helpers import structs

        self._require()
        options = webauthn.generate_authentication_options(
            rp_id=self.party.domain,
            challenge=self.challenge("sign-in", now),
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        )
        return webauthn.options_to_json(options)

    def signed(self, credential: dict[str, object], public_key: bytes, sign_count: int, now: float) -> int:
        """The passkey's new count, when it has signed the question.

        Raises:
            BadPayload: it is not an answer, or not of this key.
            Forbidden: it came too late, or a second time.
        """
        import webauthn
        from webauthn.helpers.exceptions import WebAuthnException

        challenge = self._answer_to(credential, "sign-in", now)
        try:
            found = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self.party.domain,
                expected_origin=list(self.party.origins),
                credential_public_key=public_key,
                credential_current_sign_count=sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, *_BROKEN) as error:
            raise BadPayload(f"this passkey does not open the door: {error}") from error
        self._note(challenge, now)
        return found.new_sign_count

    # --- challenges ---

    def challenge(self, purpose: str, now: float) -> bytes:
        """A new challenge for a ceremony."""
        plain = secrets.token_bytes(16) + struct.pack(">Q", int(now + LASTS_S))
        return plain + self._code(plain, purpose)

    def _answer_to(self, credential: dict[str, object], purpose: str, now: float) -> bytes:
        """The challenge that an answer answers, when it is ours, for this, in time, and new."""
        try:
            proof = msgspec.convert(credential, Proof)
            client = msgspec.json.decode(unpadded(str(proof.response.get("clientDataJSON", ""))))
            challenge = unpadded(client["challenge"])
        except (msgspec.MsgspecError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise BadPayload("this is not a passkey's answer") from error
        self._check(challenge, purpose, now)
        return challenge

    def take(self, challenge: str, purpose: str, now: float) -> None:
        """A challenge that something else than a passkey has answered, rightly; it counts once.

        Raises:
            BadPayload: it is not ours, or for something else.
            Forbidden: it came too late, or a second time.
        """
        try:
            given = unpadded(challenge)
        except ValueError as error:
            raise BadPayload("this is not a challenge") from error
        self._check(given, purpose, now)
        self._note(given, now)

    def _check(self, challenge: bytes, purpose: str, now: float) -> None:
        plain, code = challenge[:24], challenge[24:]
        if len(plain) != 24 or not hmac.compare_digest(code, self._code(plain, purpose)):
            raise BadPayload("this passkey answers another question; load the page again")
        if struct.unpack(">Q", plain[16:])[0] < now:
            raise Forbidden("that took too long; try again")
        if challenge in self._answered:
            raise Forbidden("this answer was given before; try again")

    def _note(self, challenge: bytes, now: float) -> None:
        self._answered = {one: until for one, until in self._answered.items() if until > now}
        while len(self._answered) >= ANSWERED:
            del self._answered[next(iter(self._answered))]
        self._answered[challenge] = now + LASTS_S

    def _code(self, plain: bytes, purpose: str) -> bytes:
        return hmac.digest(self._secret, plain + purpose.encode(), "sha256")[:16]

    def _require(self) -> None:
        if not self.party.usable:
            raise Unavailable(
                "browsers give no passkeys to {address}: put a TLS proxy before the hub and its address "
                "into `hub.address`, or open http://localhost on the hub's own machine",
                address=self.party.address,
            )


def credential_of(credential: dict[str, object]) -> bytes:
    """Which credential answers. Raises BadPayload."""
    try:
        return unpadded(msgspec.convert(credential, Proof).raw_id)
    except (msgspec.MsgspecError, ValueError) as error:
        raise BadPayload("this is not a passkey's answer") from error


def unpadded(text: str) -> bytes:
    """Bytes of base64url without padding. Raises ValueError."""
    if not text.isascii():
        raise ValueError("not base64url")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
