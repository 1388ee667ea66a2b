"""A private JupyterLab and what the tests do in it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
from playwright.sync_api import Page

from twolevers.lab import STILL, write_settings

TOKEN = "browser-tests"
AXE = Path(__file__).with_name("vendor") / "axe.min.js"
SIZE = {"width": 1280, "height": 1000}


def find_chromium() -> str | None:
    """The browser to drive: `TWOLEVERS_CHROMIUM`, or the first of the usual names on the path."""
    names = (os.environ.get("TWOLEVERS_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


class Lab:
    """A JupyterLab server of its own: folders, port, settings and `TWOLEVERS_HOME` under `root`."""

    def __init__(self, root: Path):
        self.root = root
        self.work = root / "work"
        for folder in (self.work, root / "settings", root / "home"):
            folder.mkdir(parents=True)
        write_settings(root / "defaults")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        own = ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")
        self.environment = {
            **os.environ,
            **{name: str(root / name.lower()) for name in own},
            "JUPYTERLAB_SETTINGS_DIR": str(root / "settings"),
            "TWOLEVERS_HOME": str(root / "home"),
            "JUPYTER_PLATFORM_DIRS": "1",
        }

    def __enter__(self) -> "Lab":
        options = (
            "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={self.port}", "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={self.work}", "--expose-app-in-browser",
            "--LabApp.extension_manager=readonly", "--LabApp.news_url=",
            f"--LabApp.app_settings_dir={self.root / 'defaults'}", f"--ServerApp.jpserver_extensions={STILL}=True",
        )  # fmt: skip
        self.log = (self.root / "lab.log").open("wb")
        command = [sys.executable, "-m", "jupyterlab", *options]
        self.process = subprocess.Popen(command, env=self.environment, stdout=self.log, stderr=self.log, cwd=self.work)
        deadline = time.monotonic() + 60
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"JupyterLab did not start:\n{(self.root / 'lab.log').read_text()[-3000:]}")
            time.sleep(0.2)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/api/status?token={TOKEN}", timeout=2) as reply:
                return reply.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def post(self, what: str, **content: object) -> dict[str, str]:
        """Ask the server for something new, as JupyterLab does."""
        headers = {"Authorization": f"token {TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/{what}", json.dumps(content).encode(), headers)
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.load(reply)

    def notebook(self, name: str, cells: list[str]) -> str:
        """Write a notebook of code cells; its name."""
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
        made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(made, self.work / name)
        return name


class Desk:
    """JupyterLab in a page, where notebooks are opened one after the other on one kernel."""

    def __init__(self, page: Page, kernel: str):
        self.page, self.kernel = page, kernel

    def open(self, name: str) -> None:
        """Open a notebook and run all of its cells."""
        self.page.evaluate(
            """async ([path, id]) => {
                const kernel = { id, name: "python3" };
                await window.jupyterapp.commands.execute("docmanager:open", { path, factory: "Notebook", kernel });
            }""",
            [name, self.kernel],
        )
        self.page.wait_for_function("name => window.jupyterapp.shell.currentWidget?.context?.path === name", arg=name)
        run_all(self.page)

    def execute(self, code: str) -> None:
        """Run code in the kernel, beside what is open."""
        status = self.page.evaluate(
            """async ([id, code]) => {
                const model = { id, name: "python3" };
                const kernel = window.jupyterapp.serviceManager.kernels.connectTo({ model, handleComms: false });
                try {
                  return (await kernel.requestExecute({ code }).done).content.status;
                } finally {
                  kernel.dispose();
                }
            }""",
            [self.kernel, code],
        )
        assert status == "ok", code

    def clear(self, but: str = "") -> None:
        """Put away what is open, but for one file, and the kernel's widgets: they would slow the next notebook."""
        self.page.evaluate(
            """but => [...window.jupyterapp.shell.widgets("main")]
                 .filter((each) => each.context?.path !== but).forEach((each) => each.dispose())""",
            but,
        )
        self.execute("import sys\nif 'ipywidgets' in sys.modules:\n    sys.modules['ipywidgets'].Widget.close_all()")
        self.page.set_viewport_size(SIZE)


def load_lab(page: Page, lab: Lab, file: str = "") -> None:
    """Load JupyterLab, with a file opened or none."""
    page.goto(f"{lab.url}/lab/{f'tree/{file}' if file else ''}?token={TOKEN}&reset")
    page.wait_for_function("window.jupyterapp?.restored")
    page.evaluate("window.jupyterapp.restored.then(() => null)")
    uncovered(page)


def open_notebook(page: Page, lab: Lab, name: str, run: bool = True) -> None:
    """Load JupyterLab with a notebook alone and run all of its cells, or none."""
    load_lab(page, lab, name)
    page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell", timeout=60_000)
    if run:
        run_all(page)


def run_all(page: Page) -> None:
    """Run all cells and wait until the kernel has done so."""
    page.evaluate(
        """async () => {
            const panel = window.jupyterapp.shell.currentWidget;
            await panel.context.ready;
            await panel.sessionContext.ready;
            await window.jupyterapp.commands.execute("notebook:run-all-cells");
        }"""
    )


def restart_kernel(page: Page) -> None:
    """Restart the kernel of the open notebook, without the dialog, and clear the outputs."""
    page.evaluate(
        """async () => {
            await window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart();
            await window.jupyterapp.commands.execute("notebook:clear-all-cell-outputs");
        }"""
    )


def cell_count(page: Page) -> int:
    """How many cells the open notebook has."""
    return page.evaluate("window.jupyterapp.shell.currentWidget.content.widgets.length")


def set_theme(page: Page, dark: bool) -> None:
    """Switch JupyterLab's theme and wait until it is there."""
    name = "JupyterLab Dark" if dark else "JupyterLab Light"
    page.evaluate("name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})", name)
    page.wait_for_selector(f"body[data-jp-theme-light='{'false' if dark else 'true'}']", state="attached")
    uncovered(page)


def uncovered(page: Page) -> None:
    """Wait until JupyterLab's splash is gone: at the start and at each change of theme it lies over the page.

    The new theme is in force before the splash has faded; axe takes the text under it for overlapped.
    """
    page.wait_for_selector("#jupyterlab-splash", state="detached")


def serious_findings(page: Page, scope: str, least: int = 20) -> list[str]:
    """What axe finds in `scope` that is serious or critical, as "rule: element".

    Fails when it checked the contrast of fewer than `least` texts: then it saw little of the page.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    # JupyterLab's body has no height and hides its overflow: axe would take all text for hidden and skip its contrast.
    page.evaluate("document.body.style.height = '100vh'")
    found = page.evaluate("scope => axe.run(scope)", scope)
    contrast = [rule for rule in found["passes"] + found["violations"] if rule["id"] == "color-contrast"]
    unsure = [node for rule in found["incomplete"] if rule["id"] == "color-contrast" for node in rule["nodes"]]
    reasons = {check["message"] for node in unsure for check in node["any"]}
    assert sum(len(rule["nodes"]) for rule in contrast) >= least, f"axe saw hardly any text: {reasons}"
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary']}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


def moving(page: Page) -> list[str]:
    """What of the page fades or moves: elements with a transition or an animation that takes time."""
    return page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((node) => {
             const style = getComputedStyle(node);
             const takes = (times) => times.split(",").some((time) => parseFloat(time) > 0);
             const animated = style.animationName !== "none" && takes(style.animationDuration);
             return takes(style.transitionDuration) || animated;
           }).map((node) => `${node.tagName}.${node.className}`)"""
    )


def cut_off(page: Page) -> list[str]:
    """Texts that do not fit: boxes that hide what overflows them, and whatever makes the page scroll sideways."""
    return page.evaluate(
        """() => {
             const width = document.documentElement.clientWidth;
             const sideways = document.documentElement.scrollWidth > width;
             const scrolls = (node) => {
               for (let at = node.parentElement; at; at = at.parentElement)
                 if (["auto", "scroll", "hidden"].includes(getComputedStyle(at).overflowX)) return true;
               return false;
             };
             return [...document.body.querySelectorAll("*")].filter((node) => {
               const box = node.getBoundingClientRect();
               if (!node.checkVisibility() || box.width < 2 || !node.textContent.trim()) return false;
               const style = getComputedStyle(node);
               const hides = [style.overflowX, style.overflowY].some((way) => ["hidden", "clip"].includes(way));
               const over = node.scrollWidth > node.clientWidth + 2 || node.scrollHeight > node.clientHeight + 2;
               return (hides && over) || (sideways && box.right > width + 1 && !scrolls(node));
             }).map((node) => `${node.tagName}.${node.className}: ${node.textContent.trim().slice(0, 60)}`);
           }"""
    )
