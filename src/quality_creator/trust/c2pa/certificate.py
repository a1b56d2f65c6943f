"""Who may sign: X.509 certificates as C2PA wants them (14.5.1), and a broadcaster's own test authority."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from quality_creator.model.errors import BadPayload

CLAIM_SIGNING = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
"""The extended key usage of C2PA; readers of today also want emailProtection."""

TEST_MARK = "Test authority, made by its own user"
"""The organizational unit by which a test authority says what it is."""

ROOT_YEARS = 20
HUB_DAYS = 730
LONGEST_CHAIN = 6
_DAY = timedelta(days=1)
_BROKEN = (
    InvalidSignature,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    ValueError,
    TypeError,
    OverflowError,
)
"""What cryptography raises for certificates that are none, some of it only when a field is asked for."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who stands behind a signature, as the certificates say it."""

    name: str
    organization: str
    authority: str
    """The common name of the last certificate's issuer."""
    test: bool
    """The authority says of itself that it is one for tests."""
    not_before: datetime
    not_after: datetime
    trusted: bool
    """The chain leads to an anchor that the asker gave; False without anchors."""


def test_authority(key: EllipticCurvePrivateKey, *, owner: str, now: datetime) -> bytes:
    """A root for a broadcaster who has no certificate from a real authority; says so in its name. DER."""
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, f"{owner[:40]} TEST authority"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, owner[:64]),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, TEST_MARK),
        ]
    )
    builder = _builder(name, name, key.public_key(), now, ROOT_YEARS * 365 * _DAY)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    builder = builder.add_extension(
        x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
    )
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


def hub_certificate(
    key: EllipticCurvePublicKey, *, root: bytes, root_key: EllipticCurvePrivateKey, owner: str, now: datetime
) -> bytes:
    """A certificate with which a hub signs, from a test authority. DER."""
    issuer = x509.load_der_x509_certificate(root)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, "Quality Creator hub"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, owner[:64]),
        ]
    )
    builder = _builder(name, issuer.subject, key, now, HUB_DAYS * _DAY)
    uses = [ExtendedKeyUsageOID.EMAIL_PROTECTION, CLAIM_SIGNING]
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
    )
    return builder.sign(root_key, SHA256()).public_bytes(Encoding.DER)


def read_chain(chain: Sequence[bytes]) -> list[x509.Certificate]:
    """Certificates in DER, the signer's own first. Raises BadPayload and nothing else."""
    if not 1 <= len(chain) <= LONGEST_CHAIN:
        raise BadPayload(f"a chain of {len(chain)} certificates")
    try:
        return [x509.load_der_x509_certificate(one) for one in chain]
    except _BROKEN as error:
        raise BadPayload(f"a certificate that can't be read: {str(error)[:80]}") from error


def signer_key(certificate: x509.Certificate) -> EllipticCurvePublicKey:
    """The public key of a certificate that may sign claims. Raises BadPayload when it may not."""
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        extended = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        key = certificate.public_key()
    except _BROKEN as error:
        raise BadPayload(f"the signer's certificate: {str(error)[:80]}") from error
    if constraints.ca or not usage.digital_signature or CLAIM_SIGNING not in set(extended):
        raise BadPayload("the signer's certificate is not one for signing claims")
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise BadPayload("the signer's key is not one of P-256")
    return key


def signer(chain: Sequence[bytes], *, anchors: Sequence[bytes] = ()) -> Signer:
    """Who a chain names, and whether it leads to one of the anchors.

    Args:
        chain: DER, the signer's own first; the last one or its issuer may be an anchor.
        anchors: DER of the authorities that the asker trusts.

    Raises:
        BadPayload: it can't be read, or one certificate was not issued by the next.
    """
    certificates = read_chain(chain)
    signer_key(certificates[0])
    for lower, upper in itertools.pairwise(certificates):
        _check_issued(lower, upper)
    last = certificates[-1]
    trusted = any(_anchored(last, anchor) for anchor in read_chain(anchors)) if anchors else False
    own = certificates[0]
    try:
        return Signer(
            name=_said(own.subject, NameOID.COMMON_NAME),
            organization=_said(own.subject, NameOID.ORGANIZATION_NAME),
            authority=_said(last.issuer, NameOID.COMMON_NAME),
            test=_said(last.issuer, NameOID.ORGANIZATIONAL_UNIT_NAME) == TEST_MARK,
            not_before=max(one.not_valid_before_utc for one in certificates),
            not_after=min(one.not_valid_after_utc for one in certificates),
            trusted=trusted,
        )
    except _BROKEN as error:
        raise BadPayload(f"a certificate that can't be read: {str(error)[:80]}") from error


def _anchored(last: x509.Certificate, anchor: x509.Certificate) -> bool:
    if last == anchor:
        return True
    try:
        _check_issued(last, anchor)
    except BadPayload:
        return False
    return True


def _check_issued(lower: x509.Certificate, upper: x509.Certificate) -> None:
    try:
        constraints = upper.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = upper.extensions.get_extension_for_class(x509.KeyUsage).value
        lower.verify_directly_issued_by(upper)
    except _BROKEN as error:
        raise BadPayload("a certificate that was not issued by the next in its chain") from error
    if not constraints.ca or not usage.key_cert_sign:
        raise BadPayload("a certificate issued by one that may issue none")


def _said(name: x509.Name, attribute: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(attribute)
    return str(found[0].value) if found else ""


def _builder(
    name: x509.Name, issuer: x509.Name, key: EllipticCurvePublicKey, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    # An hour back: whose clock is a little behind ours must not find it of tomorrow.
    begins = now - timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + lasts)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
