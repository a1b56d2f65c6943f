"""What a chart remembers between two steps, and its bytes.

A state is a few hundred bytes whatever has passed through it. Its bytes carry a format number
and a digest: bytes that were changed, cut or made elsewhere are refused, never half believed.
OEE, traces and switching rules seal their states in the same way.
"""

import hashlib
import math

import msgspec

from quality_creator.model.errors import BadInput, BadPayload
from quality_creator.quality.chart import MULTIVARIATE, AnyLimits, MultivariateLimits, Plan, check_plan
from quality_creator.quality.judge import HISTORY_BITS, NO_HISTORY

MAGIC = b"QCS\x01"
"""Three letters and the format's number."""

_DIGEST = 12


class State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a chart stands: its plan, its frozen limits, and what the next point needs to know."""

    plan: Plan
    limits: AnyLimits
    plotted: int = 0
    """Points since `start()`; the number of the next one."""
    pending: tuple[float, ...] = ()
    """Values of a point that is not complete yet."""
    previous: float = math.nan
    """The last plotted location; NaN when there was none or it was missing."""
    memory: tuple[float, ...] = ()
    """What a weighted chart carries on."""
    history: tuple[int, ...] = NO_HISTORY
    """For each of `rules.PAIRS` the truths at the last 16 points, upward and downward, the newest
    in the highest bit."""


def encode(state: State) -> bytes:
    """The state as bytes, for `decode` after a restart."""
    return seal(MAGIC, msgspec.msgpack.encode(state))


def decode(data: bytes) -> State:
    """The state of these bytes.

    Raises:
        BadPayload: the bytes are not exactly those that `encode` made.
    """
    try:
        state = msgspec.msgpack.decode(unseal(MAGIC, data), type=State)
        check_plan(state.plan)
        _check(state)
    except (msgspec.MsgspecError, ValueError, BadInput, RecursionError) as error:
        raise BadPayload(f"a chart's state that can't be: {error}") from error
    return state


def seal(magic: bytes, body: bytes) -> bytes:
    """A body behind its format number and digest."""
    return magic + _digest(magic, body) + body


def unseal(magic: bytes, data: bytes) -> bytes:
    """The body of sealed bytes.

    Raises:
        BadPayload: they are of another format, or were changed.
    """
    if data[:3] != magic[:3]:
        raise BadPayload("these bytes are not a state of this kind")
    if data[:4] != magic:
        raise BadPayload(f"a state of format {data[3:4].hex() or 'none'}; this program reads {magic[3]}")
    digest, body = data[4 : 4 + _DIGEST], data[4 + _DIGEST :]
    if digest != _digest(magic, body):
        raise BadPayload("a state whose digest does not match: it was changed or cut")
    return body


def _digest(magic: bytes, body: bytes) -> bytes:
    return hashlib.blake2b(magic + body, digest_size=_DIGEST).digest()


def _check(state: State) -> None:
    plan = state.plan
    carried = {"ewma": 2, "cusum": 2, "mewma": plan.variables + 1}.get(plan.kind, 0)
    sound = (
        isinstance(state.limits, MultivariateLimits) == (plan.kind in MULTIVARIATE)
        and len(state.memory) in (0, carried)
        and len(state.history) == len(NO_HISTORY)
        and all(0 <= bits < 1 << HISTORY_BITS for bits in state.history)
        and len(state.pending) < plan.take
        and state.plotted >= 0
        and not any(math.isinf(value) for value in (*state.pending, *state.memory, state.previous))
    )
    if not sound:
        raise BadPayload("a chart's state whose parts don't fit together")
