"""Judge laboratory traces by their tests' envelopes, once, when they come."""

from collections.abc import Iterable, Mapping, Sequence

from quality_creator.config import Config, TraceTest
from quality_creator.model.clock import Micros
from quality_creator.model.errors import BadInput
from quality_creator.model.reading import Trace
from quality_creator.quality import trace
from quality_creator.quality.trace import Envelope, TraceResult
from quality_creator.store import traces
from quality_creator.store.database import Transaction


def envelope(test: TraceTest) -> Envelope:
    """In the words of the statistics room."""
    return Envelope(upper=test.upper, lower=test.lower)


def envelopes(config: Config) -> dict[str, Envelope]:
    """Every test's. Raises BadInput for one that no trace could be judged by; the text names its key."""
    found: dict[str, Envelope] = {}
    for index, test in enumerate(config.traces):
        found[test.id] = envelope(test)
        try:
            trace.check_envelope(found[test.id])
        except BadInput as error:
            raise BadInput("traces[{index}]: {error}", index=index, error=error) from error
    return found


def judge(limits: Envelope, one: Trace) -> TraceResult:
    """The verdict on a trace."""
    return trace.judge(limits, one.x, [float("nan") if y is None else y for y in one.y])


def enter(
    transaction: Transaction, limits: Mapping[str, Envelope], new: Iterable[Trace], received: Micros
) -> None:
    """Judge traces that are known to be new, and keep them."""
    judged = [(one, judge(limits[one.test], one), limits[one.test]) for one in new]
    traces.add(transaction, judged, received)


def known(transaction: Transaction, offered: Sequence[Trace]) -> set[traces.TraceKey]:
    """Those that were taken in before."""
    return traces.known(transaction, [traces.trace_key(one) for one in offered])
