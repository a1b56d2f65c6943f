"""How much a peer may ask of us before it is cut off."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds for one peer; the defaults fit 1080p at 50 Mb/s and leave a stranger next to nothing."""

    handshake_s: float = 5.0
    """From the connection to the end of the handshake."""
    publish_s: float = 10.0
    """From the connection to an accepted stream key."""
    idle_s: float = 5.0
    """Without a whole picture or sound message, once the peer publishes."""
    before_publish_bytes: int = 1 << 18
    """All that may be sent before a stream key is accepted."""
    command_bytes: int = 1 << 16
    """One command or one set of metadata."""
    message_bytes: int = 1 << 22
    """One picture; messages in the making may hold twice as much together."""
    chunk_streams: int = 64
    least_chunk_bytes: int = 128
    """The specification's own advice; smaller chunks only cost time."""

    connections: int = 64
    """Of all peers together."""
    unread_bytes: int = 1 << 16
    """Of our answers that a peer leaves unread."""
    pipe_bytes: int = 1 << 23
    """Of a publisher's stream that the programme has not taken yet; beyond it the peer is not read."""
    stuck_s: float = 10.0
    """How long a full pipe may stay full before the publisher is cut off."""
