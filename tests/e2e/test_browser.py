"""The browser that the other tests rely on."""

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("page", [390, 1440], indirect=True)
def test_it_is_as_wide_as_asked(page: Page, request: pytest.FixtureRequest) -> None:
    width = request.node.callspec.params["page"]
    assert page.evaluate("[innerWidth, navigator.maxTouchPoints > 0]") == [width, width == 390]


def test_it_plays_what_we_send_and_may_start_by_itself(page: Page) -> None:
    codecs = 'video/mp4; codecs="avc1.64001F, mp4a.40.2"'
    assert page.evaluate(f"MediaSource.isTypeSupported('{codecs}')")
    assert page.evaluate("new AudioContext().state") == "running"


def test_pages_of_one_test_know_nothing_of_another(browser: Browser, page: Page) -> None:
    other = browser.new_context()
    other.add_cookies([{"name": "lang", "value": "en", "url": "http://127.0.0.1"}])
    assert page.context.cookies() == []
    other.close()
