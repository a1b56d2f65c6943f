"""All evidence of an episode in one file, for a shelf: checked years later, with the network cut."""

import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from quality_creator.actions.evidence_source import Source
from quality_creator.model.errors import BadInput, BadPayload, NotFound
from quality_creator.trust import contexts, dissent, dossier, endorsement, enrolment, evidence, timestamp
from quality_creator.trust.log import leaf, policy, tile

_DATE = (1980, 1, 1, 0, 0, 0)
"""Of every file in it: the same evidence is the same bundle."""

_AT_ONCE = 8

_OTHERS = (endorsement.STATUS_LEAF, endorsement.KEY_LEAF, dissent.LEAF, enrolment.LEAF, timestamp.LEAF)
"""Kinds of entries that are about no episode, and may take back what one rests on, or say since when."""

README = """\
The evidence of an episode. Nothing here has to be believed; this is how to check it.

With the program that made it, offline:

    qc verify {name}

With tools that are not ours:

    sha256sum dossier.json
        In base64 this is what each endorsement states in relatedResource.digestSRI.

    openvc-core (PyPI), or @digitalbazaar/vc with @digitalbazaar/eddsa-jcs-2022-cryptosuite (npm)
        Each credential in endorsements/, register/ and status/ verifies on its own. Issuers' keys are in
        register/<newest>.json (keys, as Multikey); the vocabularies are in contexts/. In both of its
        lists the bit at statusListIndex is 0 while the endorsement counts. Who declined to endorse has an
        entry of the type dissent/1 in log/.

    jsonld-signatures (npm) with @digitalbazaar/eddsa-jcs-2022-cryptosuite
        Each remark in remarks/ carries a proof (eddsa-jcs-2022) by its expert's own did:key. Entries of the
        type expert/1 in log/ say whose key it is.

    Go's golang.org/x/mod/sumdb/note and tlog, or transparency-dev's tools
        log/checkpoint is a signed note with its witnesses' cosignatures; the keys are in policy.
        Each .tlog-proof (c2sp.org/tlog-proof) leads from one entry to a cosigned checkpoint. The entry of
        an endorsement is the canonical JSON of type, id, issuer, sha256 (of the file) and subject.

    openssl ts
        An entry of the type timestamp/1 holds a checkpoint and what an RFC 3161 authority answered. Of its
        file in log/documents:
            jq -j .checkpoint FILE > checkpoint; jq -r .response FILE | base64 -d > response.tsr
            openssl ts -verify -data checkpoint -in response.tsr -CAfile authority.pem

    sha256sum media/720p/0.m4s
        Each segment's digest stands in segments.json. The digests of one segment in all renditions, one
        behind the other, are a leaf; the root over all leaves (RFC 6962) stands in dossier.json.

    duckdb (its command line), pyarrow, pandas, polars, R's arrow
        measurements.parquet is every measurement that was shown, a row each, with its unit, its time in
        UTC and what its chart said; its digest stands in dossier.json. The same numbers are in
        measurements.ndjson, whose lines' digests are under the dossier's root:
            duckdb -c "SELECT characteristic, unit, avg(value) FROM 'measurements.parquet' GROUP BY ALL"
            python -c "import pyarrow.parquet as p; print(p.read_table('measurements.parquet').schema)"

    c2patool, or any other C2PA tool
        The init segments in media/ carry manifests; the segments' signatures are described in
        C2PA 2.4, 19.7 (verifiable segment info).

What a lie could still hide: docs/proof/endorsement.md of the program says it row by row.
"""


def write(source: Source, out: Path, *, with_media: bool) -> int:
    """Write the bundle; returns its size in bytes.

    Args:
        source: Usually a hub's address.
        out: The file.
        with_media: Take the segments along, too; without them their digests are.

    Raises:
        BadInput: the file can't be written.
        BadPayload, NotFound, Unavailable: the evidence can't be read.
    """
    spare = out.with_name(out.name + ".part")
    try:
        with zipfile.ZipFile(spare, "w") as archive, ThreadPoolExecutor(_AT_ONCE) as threads:
            for names in _batches(_names(source, with_media)):
                for name, data in zip(names, threads.map(lambda one: _read(source, one), names), strict=True):
                    if data is not None:
                        _add(archive, name, data)
            for number, address in enumerate(contexts.addresses(), 1):
                _add(archive, evidence.numbered("contexts", number), contexts.text(address))
            _add(archive, evidence.README, README.replace("{name}", out.name).encode())
        spare.replace(out)
    except OSError as error:
        raise BadInput(f"{out}: {error.strerror}") from error
    finally:
        spare.unlink(missing_ok=True)
    return out.stat().st_size


def _names(source: Source, with_media: bool) -> Iterator[str]:
    yield evidence.INDEX
    index = evidence.decode_index(source.read(evidence.INDEX))
    folders = ("media", "contexts", evidence.LOG)
    yield from (one for one in index.files if one.partition("/")[0] not in folders and one != evidence.README)
    yield f"{evidence.LOG}/checkpoint"
    yield from _log(source)
    if with_media:
        segments = evidence.decode_segments(source.read(evidence.SEGMENTS))
        yield from (name for name, _ in evidence.names_of_media(segments))


def _log(source: Source) -> Iterator[str]:
    """The log's entries, and the documents of those that are about the episode."""
    believed = policy.parse(source.read(evidence.POLICY))
    size = believed.open(source.read(f"{evidence.LOG}/checkpoint")).signed.checkpoint.size
    episode = dossier.decode(source.read(evidence.DOSSIER)).episode
    for place in tile.bundles(size):
        name = f"{evidence.LOG}/{place.path}"
        yield name
        for entry in tile.unpack(source.read(name)):
            try:
                one = leaf.decode(entry)
            except BadPayload:
                continue  # of a kind that is not ours; it is taken along as an entry
            if one.subject == episode or one.type in _OTHERS:
                yield f"{evidence.LOG}/{leaf.DOCUMENTS}/{one.sha256}"


def _read(source: Source, name: str) -> bytes | None:
    try:
        return source.read(name)
    except NotFound:
        if f"/{leaf.DOCUMENTS}/" in name:  # some are kept by their owners
            return None
        raise


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name, _DATE)
    # Pictures are as small as they get, and are read quickest where they lie as they are.
    info.compress_type = zipfile.ZIP_STORED if name.startswith("media/") else zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    archive.writestr(info, data)


def _batches(names: Iterator[str]) -> Iterator[Sequence[str]]:
    """So many at once as are read side by side; a name stands once."""
    seen: set[str] = set()
    batch: list[str] = []
    for name in names:
        if name in seen:
            continue
        seen.add(name)
        batch.append(name)
        if len(batch) == 4 * _AT_ONCE:
            yield batch
            batch = []
    yield batch
