"""What holds for every test."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent

IN_REAL_TIME = (
    "demo",
    "e2e",
    "media/capture",
    "media/rtmp",
    "media/webrtc",
    "media/test_supervisor.py",
    "media/test_switching.py",
    "media/test_worker.py",
    "factory/test_mqtt.py",
    "media/test_graphics.py",
    "peers",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests that run processes and browsers in real time a second try, shown as `R`.

    They have deadlines of seconds, which a machine that is busy with something else can miss. A fault
    of ours fails twice.
    """
    for item in items:
        if item.path.is_relative_to(HERE) and item.path.relative_to(HERE).as_posix().startswith(IN_REAL_TIME):
            item.add_marker(pytest.mark.flaky(reruns=1))
