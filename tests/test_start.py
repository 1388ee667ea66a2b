"""Starting is quick: heavy libraries are imported when they are used, and no sooner."""

import json
import subprocess
import sys

import pytest

HEAVY = {"torch", "transformers", "peft", "lancedb", "pyarrow", "pandas", "scipy", "sklearn", "matplotlib", "IPython"}
HEAVY |= {"joblib", "dask", "distributed", "nbformat", "nbconvert", "jupyterlab"}
MEASURE = """
import json, sys, time
began = time.perf_counter()
{code}
print(json.dumps([time.perf_counter() - began, sorted(set(sys.modules) & set({heavy!r}))]))
"""


def start(code: str, times: int = 3) -> tuple[float, set[str]]:
    """Seconds of the quickest of several fresh processes that run `code`, and the heavy modules it imported."""
    command = [sys.executable, "-c", MEASURE.format(code=code, heavy=sorted(HEAVY))]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(times)]
    found = [json.loads(run.splitlines()[-1]) for run in runs]
    return min(seconds for seconds, _ in found), set(found[0][1])


@pytest.mark.parametrize("code", ["import twolevers", "import twolevers.cli", "import twolevers.cache"])
def test_importing_takes_at_most_half_a_second_and_nothing_heavy(code):
    seconds, heavy = start(code)
    assert heavy == set()
    assert seconds <= 0.5


@pytest.mark.parametrize("arguments", [["--help"], ["cache"], ["bench", "--help"]])
def test_a_light_command_answers_at_once(arguments, home):
    code = f"import contextlib, io\nsys.argv = ['twolevers', *{arguments!r}]\nfrom twolevers.cli import main\n"
    code += "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit): main()"
    seconds, heavy = start(code)
    assert heavy == set()
    assert seconds <= 1.0  # measured 0.2 to 0.3


def test_an_experiment_loads_no_search_engine_and_draws_nothing_yet():
    seconds, heavy = start("import twolevers.experiments.both", times=1)
    assert not heavy & {"transformers", "peft", "lancedb", "matplotlib", "jupyterlab", "dask"}
    assert seconds <= 20  # torch, pandas and scipy: measured 2.8


@pytest.mark.model
def test_the_model_is_ready_in_two_seconds_without_transformers(models):
    code = "from twolevers.models.language_model import LanguageModel\nLanguageModel.load()"
    seconds, heavy = start(code)
    assert heavy == {"torch"}
    assert seconds <= 5  # measured 1.7; the import of torch alone takes 1.2
