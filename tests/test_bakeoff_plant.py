"""Drills: a fault planted into a copy of the data, and whether checks and verdict notice it; with a tiny model."""

import hashlib
import json

import pytest
from test_bakeoff import save_inputs
from tiny import save_tiny_model

from twolevers import cli
from twolevers.bakeoff.command import compare
from twolevers.bakeoff.plant import FAULTS, Planted, earlier
from twolevers.bakeoff.tasks.labels import Labels
from twolevers.bakeoff.tasks.questions import Questions
from twolevers.bakeoff.tasks.replies import Replies
from twolevers.bakeoff.tasks.unstated import unstated
from twolevers.data.records import Question
from twolevers.errors import UsageError

SEEN = {
    "leak": "The leak check refused to train",
    "stale": "do not state the accepted answer",
    "duplicate": "nearly the same as another",
    "wrong-key": "do not state the accepted answer",
}


def bytes_of(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def clean(tmp_path_factory, models):
    """A run without a fault."""
    folder = tmp_path_factory.mktemp("clean")
    (folder / "docs").mkdir()
    rows = ["question,answer,doc_id"]
    things = ("pump", "kettle", "oven", "washer", "fan", "lamp", "radio", "fridge")
    things += ("mixer", "heater", "drill", "saw", "press", "scale", "clock", "toaster")
    for place, thing in enumerate(things):
        text = f"the {thing} weighs {place + 3} kg and is made of m{place} . it lasts {place + 20} hours ."
        (folder / "docs" / f"{thing}.md").write_text(f"# {thing}\n\n{text}")
        rows.append(f"what does the {thing} weigh ?,{place + 3} kg,{thing}.md")
        rows.append(f"how long does the {thing} last ?,{place + 20} hours,{thing}.md")
        rows.append(f"what is the {thing} made of ?,m{place},{thing}.md")
    (folder / "q.csv").write_text("\n".join(rows) + "\n")
    return folder, save_tiny_model(folder / "tiny")


@pytest.mark.model
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_planted_named_and_noticed(clean, home_with_models, fault):
    folder, tiny = clean
    task, out = Questions(folder / "docs", folder / "q.csv"), folder / f"out-{fault}"
    given = {"arms": ["prompt", "rag", "tuned"], "model": str(tiny), "report": lambda line: None}
    first = compare(task, out, **given)
    assert "drill" not in first and not any(SEEN[fault] in note for note in first["notes"])
    before = bytes_of(folder / "docs") | bytes_of(out)
    found = compare(task, out, **given, plant=fault)
    after = bytes_of(folder / "docs") | bytes_of(out)
    assert {name: after[name] for name in before} == before  # files and earlier results as they were
    drill = found["drill"]
    assert drill["fault"] == fault and drill["noticed"] and any(SEEN[fault] in each for each in drill["checks"])
    assert "Right answers before and after: prompt" in drill["verdict"]
    assert first["data"]["tested"] <= found["data"]["tested"]
    written = out / f"drill-{fault}"
    assert json.loads((written / "results.json").read_text())["drill"] == drill
    page = (written / "report.html").read_text()
    assert page.index("A drill, no decision") < page.index("<h1>")
    record = (written / "decision-record.md").read_text()
    assert "status: drill, no decision" in record.replace('"', "") and "Drill: " in record


@pytest.mark.model
@pytest.mark.parametrize(("fault", "noticed"), [("leak", True), ("duplicate", True), ("wrong-key", False)])
def test_labelled_texts_can_be_drilled_too(tmp_path, home_with_models, fault, noticed):
    rows = [
        f"the {thing} {n} is {colour},{colour}" for colour in ("red", "blue") for thing in "abcdefgh" for n in "xyz"
    ]
    (tmp_path / "e.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    given = {"arms": ["tfidf"], "model": str(save_tiny_model(tmp_path / "tiny")), "report": lambda line: None}
    found = compare(Labels(tmp_path / "e.csv"), tmp_path / "out", plant=fault, **given)
    assert found["drill"]["noticed"] is noticed and "run the same command without --plant" in found["drill"]["verdict"]


def test_data_without_a_place_for_the_fault_is_one_line(tmp_path):
    (tmp_path / "r.csv").write_text(
        "instruction,response\n" + "".join(f"question {n} of mine,reply number {n}\n" for n in range(12))
    )
    for task, fault, said in (
        (Replies(tmp_path / "r.csv"), "stale", "give --docs"),
        (Replies(tmp_path / "r.csv"), "wrong-key", "judged by their style"),
    ):
        with pytest.raises(UsageError, match=said):
            Planted(task, fault).read(tmp_path / "out")
    docs, questions = save_inputs(tmp_path)
    task = Questions(docs, questions)
    with pytest.raises(UsageError, match="There is no fault 'fire': choose from leak, stale"):
        compare(task, tmp_path / "out", plant="fire")
    with pytest.raises(UsageError, match="leave out --handover"):
        compare(task, tmp_path / "out", plant="leak", handover=tmp_path / "h")


def test_the_command_refuses_the_larger_model_in_a_drill(tmp_path, capfd, monkeypatch):
    docs, questions = save_inputs(tmp_path)
    given = [
        "bakeoff",
        "--docs",
        docs,
        "--questions",
        questions,
        "--out",
        tmp_path / "o",
        "--plant",
        "leak",
        "--larger",
    ]
    monkeypatch.setattr("sys.argv", ["twolevers", *map(str, given)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2 and "leave out --larger" in capfd.readouterr().err


def test_answers_that_no_document_states_are_named():
    def asked(n, answer):
        return Question(f"q{n}", f"How heavy is {n}?", (answer,), "question", (f"d{n}",), "", "", "")

    texts = {f"d{n}": f"It weighs {n} kg, which is a lot." for n in range(10)}
    assert unstated([asked(n, f"{n} kilograms") for n in range(10)], texts) == ()
    assert unstated([asked(n, "yes") for n in range(10)], texts) == ()
    said = unstated([asked(n, f"{n + (n % 3 == 0)} kg") for n in range(10)], texts)
    assert len(said) == 1 and "Of 10 short answers 4 stand in none" in said[0]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--plant", ""], "no fault ''"),
        (["--plant", "leak", "--plan"], "leave out --plan"),
        (["--plant", "leaks"], "choose from leak"),
    ],
)
def test_a_slip_in_the_name_runs_nothing(tmp_path, capfd, monkeypatch, more, said):
    docs, questions = save_inputs(tmp_path)
    given = ["bakeoff", "--docs", docs, "--questions", questions, "--out", tmp_path / "o", *more]
    monkeypatch.setattr("sys.argv", ["twolevers", *map(str, given)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2 and said in capfd.readouterr().err and not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"drill": {"fault": "stale"}},
        {"arms": None},
        {"arms": {}},
        {"arms": {"rag": {}}},
        {"arms": {"rag": {"accuracy": None}}},
        {"recommendation": []},
        {"task": "classify"},
    ],
)
def test_only_whole_results_without_a_fault_are_compared_with(tmp_path, change):
    whole = {"task": "questions", "arms": {"rag": {"accuracy": 0.5}}, "recommendation": {"headline": "Use rag"}}
    (tmp_path / "results.json").write_text(json.dumps(whole))
    assert earlier(tmp_path, Questions.kind) == whole
    (tmp_path / "results.json").write_text(json.dumps(whole | change))
    assert earlier(tmp_path, Questions.kind) is None
