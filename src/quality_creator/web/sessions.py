"""Who a request comes from: a cookie or a token, and how often somebody may try to come in."""

import ipaddress
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from quality_creator.actions import sessions
from quality_creator.actions.hub import Hub
from quality_creator.model.errors import BadPayload, Forbidden, NotFound
from quality_creator.model.person import Visitor
from quality_creator.web.patience import Patience
from quality_creator.web.security import same

COOKIE = "session"

ATTEMPTS = 5
"""Wrong tries from one address, or for one account, before it has to wait."""

ATTEMPTS_IN_ALL = 50
"""Wrong tries from everywhere before everybody has to wait."""

WITHIN_S = 60.0
"""In which they are forgiven."""


class Sessions:
    """The door of one hub."""

    def __init__(self, hub: Hub, clock: Callable[[], float] = time.monotonic) -> None:
        self._hub = hub
        self._clock = clock
        self._each = Patience(burst=ATTEMPTS, per_s=ATTEMPTS / WITHIN_S)
        self._all = Patience(burst=ATTEMPTS_IN_ALL, per_s=ATTEMPTS_IN_ALL / WITHIN_S)

    async def visitor(self, request: Request) -> Visitor | None:
        """Who it is. A token that is not the operator's is nobody's, whatever cookie comes with it."""
        address = address_of(request)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme:
            right = scheme.lower() == "bearer" and same(token.strip(), self._hub.operator_token)
            return sessions.operator(address) if right else None
        secret = secret_of(request)
        return await sessions.visitor(self._hub, secret, address) if secret else None

    @contextmanager
    def attempt(self, request: Request, account: str = "") -> Iterator[None]:
        """A try to come in, counted by address and account; what was not wrong is not counted.

        Tries that run side by side are counted before any of them is judged.

        Raises:
            TooOften: instead of letting it happen.
        """
        taken = self._count(request, account)
        wrong = False
        try:
            yield
        except (Forbidden, NotFound, BadPayload):
            wrong = True
            raise
        finally:
            if not wrong:
                for key, patience in taken:
                    patience.give_back(key, self._clock())

    @contextmanager
    def guess(self, request: Request) -> Iterator[None]:
        """A try with a secret that nobody can guess: what is right opens, however often others were wrong.

        The guests of one office come from one address, and one with an old link must not lock out the rest.

        Raises:
            TooOften: instead of saying once more that it is wrong.
        """
        try:
            yield
        except (Forbidden, NotFound, BadPayload):
            self._count(request)
            raise

    def _count(self, request: Request, account: str = "") -> list[tuple[str, Patience]]:
        """Count a try; what was counted. Raises TooOften, and counts nothing then."""
        keys = [("all", self._all), (f"address {network(address_of(request))}", self._each)]
        if account:
            keys.append((f"account {account}", self._each))
        taken: list[tuple[str, Patience]] = []
        now = self._clock()
        try:
            for key, patience in keys:
                patience.take(key, now)
                taken.append((key, patience))
        except Forbidden:
            for key, patience in taken:
                patience.give_back(key, now)
            raise
        return taken


def address_of(request: Request) -> str:
    """Where a request comes from; behind a proxy on this machine, what the proxy says."""
    return request.client.host if request.client else ""


def network(address: str) -> str:
    """Whose address it is as far as patience goes: an IPv6 subscriber has a whole /64."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False))


# --- the cookie ----------------------------------------------------------------------------------


def cookie_name(request: Request) -> str:
    """Over TLS a name that browsers take from this very host only, and never without TLS."""
    return f"__Host-{COOKIE}" if request.url.scheme == "https" else COOKIE


def secret_of(request: Request) -> str:
    """What the browser sends of a session; empty when it has none."""
    return request.cookies.get(cookie_name(request), "")


def let_in(request: Request, answer: Response, secret: str, until: datetime) -> Response:
    """Give the browser its session."""
    answer.set_cookie(
        cookie_name(request),
        secret,
        max_age=int((until - datetime.now(UTC)).total_seconds()),
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


def let_out(request: Request, answer: Response) -> Response:
    """Take the session from the browser."""
    secure = request.url.scheme == "https"
    answer.delete_cookie(cookie_name(request), path="/", httponly=True, samesite="strict", secure=secure)
    return answer


def device_of(request: Request) -> str:
    """What the browser calls itself."""
    return request.headers.get("user-agent", "")[:256]
