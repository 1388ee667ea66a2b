"""Decisions that expire: what a record rests on, what of it still holds, bad records; with results that never ran."""

import json
import sys
from datetime import date
from types import SimpleNamespace

import pytest
import yaml
from bakeoff_sample import results as sample
from test_bakeoff import save_inputs
from tiny import save_tiny_model

from twolevers import cli
from twolevers.bakeoff import grounds
from twolevers.bakeoff.command import digest
from twolevers.bakeoff.recheck import recheck, summary
from twolevers.bakeoff.tasks.kinds import QUESTIONS
from twolevers.bakeoff.tasks.labels import Labels
from twolevers.bakeoff.tasks.questions import Questions
from twolevers.bakeoff.write import write
from twolevers.decide import expiry, weights
from twolevers.decide.record import Option, Record, markdown
from twolevers.decide.stamp import read
from twolevers.errors import UsageError
from twolevers.evaluate.evidence import Evidence
from twolevers.learn.ledger import Ledger
from twolevers.lessons.capstone.contest import data_hash

TODAY = date(2026, 12, 1)
SHARES = {"prompt": 0.1, "rag": 0.85, "both": 0.9}


@pytest.fixture
def written(tmp_path):
    """A record as a bake-off writes it, its folder, and the inputs; the figures are made up."""
    docs, questions = save_inputs(tmp_path)
    out, task = tmp_path / "out", Questions(docs, questions)
    data = task.read(out)
    results, frame = sample(**SHARES)
    results["data"]["hash"] = digest(data)
    out.mkdir()
    model = weights.measured("tiny", str(save_tiny_model(tmp_path / "tiny")), out)
    stamp = grounds.stamp(task, data, results, model, out)
    write(out, results, QUESTIONS, frame, (), stamp, grounds.hashes(data))
    return SimpleNamespace(record=out / "decision-record.md", out=out, docs=docs, questions=questions, results=results)


def lines(written, **given):
    return [str(each) for each in recheck(written.record, today=TODAY, **given)[1]]


def stale(written, **given):
    return [line for line in lines(written, **given) if line.startswith("STALE")]


def edit(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_a_record_says_what_it_rests_on(written):
    stamp = read(written.record)
    assert (stamp.task, stamp.arm, stamp.hash) == ("questions", "rag", written.results["data"]["hash"])
    assert stamp.inputs == {"docs": "../docs", "questions": "../questions.csv"} and stamp.model.given == "../tiny"
    assert len(stamp.model.sha256) == 64 and stamp.created[:2] == "20"
    assert {price.what.split()[0] for price in stamp.prices} == {"rented", "hosted"}
    assert len(stamp.evidence) == len(SHARES) + len(written.results["comparisons"])
    assert [flip.figure for flip in stamp.flips][:2] == ["arms/rag/accuracy", "recommendation/arm"]
    assert any(flip.less for flip in stamp.flips) and stamp.for_people
    text = written.record.read_text()
    front = yaml.safe_load(text.split("---\n")[1])
    assert front["status"] == "proposed" and front["twolevers"]["schema"] == 1
    assert "### Confirmation" in text and "twolevers recheck" in text


def test_nothing_changed_is_no_stale_line_and_nothing_is_written(written):
    before = {path: path.read_bytes() for path in written.out.iterdir()}
    stamp, found = recheck(written.record, today=TODAY)
    assert not [each for each in found if each.holds is False], list(map(str, found))
    assert {each.about for each in found} >= {"documents", "items", "evidence", "model", "price", "would end it"} - {
        "items"
    }
    assert "all 14 as they were" in " ".join(map(str, found)) and "nothing that was checked went stale" in summary(
        stamp, found
    )
    assert {path: path.read_bytes() for path in written.out.iterdir()} == before


def test_the_folder_can_be_moved_with_its_inputs(written, tmp_path):
    (tmp_path / "moved").mkdir()
    for name in ("out", "docs", "questions.csv", "tiny"):
        (tmp_path / name).rename(tmp_path / "moved" / name)
    _, found = recheck(tmp_path / "moved/out/decision-record.md", today=TODAY)
    assert not [str(each) for each in found if each.holds is False]


def test_documents_and_questions_that_changed_are_named(written):
    (written.docs / "oven-3.md").write_text("the oven 3 is violet .")
    (written.docs / "oven-4.md").unlink()
    (written.docs / "new.md").write_text("a new page .")
    with written.questions.open("a") as stream:
        stream.write("what is new ?,a page,new.md\n")
    said = stale(written)
    assert any("documents: of 14, 1 changed (oven-3.md); 1 gone (oven-4.md); 1 new (new.md)" in line for line in said)
    assert any("questions" in line and "1 new (what is new ?)" in line for line in said)


def test_without_the_hashes_of_each_a_change_is_still_seen(written):
    (written.out / "inputs.json").unlink()
    assert not stale(written)
    (written.docs / "oven-3.md").write_text("the oven 3 is violet .")
    assert ["data" in line and "cannot be named" in line for line in stale(written)] == [True]


def test_inputs_that_are_gone_are_one_stale_line(written):
    written.questions.unlink()
    assert [line.startswith("STALE  data: cannot be read as it was: ") for line in stale(written)] == [True]


def test_a_model_that_is_gone_or_another(written):
    folder = written.out.parent / "tiny"
    (folder / "model.safetensors").write_bytes(b"other")
    assert any("other weights" in line for line in stale(written))
    (folder / "model.safetensors").unlink()
    assert any("not on this machine any more" in line for line in stale(written))


def test_a_server_is_not_asked(written):
    text = written.record.read_text()
    written.record.write_text(text.replace("given: ../tiny", "given: http://127.0.0.1:9/v1"))
    assert any(line.startswith("judge  model: tiny is on a server") for line in lines(written))


def test_old_prices_and_prices_that_moved(written, monkeypatch):
    assert any("days old, more than 3" in line for line in stale(written, days=3))
    text = written.record.read_text()
    row = next(one for one in written.results["arms"]["rag"]["costs"] if one["what"].startswith("rented"))
    figure = f"usd_per_1000: {row['usd_per_1000']!r}"
    assert figure in text
    written.record.write_text(text.replace(figure, f"usd_per_1000: {2 * row['usd_per_1000']!r}"))
    assert any("1,000 answers come to" in line for line in stale(written))


def test_figures_changed_by_hand_are_no_evidence_any_more(written):
    edit(written.out / "results.json", lambda content: content["arms"]["rag"].update(accuracy=0.84))
    assert any("1 of" in line and "not in results.json any more" in line for line in stale(written))
    (written.out / "results.json").write_text("{")
    assert any("gone or damaged" in line for line in stale(written))
    assert any("no figure to tell by" in line for line in lines(written))


def test_the_conditions_are_read_from_a_later_run(written, tmp_path):
    later, _ = sample(prompt=0.1, rag=0.7, both=0.9)
    (tmp_path / "later.json").write_text(json.dumps(later))
    said = stale(written, results=tmp_path / "later.json")
    assert any("rag is right in fewer than" in line and "yes, 70 of 100" in line for line in said)
    assert any("both is ahead of rag" in line and "yes, +20 points" in line and "more than 10" in line for line in said)
    assert any("another arm than rag is recommended: it is now both" in line for line in said)
    for bad, why in (("{}", "is no results.json"), ('{"schema": 9}', "another version")):
        (tmp_path / "later.json").write_text(bad)
        with pytest.raises(UsageError, match=why):
            recheck(written.record, results=tmp_path / "later.json")


def test_no_arm_chosen_ends_when_one_is_of_use(written, tmp_path):
    results, _ = sample(prompt=0.05, rag=0.1)
    (flip,) = grounds.flips(results)
    assert "rag is right in more than" in flip.when and flip.above == pytest.approx(
        results["arms"]["rag"]["interval"][1], abs=1e-4
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read"),
        (b"\xff\xfe\x00", "cannot be read"),
        ("# only text\n", "no front matter"),
        ("---\nstatus: x\n---\n", "written by hand"),
        ("---\ntwolevers: [\n---\n", "no YAML"),
        ("---\ntwolevers: {schema: 2}\n---\n", "another version"),
        ("---\ntwolevers: {schema: 1, kind: bakeoff}\n---\n", "twolevers/version"),
        ("---\ntwolevers: !!python/object/apply:os.system [echo]\n---\n", "no YAML"),
        ("---\n" + "a: " + "[" * 5000 + "\n---\n", "no YAML"),
    ],
)
def test_a_record_that_cannot_be_read_is_one_line_and_exit_2(tmp_path, monkeypatch, capfd, content, why):
    path = tmp_path / "decision-record.md"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.setattr(sys, "argv", ["twolevers", "recheck", str(path)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capfd.readouterr().err
    assert ended.value.code == 2 and said.count("\n") == 1 and why in said, said


def test_inputs_of_another_kind_are_said(written):
    text = written.record.read_text()
    written.record.write_text(text.replace("  docs: ../docs", "  magic: x").replace("docs: ../docs", "magic: x"))
    assert any("inputs are not those" in line for line in stale(written))


@pytest.mark.parametrize("change", [False, True])
def test_the_command_exits_by_what_went_stale(written, monkeypatch, capfd, change):
    if change:
        (written.docs / "oven-3.md").write_text("the oven 3 is violet .")
    monkeypatch.setattr(sys, "argv", ["twolevers", "recheck", str(written.record), "--days", "9999"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capfd.readouterr().out
    assert ended.value.code == int(change) and ("STALE  documents" in said) == change
    assert "rag, decided" in said.splitlines()[-1]


def test_examples_are_hashed_by_their_text(tmp_path):
    (tmp_path / "e.csv").write_text(
        "text,label\nis red,red\nis red,blue\nis red too,red\nis blue,blue\nblue it is,blue\n"
    )
    found = grounds.hashes(Labels(tmp_path / "e.csv").read(tmp_path / "out"))
    assert set(found) == {"items"} and "is red too" in found["items"]


# The capstone's record


class Stated:
    """A capstone that was committed."""

    name = "price_desk"

    def decision(self):
        return SimpleNamespace(arm="rag", because="It is right, see aaaaaaaa.", would_change="if under 50 of 100")


def row(value, arm="rag", low=0.4, high=0.6):
    about = {"claim": "", "lesson": "14_capstone", "arm": arm, "metric": "goals met: price_desk", "model": "m"}
    about |= {"data_hash": "d", "machine": "x", "seed": 14, "created": "2026-11-30T00:00:00+00:00", "seconds": 1.0}
    return Evidence(value=value, low=low, high=high, n=60, **about)


def test_the_capstones_record_knows_its_rows_and_when_they_moved(tmp_path, monkeypatch, home_with_models):
    monkeypatch.setenv("TWOLEVERS_HOME", str(home_with_models))
    import pandas as pd

    answers = [
        {"arm": arm, "question_id": f"q{n}", "entity": f"e{n}", "correct": n < right}
        for arm, right in (("rag", 30), ("both", 20))
        for n in range(40)
    ]
    contest = SimpleNamespace(frame=pd.DataFrame(answers), data_hash=data_hash(expiry.load_case("price_desk")))
    rows = [row(0.5), row(0.7, arm="both", low=0.6, high=0.8)]
    monkeypatch.setattr(expiry.experiment, "rows", lambda bench, contest: rows)
    bench = SimpleNamespace(model=SimpleNamespace(name="SmolLM2-135M-Instruct"))
    made = expiry.stamp(Stated(), bench, contest, tmp_path)
    assert made.kind == "capstone" and made.for_people == ("if under 50 of 100",) and made.model.sha256
    assert {row.id for row in rows} < set(made.evidence) and len(made.flips) == 2
    Ledger().add(*rows)
    said = list(expiry.grounds(made))
    assert [holds for about, holds, _ in said if about == "data"] == [True]
    assert [says for _, holds, says in said if holds is False] == ["aaaaaaaa is no row of this machine's ledger"]
    Ledger().add(row(0.75))
    assert any(holds is False and "0.75, outside" in says for _, holds, says in expiry.grounds(made))
    assert expiry.measured("price_desk") is None
    record = Record("T", "2026-11-30", "accepted", "c", [], [Option("rag")], "rag", "b.", [], "c", [], made)
    (tmp_path / "decision-price_desk.md").write_text(markdown(record))
    stamp, found = recheck(tmp_path / "decision-price_desk.md", today=TODAY)
    assert stamp == made and {"data", "evidence", "model", "price", "would end it"} <= {each.about for each in found}
    assert [each.holds for each in found if each.about == "model"] == [True]
    assert any(each.holds is None and "no figure to tell by" in each.says for each in found)  # no contest kept here
    (home_with_models / "capstone").mkdir()
    kept = {"schema": 1, "brief": "price_desk", "steps": {"contest": {"shares": {"rag": 0.3, "both": 0.9}}}}
    (home_with_models / "capstone" / "price_desk.json").write_text(json.dumps(kept))
    said = [str(each) for each in recheck(tmp_path / "decision-price_desk.md", today=TODAY)[1]]
    assert any("both is ahead of rag" in line and "STALE" in line for line in said)
    assert any("rag meets the goal in fewer than" in line and "yes, 30 of 100" in line for line in said)


def test_a_drill_is_never_taken_for_a_decision(written, tmp_path):
    drill = written.results | {"drill": {"fault": "leak"}}
    (tmp_path / "drill.json").write_text(json.dumps(drill))
    with pytest.raises(UsageError, match="a drill's"):
        recheck(written.record, results=tmp_path / "drill.json")
    (tmp_path / "record.md").write_text("---\nstatus: drill, no decision\n---\n\n# Drill\n")
    with pytest.raises(UsageError, match="records no decision"):
        recheck(tmp_path / "record.md")
