"""The pictures of the documents: `python -m tests.docs.pictures` takes them anew, with the machine's Chromium."""

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
CHROMIUM = "/usr/bin/chromium"
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
FAILED = "The running level turns at its speed, with its strength and current (level 3)"
WIDTH, SETTLE_MS = 980, 2000


def page_of(data: str, *arguments: str) -> Path:
    """Test a unit on the twin; the path of its page."""
    command = [sys.executable, "-m", "rig.cli", "test", "--data", data, *arguments]
    printed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return Path(printed.splitlines()[-1])


def main() -> None:
    """Take both pictures: a unit that passed, and the failed test of one that didn't."""
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        wanted = (
            ("unit-page.png", page_of(data, "VS1-2026-000001"), 884, None),
            ("failed-test.png", page_of(data, "VS1-2026-000002", "--defect", "bearing_tight"), 860, FAILED),
        )
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        for name, page, height, clicked in wanted:
            view = browser.new_page(viewport={"width": WIDTH, "height": height})
            view.goto(page.as_uri())
            view.wait_for_timeout(SETTLE_MS)
            if clicked is not None:
                view.get_by_text(clicked).first.click()
                view.wait_for_timeout(SETTLE_MS)
            view.screenshot(path=PICTURES / name)
        browser.close()


if __name__ == "__main__":
    main()
