"""Finds a Chromium for the browser tests, or brings one: `python -m tests.browser`.

The system's own is preferred. Without one, Debian's is installed when we are root there, and Playwright's
otherwise.
"""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.peers import packages

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

FLAGS = (
    # A page may start its player by itself, as it may for a reader who has been here before.
    "--autoplay-policy=no-user-gesture-required",
    # A page that is not in front goes on at full pace.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    # Containers often have a small /dev/shm.
    "--disable-dev-shm-usage",
    # Nothing but the pages under test uses the network.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def flags() -> list[str]:
    """How to start it; as root it can't have its sandbox."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*FLAGS, *(["--no-sandbox"] if root else [])]


def chromium() -> str | None:
    """The path of a Chromium that starts, or None."""
    found = [path for name in NAMES if (path := shutil.which(name))]
    with sync_playwright() as playwright:
        bundled = playwright.chromium.executable_path
    return next((path for path in [*found, bundled] if _starts(path)), None)


def _starts(path: str) -> bool:
    # Some systems have a stub of that name that only tells how to install it.
    if not Path(path).exists():
        return False
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def bring() -> str | None:
    """Install a Chromium; why it could not be done, or None."""
    if _debian() and os.geteuid() == 0:
        return packages.install("chromium")
    # Playwright knows which libraries its Chromium wants, and may install them when we are root.
    with_libraries = ["--with-deps"] if sys.platform == "linux" and os.geteuid() == 0 else []
    command = [sys.executable, "-m", "playwright", "install", *with_libraries, "chromium"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else (done.stderr.strip().splitlines() or ["playwright failed"])[-1]


def _debian() -> bool:
    try:
        return platform.freedesktop_os_release()["ID"] == "debian"
    except OSError:
        return False


def main() -> None:
    """Say which one the tests will use; leave with an error when there is none."""
    path, problem = chromium(), None
    if path is None:
        problem = bring()
        path = chromium()
    if path is None:
        sys.exit(f"no Chromium for the browser tests: {problem or 'what was installed does not start'}")
    print(f"browser: {path}")


if __name__ == "__main__":
    main()
