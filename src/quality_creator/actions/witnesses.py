"""Ask the log's witnesses for their cosignatures, all at once, and wait no longer than it takes.

A witness that does not answer, or answers what can't be right, is left alone for a while; the operator is
told its own words.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec

from quality_creator.actions.log_writer import Prove
from quality_creator.model.errors import BadPayload, Unavailable
from quality_creator.trust.log import witnessing
from quality_creator.trust.log.checkpoint import Signed
from quality_creator.trust.log.note import Signature
from quality_creator.trust.log.policy import Policy, Witness
from quality_creator.trust.log.witnessing import Request

if TYPE_CHECKING:
    import httpx

TIMEOUT_S = 4.0
"""For one witness."""

GRACE_S = 0.25
"""How long the others are waited for once the quorum is met."""

AGAIN_S = 30.0
"""How long a witness that failed is left alone."""

LARGEST_ANSWER = 64 << 10


class WitnessStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a witness is doing, for the operator."""

    name: str
    size: int
    """Of the newest tree that it cosigned for us; 0 before the first."""
    trouble: str
    """What it answered last, when that was no cosignature."""


@dataclass(slots=True)
class _State:
    witness: Witness
    size: int = 0
    trouble: str = ""
    alone_until: float = 0.0


class Witnesses:
    """Those that a policy names with an address; where it names none, no client is needed."""

    def __init__(self, policy: Policy, client: "httpx.AsyncClient | None") -> None:
        self._client = client
        self._policy = policy
        self._states = [_State(one) for one in policy.witnesses if one.address]

    def status(self) -> tuple[WitnessStatus, ...]:
        """How each is doing."""
        return tuple(
            WitnessStatus(name=one.witness.name, size=one.size, trouble=one.trouble) for one in self._states
        )

    async def ask(
        self, signed: Signed, prove: Prove, enough: Callable[[Sequence[Signature]], bool]
    ) -> Sequence[Signature]:
        """Cosignatures of a checkpoint, verified; as many as come while they are waited for."""
        now = asyncio.get_running_loop().time()
        asked = [one for one in self._states if one.alone_until <= now]
        if not self._policy.holds([one.witness.name for one in asked]):
            # Leaving those alone that failed lately would only make sure that the quorum is not met.
            asked = self._states
        waiting = {asyncio.create_task(self._cosigned(one, signed, prove)) for one in asked}
        found: list[Signature] = []
        try:
            deadline = None
            while waiting:
                done, waiting = await asyncio.wait(
                    waiting, timeout=deadline and deadline - now, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    found += task.result()
                now = asyncio.get_running_loop().time()
                if deadline is None and enough(found):
                    deadline = now + GRACE_S
                if deadline is not None and now >= deadline:
                    break
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        return found

    async def _cosigned(self, one: _State, signed: Signed, prove: Prove) -> list[Signature]:
        import httpx

        try:
            found = await asyncio.wait_for(self._exchange(one, signed, prove), TIMEOUT_S)
        except (BadPayload, Unavailable, httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            one.trouble = str(error) or type(error).__name__
            one.alone_until = asyncio.get_running_loop().time() + AGAIN_S
            return []
        one.trouble = ""
        one.size = signed.checkpoint.size
        return found

    async def _exchange(self, one: _State, signed: Signed, prove: Prove) -> list[Signature]:
        size = signed.checkpoint.size
        for _ in range(2):  # it may have seen another tree than we believe, which it then says
            request = Request(one.size, tuple(await prove(one.size)), signed.encode())
            status, body = await self._post(one.witness, request.encode())
            if status == HTTPStatus.OK:
                found = witnessing.cosignatures(body, signed, one.witness.key)
                if not found:
                    raise BadPayload("it answered without a cosignature of its own")
                return found
            if status != HTTPStatus.CONFLICT:
                words = body[:300].decode(errors="replace").strip()
                raise BadPayload(f"it answered {status}: {words}")
            one.size = witnessing.decode_size(body)
            if one.size > size:
                raise BadPayload(f"it has cosigned {one.size} entries of this log, which has {size} here")
        raise BadPayload("it does not know what it has seen")

    async def _post(self, witness: Witness, content: bytes) -> tuple[int, bytes]:
        assert self._client is not None
        address = f"{witness.address.rstrip('/')}/add-checkpoint"
        body = bytearray()
        async with self._client.stream("POST", address, content=content) as answer:
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > LARGEST_ANSWER:
                    raise BadPayload("its answer is too long")
        return answer.status_code, bytes(body)
