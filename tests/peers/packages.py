"""Debian packages that tests take real parts from: brought in when we may, else the test is skipped."""

import functools
import os
import shutil
import subprocess
from typing import NoReturn

import pytest


def need(*packages: str) -> None:
    """Make sure that Debian packages are installed, or skip the test.

    As root on Debian, missing ones are installed. Otherwise the test is skipped and names them, except in
    continuous integration (`CI=true`), where a test that can't run is a failure.
    """
    missing = [package for package in packages if not installed(package)]
    if not missing:
        return
    problem = install(*missing)
    if problem is None:
        return
    cannot_run(f"needs the Debian package{'s' * (len(missing) > 1)} {' '.join(missing)}: {problem}")


def cannot_run(words: str) -> NoReturn:
    """Skip the test, or let it fail in continuous integration."""
    if os.environ.get("CI") == "true":
        pytest.fail(words, pytrace=False)
    pytest.skip(words)


def installed(package: str) -> bool:
    """Whether dpkg has a package, whole."""
    if shutil.which("dpkg-query") is None:
        return False
    command = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout == "installed"


def install(*packages: str) -> str | None:
    """Install packages quietly; why it can't be done, or None when they are there."""
    if shutil.which("apt-get") is None:
        return "this is not Debian"
    if os.geteuid() != 0:
        return "not root; install with: apt-get install " + " ".join(packages)
    _update()
    return _apt("install", "--yes", "--no-install-recommends", *packages)


@functools.cache
def _update() -> None:
    """Fetch the lists once a run; an old list often does, so that a failure shows in the installation."""
    _apt("update")


def _apt(*arguments: str) -> str | None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # Another test run, or the machine itself, may hold dpkg's lock for a while.
    command = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else (done.stderr.strip().splitlines() or ["apt-get failed"])[-1]
