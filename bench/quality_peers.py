"""One peer's time for one chart; run by `bench.quality` with the Python of build/bench-venv.

    python quality_peers.py pccpy i-mr 1000000 3

prints the seconds of the best of so many runs, and the peak memory beside the data in MB.
Each peer gets the data in the shape it likes best, made before the clock starts.
"""

import json
import resource
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np


def values(count: int) -> np.ndarray:
    """The same readings for everyone."""
    return np.random.default_rng(0).normal(size=count)


def pccpy(chart: str, data: np.ndarray) -> Callable[[], object]:
    import pccpy as peer

    if chart == "i-mr":
        return lambda: peer.imr_chart(data, tests="all")
    rows = data.reshape(-1, 5)
    return lambda: peer.xbar_r_chart(rows, tests="all")


def shewhart(chart: str, data: np.ndarray) -> Callable[[], object]:
    import pandas as pd
    import shewhart as peer

    if chart == "i-mr":
        frame = pd.DataFrame({"v": data})
        return lambda: peer.imr(frame, value="v", rules="nelson")
    frame = pd.DataFrame({"v": data, "g": np.arange(len(data)) // 5})
    return lambda: peer.xbar_r(frame, value="v", subgroup="g", rules="nelson")


def processbehavior(chart: str, data: np.ndarray) -> Callable[[], object]:
    import pandas as pd
    import processbehavior as peer

    # Its subgroup charts are Xbar and S.
    group = np.arange(len(data)) // (1 if chart == "i-mr" else 5)
    frame = pd.DataFrame({"v": data, "t": group})

    def judge() -> object:
        study = peer.formulate(frame, response="v", time="t")
        found = study.execute(chart="X" if chart == "i-mr" else "Xbar")
        return found.detect_signals(rules="extended")

    return judge


PEERS = {"pccpy": pccpy, "shewhart": shewhart, "processbehavior": processbehavior}


def main() -> None:
    """Time what the arguments name."""
    warnings.simplefilter("ignore")
    peer, chart, count, runs = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    data = values(count)
    PEERS[peer](chart, values(5000))()  # imports and caches are not timed
    call = PEERS[peer](chart, data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    best = float("inf")
    for _ in range(runs):
        began = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - began)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": best, "peak_mb": (after - before) / 1024}))


if __name__ == "__main__":
    main()
