"""Session descriptions: what an offer asks, and what is added to an answer (RFC 8866, RFC 8840)."""

import ipaddress
import re
from dataclasses import dataclass

from quality_creator.model.errors import BadPayload

_MEDIA = re.compile(r"^m=(\S+) (\d+) ", re.MULTILINE)
_CANDIDATE = re.compile(r"^(a=candidate:\S+ \d+ \S+ \d+ )(\S+)( \d+ typ host.*)$", re.MULTILINE)

MAX_CANDIDATES = 40


@dataclass(frozen=True, slots=True)
class Wish:
    """What an offer asks, as far as we look before a library does."""

    kinds: tuple[str, ...]
    """Of its media, in order."""
    h264: bool


def wish(offer: str) -> Wish:
    """Look at an offer. Raises BadPayload where it is none that a guest can come with."""
    kinds = tuple(match[1] for match in _MEDIA.finditer(offer.replace("\r\n", "\n")))
    if not offer.startswith("v=0") or not kinds:
        raise BadPayload("this is no session description; post the offer of a peer connection")
    for kind in kinds:
        if kind not in ("audio", "video"):
            raise BadPayload(f"an offer of {kind}; only sound and pictures are taken")
        if kinds.count(kind) > 1:
            raise BadPayload(
                f"an offer with {kinds.count(kind)} streams of {kind}; at most one of each is taken"
            )
    return Wish(
        kinds, re.search(r"^a=rtpmap:\d+ H264/90000", offer, re.MULTILINE | re.IGNORECASE) is not None
    )


def announced(answer: str, address: str) -> str:
    """The answer with our own addresses behind a router replaced by the one that the router forwards."""
    if not address:
        return answer
    version = ipaddress.ip_address(address).version

    def replace(match: re.Match[str]) -> str:
        ours = ipaddress.ip_address(match[2])
        return f"{match[1]}{address}{match[3]}" if ours.version == version else match[0]

    return _CANDIDATE.sub(replace, answer.replace("\r\n", "\n")).replace("\n", "\r\n")


def capped(answer: str, kilobits: int) -> str:
    """The answer with an upper limit of what we want to get of each video (RFC 8866, 5.8)."""
    lines = answer.replace("\r\n", "\n").split("\n")
    out: list[str] = []
    video = False
    for line in lines:
        out.append(line)
        if line.startswith("m="):
            video = line.startswith("m=video")
        elif line.startswith("c=") and video:
            out.append(f"b=AS:{kilobits}")
            out.append(f"b=TIAS:{kilobits * 1000}")
            video = False
    return "\r\n".join(out)


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a trickled fragment brings (RFC 8840)."""

    username: str
    """The ICE user name fragment that it is of; empty when it does not say."""
    candidates: tuple[tuple[str, str], ...]
    """Of which `mid`, and the candidate without `candidate:`."""
    complete: bool
    """No more will come."""


def fragment(text: str) -> Fragment:
    """Read a fragment. Raises BadPayload."""
    username, mid, candidates, complete = "", "", [], False
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.startswith("a=ice-ufrag:"):
            username = line.removeprefix("a=ice-ufrag:").strip()
        elif line.startswith("a=mid:"):
            mid = line.removeprefix("a=mid:").strip()
        elif line.startswith("a=candidate:"):
            one = line.removeprefix("a=candidate:").strip()
            bits = one.split()
            if len(bits) < 8 or not (bits[1].isdigit() and bits[3].isdigit() and bits[5].isdigit()):
                raise BadPayload(f"this is no candidate: {line[:80]!r}")
            candidates.append((mid, one))
        elif line.startswith("a=end-of-candidates"):
            complete = True
    if len(candidates) > MAX_CANDIDATES:
        raise BadPayload(f"{len(candidates)} candidates at once; at most {MAX_CANDIDATES} are taken")
    if not (username or candidates or complete):
        raise BadPayload(
            "there is nothing in this fragment: no user name fragment, no candidate, no end of them"
        )
    return Fragment(username, tuple(candidates), complete)
