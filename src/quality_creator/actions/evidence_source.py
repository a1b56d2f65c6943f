"""Where evidence is read from: a hub's address, a folder, or a bundle; nothing of it is believed here.

Needs no more than the base installation.
"""

import mmap
import struct
import urllib.parse
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from quality_creator.model.errors import BadInput, BadPayload, NotFound, Unavailable
from quality_creator.trust import evidence

LARGEST = 256 << 20
"""Bytes of one file; a segment has about half a megabyte."""

TIMEOUT_S = 30.0


class Source(Protocol):
    """Files of the evidence by their names; may be asked from several threads at once."""

    online: bool
    """Whether the newest evidence is to be had."""
    place: Path | None
    """What `opened` takes to open it again in another process; None where it is not on this machine."""

    def read(self, name: str) -> bytes:
        """A whole file. Raises NotFound, Unavailable, or BadPayload for a name that can't be one."""


@contextmanager
def opened(target: str) -> Iterator[Source]:
    """The evidence at an address, in a folder or in a bundle.

    Raises:
        BadInput: it is none of them.
    """
    if target.startswith(("http://", "https://")):
        yield _Address(target)
        return
    path = Path(target)
    if path.is_dir():
        yield _Folder(path)
    elif path.is_file():
        with _bundle(path) as bundle:
            yield bundle
    else:
        raise BadInput(f"{target}: neither an address, nor a folder, nor a file")


class _Folder:
    online = False

    def __init__(self, root: Path) -> None:
        self.place: Path | None = root
        self._root = root

    def read(self, name: str) -> bytes:
        path = self._root / evidence.check_name(name)
        try:
            if path.stat().st_size > LARGEST:
                raise BadPayload(f"{name} is larger than {LARGEST} bytes")
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotFound(f"there is no {name}") from error
        except OSError as error:
            raise Unavailable(f"{path}: {error.strerror}") from error


@contextmanager
def _bundle(path: Path) -> Iterator["_Bundle"]:
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))
            archive = stack.enter_context(zipfile.ZipFile(file))
            data = stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise BadInput(f"{path}: not a bundle: {error}") from error
        except OSError as error:
            raise BadInput(f"{path}: {error.strerror}") from error
        [(name, times)] = Counter(archive.namelist()).most_common(1) or [("", 0)]
        if times > 1:
            raise BadInput(f"{path}: {name} stands in it {times} times; other tools might read another one")
        yield _Bundle(path, archive, data)


class _Bundle:
    """A zip. What is stored in it as it is, is taken from the file without zip's own slower checks."""

    online = False
    _HEAD = struct.Struct("<4s22xHH")

    def __init__(self, path: Path, archive: zipfile.ZipFile, data: mmap.mmap) -> None:
        self.place: Path | None = path
        self._places = {info.filename: info for info in archive.infolist()}
        self._data = data

    def read(self, name: str) -> bytes:
        info = self._places.get(evidence.check_name(name))
        if info is None:
            raise NotFound(f"there is no {name} in the bundle")
        if info.file_size > LARGEST:
            raise BadPayload(f"{name} is larger than {LARGEST} bytes")
        head = self._data[info.header_offset : info.header_offset + self._HEAD.size]
        if len(head) < self._HEAD.size:
            raise BadPayload(f"{name} lies outside the bundle")
        magic, name_length, extra = self._HEAD.unpack(head)
        start = info.header_offset + self._HEAD.size + name_length + extra
        if self._data[start - name_length - extra : start - extra] != info.orig_filename.encode():
            raise BadPayload(f"{name} has another name where it lies in the bundle")
        packed = self._data[start : start + info.compress_size]
        if magic != b"PK\3\4" or len(packed) != info.compress_size:
            raise BadPayload(f"{name} is cut off in the bundle")
        return self._unpack(name, info, packed)

    @staticmethod
    def _unpack(name: str, info: zipfile.ZipInfo, packed: bytes) -> bytes:
        if info.compress_type == zipfile.ZIP_STORED:
            return packed
        if info.compress_type != zipfile.ZIP_DEFLATED:
            raise BadPayload(f"{name} is packed in a way that is not used here")
        unpacker = zlib.decompressobj(-15)
        try:
            data = unpacker.decompress(packed, info.file_size + 1)
        except zlib.error as error:
            raise BadPayload(f"{name} can't be unpacked: {error}") from error
        if len(data) != info.file_size or not unpacker.eof:
            raise BadPayload(f"{name} has not the size that the bundle says")
        return data


class _Address:
    online = True
    place: Path | None = None

    def __init__(self, address: str) -> None:
        parts = urllib.parse.urlsplit(address)
        path = parts.path.rstrip("/")
        if not path.endswith("/proof"):
            path += "/proof"
        self._base = f"{parts.scheme}://{parts.netloc}{path}/"

    def read(self, name: str) -> bytes:
        from quality_creator.actions.fetching import fetch

        # The address was checked to be one of the web when the source was opened.
        address = self._base + urllib.parse.quote(evidence.check_name(name))
        data = fetch(address, timeout_s=TIMEOUT_S, largest=LARGEST, elsewhere=True)
        if len(data) > LARGEST:
            raise BadPayload(f"{name} is larger than {LARGEST} bytes")
        return data
