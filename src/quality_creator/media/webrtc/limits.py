"""How long a guest's connection may take, and how much it is asked to send."""

HANDSHAKE_S = 10.0
"""For an offer to become an answer."""

CONNECT_S = 20.0
"""For a connection to stand after its answer, or it is let go."""

SILENCE_S = 5.0
"""Without a packet: the guest is gone; the connection itself takes half a minute to notice."""

ON_PROGRAM_BPS, OFF_PROGRAM_BPS = 1_800_000, 600_000
"""What a guest is asked to send at most: 1280x720 while in the picture, 640x360 otherwise."""
