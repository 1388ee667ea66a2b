"""Pairs that a model writes, kept and labelled; the finalists on a larger model; verdicts that change with size."""

import json
from types import SimpleNamespace

import pytest
from bakeoff_sample import results

from twolevers.bakeoff import finalists, larger
from twolevers.bakeoff.command import forecast
from twolevers.bakeoff.tasks import written
from twolevers.bakeoff.tasks.questions import Questions
from twolevers.errors import UsageError
from twolevers.evaluate.deadline import Deadline
from twolevers.models.api import Completion

PASSAGE = "The kiln of Lindby was built in 1911 and holds 40 large jugs at once."


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Question: When was the kiln of Lindby built?\nAnswer: 1911", ("When was the kiln of Lindby built?", "1911")),
        ("Sure!\n**Question:** How many jugs?\n\n**Answer:** 40 large jugs.", ("How many jugs?", "40 large jugs.")),
        ("Question: When was it built?\nAnswer: 1920", None),
        ("Question: Was it built in 1911?\nAnswer: 1911", None),
        ("Question: Who built it?\nAnswer: Not in the documents.", None),
        ("When was it built? 1911", None),
        ("", None),
    ],
)
def test_a_pair_counts_whose_answer_stands_in_the_passage(text, wanted):
    found = written.pair(text, PASSAGE)
    assert found == wanted


class Writer:
    """A model that asks when a thing was built, of every other passage."""

    name = "Writer-7B"

    def __init__(self):
        self.asked = 0

    def generate(self, chats, room):
        texts = []
        for chat in chats:
            self.asked += 1
            number, *_, year = (word.strip(".") for word in chat[-1]["content"].split() if word.strip(".").isdigit())
            texts.append(f"Question: When was kiln {number} built?\nAnswer: {year if self.asked % 2 else 'never'}")
        return [Completion(text, 9, 9, 0.1) for text in texts]


def save(folder, n=12):
    (folder / "docs").mkdir()
    for place in range(n):
        text = f"# Kiln {place}\n\nThe kiln of the town was built in the year {1900 + place} by the potters there."
        (folder / "docs" / f"k{place}.md").write_text(text)
    return folder / "docs"


def test_pairs_are_kept_labelled_and_not_written_again(tmp_path):
    out, task = tmp_path / "out", Questions(save(tmp_path), None, write_pairs=True)
    out.mkdir()
    assert "not written yet" in forecast(task, out)[-1]
    data, model = task.read(out), Writer()
    assert data.items == ()
    models = SimpleNamespace(model=model)
    task.write(data, models, out, Deadline.after(60), lambda line: None)
    again = task.read(out)
    assert len(again.items) == 6 and all(question.kind == "made" for question in again.items)
    assert any("written from the documents by Writer-7B" in note for note in again.notes)
    assert any("Of 12 passages 6 gave a pair" in note for note in again.notes)
    before = model.asked
    task.write(data, models, out, Deadline.after(60), lambda line: None)
    assert model.asked == before
    assert len((out / written.FILE).read_text().splitlines()) == 12
    late = tmp_path / "late"
    late.mkdir()
    with pytest.raises(UsageError, match="larger model"):
        task.write(data, models, late, Deadline(0), lambda line: None)


def test_pairs_by_rule_are_labelled_and_a_better_way_is_offered(tmp_path):
    data = Questions(save(tmp_path), None, 2).read(tmp_path / "out")
    assert any("made from the documents by rule" in note for note in data.notes)
    assert any("--write-pairs" in note for note in data.notes)


def test_the_finalists_run_on_the_proposed_model(tmp_path, monkeypatch):
    small, _ = results(prompt=0.1, rag=0.5)
    small["larger"] = larger.propose(larger.LADDER[0].name, 60, ["rag"], 30)
    now, _ = results(rag=0.9)
    given = {}

    def run(task, out, **options):
        given.update(options, out=out)
        out.mkdir(parents=True)
        return now | {"model": "big"}

    monkeypatch.setattr(finalists, "compare", run)
    lines = finalists.on_larger(None, tmp_path, small, report=lambda line: None, seeds=2)
    assert given["model"] == small["larger"]["id"] and given["arms"] == ["rag"] and given["seeds"] == 2
    assert given["out"] == tmp_path / "larger" and "| rag | 50 % right" in lines[2] and "The choice stays" in lines[-2]
    assert "| arm | m | big |" in (tmp_path / "larger" / "sizes.md").read_text()
    with pytest.raises(UsageError, match="no larger model"):
        finalists.on_larger(None, tmp_path, small | {"larger": None})


def test_what_flips_with_size_is_said_where_it_was_recorded():
    said = larger.flips_seen()
    assert all(line.startswith("Size: ") for line in said) and len(said) <= 1
    json.dumps(said)
