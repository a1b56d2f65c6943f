"""Fetch a file by its address with what comes with Python: who checks needs no server's libraries."""

import http.client
import urllib.error
import urllib.request

from quality_creator.model.errors import NotFound, Unavailable


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """What is elsewhere is not there."""


def fetch(address: str, *, timeout_s: float, largest: int, elsewhere: bool) -> bytes:
    """The file's bytes: of one that is longer than `largest`, one byte more than that.

    Args:
        address: Of the web; whoever calls has seen to that.
        timeout_s: How long a peer may say nothing.
        largest: Bytes.
        elsewhere: Whether to go where the peer says that it is now.

    Raises:
        NotFound: there is none.
        Unavailable: it can't be read; the text says why.
    """
    opener = urllib.request.build_opener() if elsewhere else urllib.request.build_opener(_Stay)
    try:
        with opener.open(address, timeout=timeout_s) as answer:
            data: bytes = answer.read(largest + 1)
    except urllib.error.HTTPError as error:
        if error.code == http.HTTPStatus.NOT_FOUND:
            raise NotFound(f"there is nothing at {address}") from error
        raise Unavailable(f"{address} answers {error.code}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Unavailable(f"{address}: {getattr(error, 'reason', None) or error}") from error
    return data
