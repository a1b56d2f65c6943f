"""A real browser for the pages: `browser` once a module, `page` new for each test, 390 or 1440 pixels."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import chromium, flags
from tests.peers.packages import cannot_run

DESK, PHONE = 1440, 390
HEIGHTS = {DESK: 900, PHONE: 844}

# How long a page may take for anything: nobody waits for it but a test that fails.
PATIENCE_MS = 90_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The Chromium that `python -m tests.browser` finds.

    It does not outlive the module: while Playwright runs, nothing else in its thread can start a loop.
    """
    path = chromium()
    if path is None:
        cannot_run("needs a Chromium; `python -m tests.browser` brings one")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=flags())
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page without cookies, at a desk. An error that its scripts do not catch fails the test.

    For both widths: `@pytest.mark.parametrize("page", [390, 1440], indirect=True)`.
    """
    width: int = getattr(request, "param", DESK)
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHTS[width]},
        has_touch=width == PHONE,
        locale="en-GB",
        reduced_motion="no-preference",
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []
