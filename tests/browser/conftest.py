"""Fixtures of the browser tests: one JupyterLab and one Chromium for all of them, a page for each."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

playwright = pytest.importorskip("playwright.sync_api")

from lab import Lab, find_chromium  # noqa: E402  (playwright may be missing)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator["playwright.Browser"]:
    chromium = find_chromium()
    if chromium is None:
        reason = "No Chromium: install Debian's `chromium`, or set TWOLEVERS_CHROMIUM to a browser's path."
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: "playwright.Browser") -> Iterator["playwright.Page"]:
    """A page whose every request is recorded; none may leave the machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(60_000)  # a busy machine is slow, not wrong
    opened = context.new_page()
    requests: list[str] = []
    opened.on("request", lambda request: requests.append(request.url))
    opened.on("websocket", lambda socket: requests.append(socket.url))
    yield opened
    context.close()
    local = ("127.0.0.1", None)  # None: data: and blob: addresses
    assert [url for url in requests if urlsplit(url).hostname not in local and not url.startswith("blob:")] == []
    assert requests


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where screenshots go: `TWOLEVERS_SHOTS` for somebody who wants to look at them, else a passing folder."""
    folder = Path(os.environ.get("TWOLEVERS_SHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
