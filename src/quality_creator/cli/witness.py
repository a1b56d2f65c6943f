"""`qc witness`: watch logs for an institution, with a key and a folder of its own."""

import asyncio
import os
import signal
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from quality_creator.cli import app
from quality_creator.model.errors import BadInput, BadPayload

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from quality_creator.trust.log.note import Key

witness = App(name="witness", help="Watch logs for an institution, with a key and a folder of its own.")
app.command(witness)

Folder = Annotated[Path, Parameter(help="the witness' own folder: its key, and what it has seen")]
Passphrase = Annotated[
    Path | None, Parameter(help="a file whose first line encrypts the key; only its owner may read it")
]


@witness.command
def key(folder: Folder, *, name: str, passphrase_file: Passphrase = None) -> None:
    """Print the witness' key as policies have it; made at the first call.

    Parameters
    ----------
    name
        What the witness is called for ever, such as inst01.example/witness.
    """
    print(_key(folder, name, passphrase_file)[1])


@witness.command
def run(
    folder: Folder,
    *,
    name: str,
    log: Annotated[tuple[str, ...], Parameter(negative="", help="a log's key; repeat for more")],
    host: str = "127.0.0.1",
    port: int = 8090,
    passphrase_file: Passphrase = None,
    parent: Annotated[int | None, Parameter(show=False)] = None,
) -> None:
    """Cosign what grows from what was seen, until SIGINT or SIGTERM. Put a proxy with TLS before it.

    Parameters
    ----------
    name
        The witness' name.
    parent
        Leave when this process, which started us, has left.
    """
    import uvicorn

    from quality_creator.actions.witness import Witness, alone
    from quality_creator.trust.log import note
    from quality_creator.web.witness import build

    if parent is not None:
        threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()
    private, own = _key(folder, name, passphrase_file)
    try:
        logs = [note.vkey(word) for word in log]
    except BadPayload as error:
        raise BadInput(f"--log: {error}") from error
    with alone(folder), socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            raise BadInput(f"--port: can't listen at {host}:{port}: {error.strerror}") from error
        served = build(Witness(folder, name=name, private=private, logs=logs))
        shown = f"[{host}]" if ":" in host else host
        print(f"{own}\nhttp://{shown}:{listening.getsockname()[1]}/", flush=True)
        server = uvicorn.Server(
            uvicorn.Config(served, http="httptools", log_level="warning", access_log=False, lifespan="off")
        )
        asyncio.run(server.serve(sockets=[listening]))


def _leave_with(parent: int) -> None:
    """A witness without its demonstration would watch for ever."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os.kill(os.getpid(), signal.SIGTERM)


def _key(folder: Path, name: str, passphrase_file: Path | None) -> "tuple[Ed25519PrivateKey, Key]":
    from quality_creator.actions.witness import KEY
    from quality_creator.store.keys import FOLDER, Keys, passphrase
    from quality_creator.trust.log import checkpoint

    private = Keys(folder / FOLDER, passphrase(passphrase_file, "")).own_ed25519(KEY)
    try:
        return private, checkpoint.witness_key(name, private)
    except BadPayload as error:
        raise BadInput(f"--name: {error}") from error
