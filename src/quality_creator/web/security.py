"""What every answer carries, and who may ask for what."""

import hmac
from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quality_creator.model.errors import Forbidden

# blob: is the media source that hls.js hands to the video element. The hash is that of an empty text:
# media-chrome's <style> elements are left empty and filled by script (frontend/src/player/chrome.ts).
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
        "img-src 'self'",
        "font-src 'self'",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class SecurityHeaders:
    """Put the policy on every answer, and refuse changes that another site sends a browser to make."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["method"] not in ("GET", "HEAD", "OPTIONS") and cross_site(Headers(scope=scope)):
            await _refuse(with_headers)
            return
        await self.app(scope, receive, with_headers)


def cross_site(headers: Headers) -> bool:
    """Whether a browser says that another site made it ask.

    Programs send neither header; every current browser sends `Sec-Fetch-Site`.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and origin.partition("://")[2] != headers.get("host")


async def _refuse(send: Send) -> None:
    body = b'{"error":"this request came from another site"}'
    start: Message = {
        "type": "http.response.start",
        "status": 403,
        "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())],
    }
    await send(start)
    await send({"type": "http.response.body", "body": body})


def bearer(request: Request) -> str:
    """The token of a request. Raises Forbidden when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Forbidden("send a token: `Authorization: Bearer …`")
    return token.strip()


def same(given: str, expected: str) -> bool:
    """Compare two secrets without telling by time how alike they are."""
    return hmac.compare_digest(given.encode(), expected.encode())
