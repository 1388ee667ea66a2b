"""Starting is quick: heavy libraries are imported when they are used, and no sooner."""

import json
import subprocess
import sys

import pytest

HEAVY = {"torch", "transformers", "peft", "lancedb", "pyarrow", "pandas", "scipy", "sklearn", "matplotlib", "IPython"}
HEAVY |= {"joblib", "dask", "distributed", "nbformat", "nbconvert", "jupyterlab"}
LOOK = """
import json, sys
{code}
print(json.dumps(sorted(set(sys.modules) & set({heavy!r}))))
"""


def imported(code: str) -> set[str]:
    """The heavy modules that a fresh process has imported after it ran `code`."""
    command = [sys.executable, "-c", LOOK.format(code=code, heavy=sorted(HEAVY))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("code", ["import twolevers", "import twolevers.cli", "import twolevers.cache"])
def test_importing_takes_nothing_heavy(code):
    assert imported(code) == set()


@pytest.mark.parametrize("arguments", [["--help"], ["cache"], ["bench", "--help"]])
def test_a_light_command_takes_nothing_heavy(arguments, home):
    code = f"import contextlib, io\nsys.argv = ['twolevers', *{arguments!r}]\nfrom twolevers.cli import main\n"
    code += "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit): main()"
    assert imported(code) == set()


def test_an_experiment_loads_no_search_engine_and_draws_nothing_yet():
    heavy = imported("import twolevers.lessons.both.experiment")
    assert not heavy & {"transformers", "peft", "lancedb", "matplotlib", "jupyterlab", "dask"}


@pytest.mark.model
def test_the_model_is_ready_without_transformers(models):
    code = "from twolevers.models.native.model import NativeModel\nNativeModel.load()"
    assert imported(code) == {"torch"}
