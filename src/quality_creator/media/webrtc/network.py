"""The event loop of the guests' connections: its sockets stand in ports that a firewall can open."""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose datagram sockets have ports of a range where none is asked for.

    The ICE library asks for any port; there is no other place at which one can be chosen.
    """

    def __init__(self, ports: tuple[int, int] | None) -> None:
        super().__init__()
        self._ports = None if ports is None else itertools.cycle(range(ports[0], ports[1] + 1))
        self._count = 0 if ports is None else ports[1] - ports[0] + 1

    async def create_datagram_endpoint(  # type: ignore[override]
        self, protocol_factory: Callable[[], Any], local_addr: Any = None, **keywords: Any
    ) -> Any:
        """See `asyncio.loop`. Raises OSError when no port of the range is free."""
        if self._ports is None or local_addr is None or local_addr[1] != 0:
            return await super().create_datagram_endpoint(protocol_factory, local_addr, **keywords)
        for port in itertools.islice(self._ports, self._count):
            try:
                return await super().create_datagram_endpoint(
                    protocol_factory, (local_addr[0], port), **keywords
                )
            except OSError:
                continue
        raise OSError(f"no UDP port of the {self._count} in webrtc.ports is free at {local_addr[0]}")
