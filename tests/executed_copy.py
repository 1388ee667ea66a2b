"""A plugin of the pytest process that runs nbval on one notebook: keeps the notebook with the outputs of that run.

`-p executed_copy --executed-copy=PATH`. nbval compares outputs and throws them away; here the kernel's messages are
given to nbclient as well, which knows what a cleared or replaced output leaves behind.

A lesson that runs for a deck (`TWOLEVERS_STATIC=1`) shows its guesses and its quiz as plain pages. The cells that do
so are run once more in the same kernel, at its end and outside the copy, as a learner has them: as widgets.
"""

import ast
import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete
from nbformat.v4 import new_code_cell
from nbval.plugin import IPyNbCell, IPyNbFile

WIDGETS = {"predict", "predict_choice", "quiz", "explore", "explore_verdict"}
WIDGET = "application/vnd.jupyter.widget-view+json"
AS_A_LEARNER = "import os\ndel os.environ['TWOLEVERS_STATIC']"


def pytest_addoption(parser):
    parser.addoption("--executed-copy", help="where the notebook goes with its outputs")


def pytest_configure(config):
    if target := config.getoption("--executed-copy"):
        config.pluginmanager.register(Keeper(Path(target)))


class Keeper:
    """Gathers the outputs cell by cell and writes the notebook when all cells have run without an error."""

    def __init__(self, target: Path):
        self.target, self.client, self.heard = target, None, []

    def pytest_sessionstart(self):
        heard, listen = self.heard, IPyNbFile.get_kernel_message

        def get_kernel_message(file, *arguments, **options):
            heard.append(message := listen(file, *arguments, **options))
            return message

        IPyNbFile.get_kernel_message = get_kernel_message

    def pytest_collection_modifyitems(self, items):
        again = [item.cell for item in items if _shows_a_widget(item.cell.source)]
        if again and os.environ.get("TWOLEVERS_STATIC"):
            for source in [AS_A_LEARNER, *(cell.source for cell in again)]:
                options, name = dict.fromkeys(("check", "check_exception", "skip"), False), f"Cell {len(items)}"
                cell = new_code_cell(source)
                items.append(
                    IPyNbCell.from_parent(items[0].parent, name=name, cell_num=len(items), cell=cell, options=options)
                )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        self.heard.clear()
        try:
            return (yield)
        finally:
            self._take(item)

    def pytest_sessionfinish(self, exitstatus):
        if exitstatus == 0 and self.client:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(self.client.nb, self.target)

    def _take(self, item):
        if self.client is None:
            self.client = NotebookClient(item.parent.nb, store_widget_state=False, record_timing=False)
        place = next((place for place, cell in enumerate(self.client.nb.cells) if cell is item.cell), None)
        if place is None:
            widgets = [output for output in item.test_outputs or [] if WIDGET in output.get("data", {})]
            if not widgets and item.cell.source != AS_A_LEARNER:
                raise RuntimeError(f"a learner gets no widget of {item.cell.source!r}")
            return
        item.cell.outputs, self.client.clear_before_next_output = [], False
        own = [each["parent_header"].get("msg_id") for each in self.heard if each["msg_type"] == "execute_input"]
        for message in self.heard:
            if message["parent_header"].get("msg_id") in own and not message["msg_type"].startswith("comm"):
                try:
                    self.client.process_message(message, item.cell, place)
                except CellExecutionComplete:
                    break


def _shows_a_widget(source):
    """Whether the cell's last line calls one of `WIDGETS`."""
    try:
        last = ast.parse(source).body[-1]
    except (SyntaxError, IndexError):  # a magic, or nothing
        return False
    call = last.value if isinstance(last, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in WIDGETS
