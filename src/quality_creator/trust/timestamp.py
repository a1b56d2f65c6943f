"""RFC 3161 time stamps on checkpoints: a clock that shares no operator with the log and its witnesses.

A stamp is an entry of the log of its own. Its document holds a published checkpoint, byte for byte, and the
authority's answer over it, so that `openssl ts -verify` checks it with nothing else.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec
from cryptography import x509

from quality_creator.model.errors import BadPayload
from quality_creator.trust import jcs

LEAF: Final = "timestamp/1"


class Timestamp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A checkpoint was there at a time."""

    type: Literal["timestamp/1"]
    id: str
    checkpoint: str
    """As it was published, with its signatures."""
    response: str
    """Base64 of the authority's TimeStampResp (DER)."""

    def encode(self) -> bytes:
        """The document's one and only bytes. Raises BadPayload."""
        return jcs.encode(msgspec.to_builtins(self))


def request(checkpoint: bytes) -> bytes:
    """What an authority is asked: a TimeStampReq (DER) over the checkpoint's SHA-256, with a nonce."""
    import rfc3161_client as tsp

    builder = tsp.TimestampRequestBuilder().data(checkpoint).hash_algorithm(tsp.HashAlgorithm.SHA256)
    return builder.nonce(nonce=True).cert_request(cert_request=True).build().as_bytes()


def made(checkpoint: bytes, response: bytes, id: str) -> Timestamp:  # noqa: A002
    """The document of an answer. Raises BadPayload: it is not an answer to that checkpoint."""
    told_at(response, checkpoint)
    text = base64.b64encode(response).decode()
    return Timestamp(type=LEAF, id=id, checkpoint=checkpoint.decode(), response=text)


def decode(data: bytes) -> Timestamp:
    """Read a document. Raises BadPayload: it is none, or not in its one form. Nothing of it is checked."""
    value = jcs.canonical(data)
    try:
        return msgspec.convert(value, Timestamp)
    except msgspec.ValidationError as error:
        raise BadPayload(f"it is no time stamp: {error}") from error


def check(found: Timestamp, roots: Sequence[x509.Certificate]) -> datetime:
    """When the authority saw the checkpoint.

    Args:
        found: The document.
        roots: Certificates of the authorities that the asker believes; without any, nothing is said of who
            answered, only that the answer is over this checkpoint.

    Raises:
        BadPayload: the answer is none, is over something else, or is by nobody of these.
    """
    import rfc3161_client as tsp

    try:
        response = base64.b64decode(found.response, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadPayload("a time stamp that is not base64") from error
    checkpoint = found.checkpoint.encode()
    at = told_at(response, checkpoint)
    if roots:
        builder = tsp.VerifierBuilder()
        for one in roots:
            builder = builder.add_root_certificate(one)
        try:
            builder.build().verify_message(tsp.decode_timestamp_response(response), checkpoint)
        except (tsp.VerificationError, ValueError) as error:
            raise BadPayload(f"a time stamp that does not verify: {error}") from error
    return at


def told_at(response: bytes, checkpoint: bytes) -> datetime:
    """The time that an answer states. Raises BadPayload: it is none, or not over this checkpoint."""
    import rfc3161_client as tsp

    try:
        answer = tsp.decode_timestamp_response(response)
        if answer.status not in (tsp.PKIStatus.GRANTED, tsp.PKIStatus.GRANTED_WITH_MODS):
            raise BadPayload(f"the time-stamp authority refused: {answer.status_string}")
        stated = answer.tst_info.message_imprint
        at = answer.tst_info.gen_time
    except ValueError as error:
        raise BadPayload(f"no answer of a time-stamp authority: {error}") from error
    digest = {"2.16.840.1.101.3.4.2.1": "sha256"}.get(stated.hash_algorithm.dotted_string)
    if digest is None or stated.message != hashlib.sha256(checkpoint).digest():
        raise BadPayload("a time stamp over something else than its checkpoint")
    return at


def authorities(pem: bytes) -> list[x509.Certificate]:
    """The certificates in a file. Raises BadPayload."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise BadPayload(f"no certificates in PEM: {error}") from error
