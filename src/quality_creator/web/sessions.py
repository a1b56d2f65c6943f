"""Who is signed in: opaque cookies that this process knows, and patience with wrong tokens.

A session lives in memory: after a restart people sign in again. The cookie names it and says
nothing else; what is kept is its digest, so that memory does not hold what a browser sends.
"""

import hashlib
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

from quality_creator.web.security import same

COOKIE = "session"

LASTS_S = 12 * 3600
"""A shift and what comes after it."""

MOST = 1_000
"""Sessions at a time; the oldest gives way."""

ATTEMPTS = 5
"""Wrong tokens from one address before it has to wait."""

ATTEMPTS_IN_ALL = 50
"""Wrong tokens from everywhere before everybody has to wait."""

WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who showed the token."""

    name: str
    """As they call themselves; it stands in the records of what they do."""
    until: float


class Sessions:
    """The sessions of one hub."""

    def __init__(self, token: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._token = token
        self._clock = clock
        self._open: OrderedDict[bytes, Session] = OrderedDict()
        self._wrong: deque[tuple[float, str]] = deque()

    def wait_s(self, address: str) -> float:
        """How long this address must wait before it may try again; 0 when it need not."""
        now = self._clock()
        while self._wrong and self._wrong[0][0] <= now - WITHIN_S:
            self._wrong.popleft()
        theirs = [at for at, who in self._wrong if who == address]
        if len(theirs) >= ATTEMPTS:
            return theirs[-ATTEMPTS] + WITHIN_S - now
        if len(self._wrong) >= ATTEMPTS_IN_ALL:
            return self._wrong[-ATTEMPTS_IN_ALL][0] + WITHIN_S - now
        return 0.0

    def begin(self, token: str, name: str, address: str) -> str | None:
        """A new session's cookie; None when the token is wrong or the address must wait."""
        if self.wait_s(address) > 0:
            return None
        if not same(token, self._token):
            self._wrong.append((self._clock(), address))
            return None
        cookie = secrets.token_urlsafe(32)
        self._open[_digest(cookie)] = Session(name, self._clock() + LASTS_S)
        while len(self._open) > MOST:
            self._open.popitem(last=False)
        return cookie

    def of(self, cookie: str | None) -> Session | None:
        """Whose cookie this is; None when it is nobody's, or no longer."""
        if not cookie:
            return None
        found = self._open.get(_digest(cookie))
        if found is not None and found.until <= self._clock():
            self.end(cookie)
            return None
        return found

    def end(self, cookie: str | None) -> None:
        """Forget a session."""
        if cookie:
            self._open.pop(_digest(cookie), None)


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode(errors="replace")).digest()
