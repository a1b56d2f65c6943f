"""A finished file signed so that every C2PA tool reads it: by c2pa-python, which is c2pa-rs.

The file says by whom it was made and of which live manifests it is a copy; segments and file can so be
checked apart, and against each other.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from quality_creator import __version__
from quality_creator.model.errors import Unavailable
from quality_creator.trust.c2pa import cose
from quality_creator.trust.c2pa.manifest import SOURCE_TYPE, LongLived

RECORDING = "org.quality-creator.recording"
"""The assertion that names the live manifests, by URN."""


def sign_mp4(
    path: Path, *, title: str, source_type: str, signer: LongLived, live: Sequence[str], timestamp: str
) -> None:
    """Sign a file in its place; it is signed as a whole or stays as it was.

    Args:
        path: An MP4.
        title: Of the file, for people.
        source_type: A term of IPTC's digital source types.
        signer: Who signs.
        live: URNs of the manifests under which its segments were signed on air.
        timestamp: The address of an RFC 3161 authority; empty for none.

    Raises:
        Unavailable: the file can't be written, or the time-stamp authority does not answer.
    """
    import c2pa

    created = {"action": "c2pa.created", "digitalSourceType": SOURCE_TYPE + source_type}
    manifest = {
        "claim_generator_info": [{"name": "quality-creator", "version": __version__}],
        "title": title,
        "format": "video/mp4",
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [created]}},
            {"label": RECORDING, "data": {"live": list(live)}},
        ],
    }
    chain = b"".join(x509.load_der_x509_certificate(one).public_bytes(Encoding.PEM) for one in signer.chain)
    spare = path.with_name(path.name + ".signed")
    try:
        with (
            c2pa.Signer.from_callback(
                lambda data: cose.es256(signer.key, data),
                c2pa.C2paSigningAlg.ES256,
                chain.decode(),
                timestamp or None,
            ) as signing,
            c2pa.Builder(manifest) as builder,
            path.open("rb") as source,
            spare.open("w+b") as target,
        ):
            builder.sign(signing, "video/mp4", source, target)
        spare.replace(path)
    except (c2pa.C2paError, OSError) as error:
        stamped = f", or {timestamp} does not stamp" if timestamp else ""
        raise Unavailable(f"{path} can't be signed{stamped}: {error}") from error
    finally:
        with contextlib.suppress(OSError):
            spare.unlink(missing_ok=True)
