"""Fixtures of the browser tests: one JupyterLab and one Chromium for all of them, a page for each or for a module."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

playwright = pytest.importorskip("playwright.sync_api")

from lab import SIZE, Desk, Lab, find_chromium, load_lab  # noqa: E402  (playwright may be missing)


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


@contextmanager
def watched(browser: "playwright.Browser") -> Iterator["playwright.Page"]:
    """A page whose every request is recorded; none may leave the machine."""
    context = browser.new_context(viewport=SIZE)
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
def page(browser: "playwright.Browser") -> Iterator["playwright.Page"]:
    """A page of the test's own."""
    with watched(browser) as opened:
        yield opened


@pytest.fixture(scope="module")
def loaded(browser: "playwright.Browser", lab: Lab) -> Iterator[tuple["playwright.Page", str]]:
    """JupyterLab, loaded once for the tests of a module, and the kernel that they share."""
    with watched(browser) as opened:
        load_lab(opened, lab)
        yield opened, lab.post("kernels", name="python3")["id"]


@pytest.fixture
def desk(loaded: tuple["playwright.Page", str]) -> Iterator["Desk"]:
    """JupyterLab with nothing open. Its kernel is no fresh one: what earlier tests imported is there."""
    desk = Desk(*loaded)
    yield desk
    desk.clear()


@pytest.fixture
def shots() -> Callable[..., None]:
    """`shots(page, "form.png")` takes a picture where `TWOLEVERS_SHOTS` names a folder, for somebody who looks."""

    def shoot(what: "playwright.Page | playwright.Locator", name: str, **options: bool) -> None:
        if folder := os.environ.get("TWOLEVERS_SHOTS"):
            what.screenshot(path=Path(folder) / name, **options)

    return shoot
