"""Readings that machines post."""

from quality_creator.actions.hub import Hub
from quality_creator.factory.http import Answer, HttpConnector, with_token
from quality_creator.model.errors import Forbidden


def gauge_of(hub: Hub, token: str) -> HttpConnector:
    """The gauge that a token belongs to. Raises Forbidden."""
    found = with_token((one for one in hub.connectors if isinstance(one, HttpConnector)), token)
    if found is None:
        raise Forbidden('no gauge has this token; it is `token` of a gauge with kind = "http"')
    return found


async def take(hub: Hub, gauge: HttpConnector, body: bytes) -> Answer:
    """Take a body in; when this returns, what is accepted is durable. Raises Unavailable."""
    return await gauge.post(body)
