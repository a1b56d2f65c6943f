"""What holds for every test."""

from pathlib import Path

import pytest
from pytest_rerunfailures import suspended_finalizers

HERE = Path(__file__).parent

IN_REAL_TIME = (
    "demo",
    "e2e",
    "media/capture",
    "media/rtmp",
    "media/webrtc",
    "media/test_iso.py",
    "media/test_restream.py",
    "media/test_spare.py",
    "media/test_strip.py",
    "media/test_supervisor.py",
    "media/test_switching.py",
    "media/test_worker.py",
    "actions/test_ingest_killed.py",
    "factory/test_mqtt.py",
    "media/test_graphics.py",
    "peers",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `tests.run` run one half."""
    parser.addoption(
        "--half", choices=("computing", "real-time"), help="which tests (by default all of them)"
    )


def in_real_time(item: pytest.Item) -> bool:
    """Whether it waits for processes and browsers, and so wants the machine for itself."""
    return item.path.is_relative_to(HERE) and item.path.relative_to(HERE).as_posix().startswith(IN_REAL_TIME)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give tests that run processes and browsers in real time a second try, shown as `R`.

    They have deadlines of seconds, which a machine that is busy with something else can miss. A fault
    of ours fails twice. What stopped the first try is printed at the end, whatever became of the second.
    """
    chosen: dict[bool, list[pytest.Item]] = {False: [], True: []}
    for item in items:
        chosen[in_real_time(item)].append(item)
    for item in chosen[True]:
        item.add_marker(pytest.mark.flaky(reruns=1))
    half = config.getoption("--half")
    if half is None:
        return
    items[:] = chosen[half == "real-time"]
    config.hook.pytest_deselected(items=chosen[half != "real-time"])
    if half == "computing":  # what takes long begins first, so that no core waits for another at the end
        long = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in long)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Start a second try from clean ground: fixtures of every scope are ended, and made anew for it.

    The plugin keeps those of a module for the second try, with what the first one left in them: its account,
    its published episode, at which the second stops without ever coming to what it is a test of.
    """
    if getattr(item, "execution_count", 1) > 1:
        state = item.session._setupstate
        state.stack.update(suspended_finalizers)
        suspended_finalizers.clear()
        state.teardown_exact(None)
