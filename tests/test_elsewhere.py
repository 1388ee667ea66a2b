"""Container, dev container, Binder and CI: what they call exists, and versions are those of the constraints.

None of them can be built by a test; what each file says is held against the course.
"""

import json
import os
import re
import shlex
import tomllib

import pytest
import yaml
from click.testing import CliRunner
from typer.main import get_command

from twolevers import cli, doctor, paths

ROOT = paths.repository()
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
FILES = ["Dockerfile", "binder/postBuild", ".github/workflows/ci.yml", "README.md", "slides/guide.md"]
FILES += ["slides/class-at-scale.md", "slides/README.md"]
PINNED = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE))
STEPS = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("file", FILES)
def test_commands_of_the_course_exist(file):
    text = (ROOT / file).read_text("utf-8")
    known = get_command(cli.app).commands
    called = re.findall(r"(?:^|[\s`/])twolevers ([a-z]+)\b", text, re.MULTILINE)
    assert {*called} <= {*known}
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert {*re.findall(r"(?:`|^|&& )make ([a-z-]+)", text, re.MULTILINE)} <= {*targets}


def test_the_container_starts_the_lab_with_options_that_it_has():
    program, *arguments = json.loads(re.search(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[1])
    assert program == "twolevers"
    done = CliRunner().invoke(get_command(cli.app), [*arguments, "--help"])
    assert done.exit_code == 0 and "Open JupyterLab" in done.output
    exposed = re.search(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE)[1]
    assert arguments[arguments.index("--port") + 1] == exposed


def test_the_container_runs_as_somebody_else_than_root_on_a_python_that_is_served():
    last = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)[-1]
    assert last == "1000"
    version = tuple(map(int, re.search(r"^FROM python:(\d+)\.(\d+)-slim$", DOCKERFILE, re.MULTILINE).groups()))
    assert doctor.PYTHONS[0] <= version <= doctor.PYTHONS[1]


def test_what_the_container_copies_first_is_what_the_build_needs():
    copied = set(re.search(r"^COPY \S+ (pyproject.*) \./$", DOCKERFILE, re.MULTILINE)[1].split())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {"constraints.txt", project["readme"], *project["license-files"]} <= copied
    assert all((ROOT / name).is_file() for name in copied)


def test_remains_of_work_stay_out_of_the_image():
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert {".git", ".venv", "slides/_build", "dist"} <= {*ignored}


def test_the_dev_container_builds_the_same_image():
    config = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text("utf-8"))
    folder = ROOT / ".devcontainer"
    assert (folder / config["build"]["dockerfile"]).resolve() == ROOT / "Dockerfile"
    assert (folder / config["build"]["context"]).resolve() == ROOT
    declared = re.findall(r"^ARG (\w+)", DOCKERFILE, re.MULTILINE)
    assert {*config["build"]["args"]} <= {*declared}
    assert shlex.split(config["postCreateCommand"])[:2] == ["pip", "install"]
    assert "/home/learner/.venv" in DOCKERFILE and config["remoteUser"] == "learner"


def test_binder_takes_the_pinned_torch_and_can_run_its_script():
    environment = yaml.safe_load((ROOT / "binder/environment.yml").read_text("utf-8"))
    assert f"pytorch-cpu={PINNED['torch']}" in environment["dependencies"]
    script = ROOT / "binder/postBuild"
    assert "--constraint constraints.txt" in script.read_text("utf-8")
    assert os.name == "nt" or os.access(script, os.X_OK)


def test_ci_covers_every_system_and_every_python():
    matrix = WORKFLOW["jobs"]["fast"]["strategy"]["matrix"]
    oldest, newest = doctor.PYTHONS
    assert matrix["python"] == [f"3.{minor}" for minor in range(oldest[1], newest[1] + 1)]
    assert {name.split("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}
    trigger = WORKFLOW[True]  # YAML reads `on` as a truth value
    assert {"push", "pull_request", "schedule"} <= {*trigger}
    assert WORKFLOW["permissions"] == {"contents": "read"}


def test_ci_pins_all_but_the_weekly_run():
    for name, job in WORKFLOW["jobs"].items():
        for line in (step.get("run", "") for step in job["steps"]):
            if "pip install" in line:
                assert ("--constraint constraints.txt" in line) is (name != "newest"), line


def test_ci_leaves_out_by_marks_that_there_are(pytestconfig):
    known = {line.split(":")[0] for line in pytestconfig.getini("markers")}
    named = [re.search(r'-m "not \(?([\w ]+)\)?"', step["run"]) for step in STEPS if "pytest" in step.get("run", "")]
    assert named and all({*found[1].split(" or ")} <= known for found in named)
    assert os.name == "nt" or os.access(ROOT / ".ci/run", os.X_OK)
