"""A file that records are appended to durably, and read from after any crash.

Each record is its length (4 bytes), the CRC-32 of its bytes (4 bytes) and its bytes. A crash
leaves at most one record that is not whole, at the end; reading stops there, and appending goes on
there. Nothing that was acknowledged is lost by it, for a record is acknowledged when it is on the disk.
"""

import os
import struct
import zlib
from contextlib import suppress
from io import FileIO
from pathlib import Path
from threading import Lock

from quality_creator.store.disk import make_folder, sync_folder

_HEADER = struct.Struct(">II")


def records(data: bytes) -> tuple[list[bytes], int]:
    """The whole records at the start of a file's bytes, and how many bytes they take."""
    found = []
    position = 0
    while position + _HEADER.size <= len(data):
        length, crc = _HEADER.unpack_from(data, position)
        start = position + _HEADER.size
        record = data[start : start + length]
        # An empty record would be what a hole of zero bytes reads as: we write none.
        if not length or len(record) < length or zlib.crc32(record) != crc:
            break
        found.append(record)
        position = start + length
    return found, position


class Spool:
    """One file; every call blocks until the disk has answered, and may come from any thread.

    All of them raise OSError as the system gives it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: FileIO | None = None
        self._size = 0
        self._lock = Lock()

    def read(self) -> list[bytes]:
        """All whole records; none when there is no file. Later appends follow the last of them."""
        with self._lock:
            try:
                found, self._size = records(self.path.read_bytes())
            except FileNotFoundError:
                return []
            return found

    def append(self, record: bytes) -> None:
        """Write a record: when this returns, it outlives a power cut; when it raises, it is not there."""
        data = memoryview(_HEADER.pack(len(record), zlib.crc32(record)) + record)
        with self._lock:
            file = self._open()
            try:
                file.seek(self._size)
                while data:
                    data = data[file.write(data) :]
                os.fsync(file.fileno())
            except OSError:
                with suppress(OSError):
                    file.truncate(self._size)
                raise
            self._size = file.tell()

    def remove(self) -> None:
        """The records are kept elsewhere; forget them."""
        with self._lock:
            self._close()
            self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file; it stays."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> FileIO:
        if self._file is None:
            make_folder(self.path.parent)
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
            self._file = FileIO(os.open(self.path, flags, 0o644), "r+")
            with suppress(OSError):
                self._file.truncate(self._size)  # what a crash left behind the last whole record
            sync_folder(self.path.parent)
        return self._file
