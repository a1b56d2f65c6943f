"""Immutable objects by name: a folder, an S3 bucket, or memory, chosen by an address."""

import asyncio
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, MemoryStore, S3Store

from quality_creator.model.errors import BadInput, Conflict, NotFound, Unavailable
from quality_creator.store.disk import sync_file, sync_folder

if TYPE_CHECKING:
    from obstore.store import ObjectStore

FOLDER = "objects"
"""Within the data folder, when no address is given."""


class Objects:
    """Puts and gets whole objects; a name is written once, or again with the same bytes."""

    def __init__(self, store: "ObjectStore", folder: Path | None) -> None:
        self._store = store
        self.folder = folder
        """Where the bytes lie on this machine's disk, or None when they lie elsewhere."""
        self._known: set[Path] = set()  # folders whose own entries are on the disk

    async def put(self, name: str, data: bytes) -> None:
        """Keep an object: when this returns, it outlives a power cut.

        Raises:
            Unavailable: it can't be kept now (disk full, bucket away), in the store's words.
        """
        with _translated(name):
            await obstore.put_async(self._store, name, data)
            if self.folder is not None:
                # obstore renames the file into its place, but leaves writing it out to the system.
                await asyncio.to_thread(self._sync, self.folder / name, self.folder)

    async def put_new(self, name: str, data: bytes) -> None:
        """Keep an object that never changes: when this returns, it outlives a power cut.

        Whole or absent whenever the machine stops. Putting the same bytes again is no error.

        Raises:
            Conflict: there are other bytes under this name; they stay.
            Unavailable: it can't be kept now, in the store's words.
        """
        with _translated(name):
            if self.folder is not None:
                new = await asyncio.to_thread(_link, self.folder / name, data)
                await asyncio.to_thread(self._sync, self.folder / name, self.folder)
            else:
                try:
                    await obstore.put_async(self._store, name, data, mode="create")
                    new = True
                except AlreadyExistsError:
                    new = False
        if not new and await self.get(name) != data:
            raise Conflict(f"the object {name} is there with other bytes; it is not replaced")

    async def replace(self, name: str, data: bytes) -> None:
        """Put an object in the place of the one before, one of which is there whenever the machine stops.

        Raises:
            Unavailable: it can't be kept now, in the store's words.
        """
        with _translated(name):
            if self.folder is not None:
                await asyncio.to_thread(_rename, self.folder / name, data)
                await asyncio.to_thread(self._sync, self.folder / name, self.folder)
            else:
                await obstore.put_async(self._store, name, data)

    async def get(self, name: str) -> bytes:
        """A whole object. Raises NotFound or Unavailable."""
        with _translated(name):
            answer = await obstore.get_async(self._store, name)
            return bytes(await answer.bytes_async())

    async def get_range(self, name: str, start: int, length: int) -> bytes:
        """Some bytes of an object. Raises NotFound or Unavailable."""
        with _translated(name):
            return bytes(await obstore.get_range_async(self._store, name, start=start, length=length))

    def _sync(self, path: Path, root: Path) -> None:
        sync_file(path)
        for folder in path.parents:
            sync_folder(folder)
            if folder in self._known or folder == root.parent:
                break
            self._known.add(folder)


def open_objects(address: str, data_folder: Path) -> Objects:
    """The objects at an address.

    Args:
        address: Empty for a folder in the data folder, `s3://bucket/prefix` (credentials, region and endpoint
            from `AWS_*` in the environment), or `memory://` for trials.
        data_folder: Where the default folder is made.

    Raises:
        BadInput: the address can't be used; the text says why.
    """
    try:
        if not address:
            folder = data_folder / FOLDER
            return Objects(LocalStore(folder, mkdir=True), folder)
        if address == "memory://":
            return Objects(MemoryStore(), None)
        if address.startswith("s3://"):
            return Objects(S3Store.from_url(address), None)
    except (BaseError, OSError, ValueError) as error:
        raise BadInput(f"hub.objects: {address or data_folder / FOLDER}: {_words(error)}") from error
    raise BadInput(f"hub.objects: {address!r}; leave it empty for a folder, or use s3://bucket/prefix")


def _link(path: Path, data: bytes) -> bool:
    """Write a file that is not there yet; False when it is."""
    if path.exists():
        return False
    spare = _spare(path, data)
    try:
        path.hardlink_to(spare)
    except FileExistsError:
        return False
    finally:
        spare.unlink()
    return True


def _rename(path: Path, data: bytes) -> None:
    """Write a file over the one before."""
    spare = _spare(path, data)
    try:
        spare.replace(path)
    except OSError:
        spare.unlink(missing_ok=True)
        raise


def _spare(path: Path, data: bytes) -> Path:
    """A file beside its place, with its bytes on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Names with `#` are those of obstore's own unfinished files: its lists leave them out.
    spare = path.with_name(f"{path.name}#{secrets.token_hex(4)}")
    try:
        with spare.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        spare.unlink(missing_ok=True)
        raise
    return spare


@contextmanager
def _translated(name: str) -> Iterator[None]:
    """Turns obstore's errors into ours, once."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(f"there is no object {name}") from error
    except (BaseError, OSError) as error:
        raise Unavailable(f"the object {name}: {_words(error)}") from error


def _words(error: BaseException) -> str:
    """The first line: below it obstore prints its own structures."""
    return str(error).partition("\n")[0] or type(error).__name__
