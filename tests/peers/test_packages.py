"""A test that can't have its real parts says so, and nobody takes that for a success."""

import shutil

import pytest

from tests.peers.packages import cannot_run, installed, need


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="not Debian")
def test_what_is_installed_is_known() -> None:
    assert [installed(name) for name in ("dpkg", "no-such-package")] == [True, False]
    need("dpkg")


def test_without_its_parts_a_test_is_skipped_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="needs the Debian package x: not root"):
        cannot_run("needs the Debian package x: not root")


def test_in_continuous_integration_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="needs the Debian package x: not root"):
        cannot_run("needs the Debian package x: not root")
