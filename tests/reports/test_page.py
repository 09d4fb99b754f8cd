"""The page as a browser shows it: nothing asked for outside, nothing hostile executed, attempts on one page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


expect.set_options(timeout=20_000)  # a busy machine takes its time to unpack 4 MB of page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Shown:
    """A page opened from its file, and what happened meanwhile."""

    def __init__(self, browser: Browser, path: Path) -> None:
        self.asked: list[str] = []
        self.troubles: list[str] = []
        self.tab: Page = browser.new_page(viewport={"width": 1400, "height": 1000})
        self.tab.on("request", lambda request: self.asked.append(request.url))
        self.tab.on("dialog", lambda dialog: self.troubles.append(f"dialog {dialog.message}"))
        self.tab.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.tab.on("console", lambda line: self.troubles.append(line.text) if line.type == "error" else None)
        self.tab.goto(path.as_uri())


@pytest.fixture(scope="module")
def shown(browser: Browser, page: Path) -> Shown:
    shown = Shown(browser, page)
    expect(shown.tab.get_by_text("The unit boots", exact=True)).to_be_visible()
    return shown


def test_the_verdict_stands_on_top_as_text(shown: Shown):
    head = shown.tab.locator("#rig-verdict summary")
    expect(head).to_be_in_viewport()
    expect(head.locator("b")).to_have_text("↻ RETEST SIMULATED")
    expect(head).to_contain_text("attempt 2 of 2, plan production: PASS, 3 of 3 expected measurements")
    assert "VS1-2646-00042: RETEST SIMULATED, attempt 2 of 2" in shown.tab.title()


def test_both_attempts_are_on_the_page_of_a_test(shown: Shown):
    shown.tab.get_by_text("The running level turns at its speed, with its strength (level 3)").click()
    step = shown.tab.get_by_text("Vibration frequency, level 3: 50.02 Hz ±0.04 (49.00 .. 51.00)")
    expect(step).to_be_visible()
    described = shown.tab.frame_locator("iframe").locator("table")
    expect(described).to_contain_text("49 .. 51 Hz")
    shown.tab.get_by_text(re.compile("^Retries")).first.click()
    shown.tab.get_by_text(re.compile("<i>out</i>")).first.wait_for()


def test_nothing_outside_is_asked_for_and_nothing_hostile_runs(shown: Shown, page: Path):
    # opened, clicked through by the tests above
    assert [url for url in shown.asked if not url.startswith(("data:", "blob:"))] == [page.as_uri()]
    assert shown.troubles == []


def test_a_browser_refuses_what_a_script_asks_for(browser: Browser, page: Path):
    refused = """new Promise(done => {
        document.addEventListener("securitypolicyviolation", event => done(event.effectiveDirective));
        fetch("http://127.0.0.1:9/").then(() => done("went"), () => setTimeout(() => done("failed"), 1000));
    })"""
    assert Shown(browser, page).tab.evaluate(refused) == "connect-src"


def test_the_plain_page_needs_no_script(browser: Browser, page: Path):
    plain = Shown(browser, page.with_name("plain.html"))
    expect(plain.tab.locator("h1")).to_have_text("VS1-2646-00042: RETEST SIMULATED")
    expect(plain.tab.get_by_text("Attempt 1, plan production: FAIL")).to_be_visible()
    expect(plain.tab.get_by_text(r"\udce9<script>alert(3)</script>", exact=False).first).to_be_visible()
    assert plain.asked == [page.with_name("plain.html").as_uri()]
    assert plain.troubles == []
