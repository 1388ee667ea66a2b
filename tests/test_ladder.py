"""The ladder: contests declared by lessons, answers recorded arm by arm, scored by the lessons' own scorers."""

import gzip
import json
import warnings
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import tiny
from typer.testing import CliRunner

from twolevers.arms.protocol import Answer, Usage
from twolevers.cli import app
from twolevers.data.catalogue import load_catalogue
from twolevers.data.claims import load_comparisons
from twolevers.errors import UsageError
from twolevers.evaluate.verdicts import Verdict
from twolevers.lessons import registry
from twolevers.lessons.common import messages
from twolevers.lessons.common.contest import Contest
from twolevers.lessons.common.ladder import record, seeds, table
from twolevers.lessons.common.ladder.central import DEPTH, WIDTH, Asked, Shape, central, chosen, fitted, stems
from twolevers.lessons.common.ladder.figure import plot
from twolevers.lessons.common.ladder.identity import Identity
from twolevers.lessons.common.ladder.read import Recording, committed, recordings, seeded
from twolevers.lessons.two_levers import experiment as two_levers
from twolevers.models.adapter import Recipe
from twolevers.models.api import Training

SMALL = Identity("small", 0.1, "small.gguf", "a" * 64, "", "Q4_1", "float32, cpu")
LARGE = replace(SMALL, model="owner/large", billions=1.5)
SCORES = {"correct", "refused", "cited_right", "confirmed", "citation_precision", "true", "score"}
FIRST = "01_two_levers"


class Fake:
    """Gives the accepted answer to the questions of which `knows(place)` holds; counts its calls."""

    def __init__(self, knows, cites=False):
        self.knows, self.cites, self.calls, self.place = knows, cites, 0, 0

    def answer(self, questions):
        self.calls += 1
        answers = []
        for question in questions:
            text = question.answers[0] if self.knows(self.place) else "nobody knows"
            answers.append(Answer(question.question_id, text, (), (), Usage(10, 2, 0.01)))
            self.place += 1
        return answers


def recorded(out, identity, arms, stem=FIRST, n=40):
    contest = replace(central(stem), arms={name: lambda asked, arm=arm: arm for name, arm in arms.items()})
    return record._lesson(contest, None, identity, Shape(30, 576), n, out, lambda line: None)


def always(place):
    return True


def never(place):
    return False


@pytest.mark.parametrize("stem", stems())
class TestContests:
    def test_fewer_items_are_the_first_of_more(self, stem):
        contest = central(stem)
        assert contest.lesson == stem
        many = contest.questions(100)
        assert len(many) == 100 and len({question.question_id for question in many}) == 100
        assert contest.questions(60) == many[:60]

    def test_its_pairs_can_be_lost_and_its_margin_is_the_planned_one(self, stem):
        contest, planned = central(stem).contest, load_comparisons()
        decides = 0
        for pair, claim in contest.pairs.items():
            fits = (planned["lesson"] == stem) & (planned["comparison"] == " > ".join(pair))
            rows = planned[fits & (planned["metric"] == contest.metric)]
            assert not any(rows["by_construction"])
            assert set(rows["margin"]) <= {contest.margin}
            assert not claim or claim in set(rows["claim"])
            decides += len(rows)
        assert decides, "no pair decides a claim"
        assert {arm for pair in contest.pairs for arm in pair} <= set(central(stem).arms)


def test_lesson_01_asks_the_lessons_own_facts_first():
    rows = registry.lesson(FIRST)
    assert rows.name == "two_levers"
    bench = type("Bench", (), {"questions": two_levers_questions()})
    own = two_levers.facts(bench)["question_id"].tolist()
    assert [question.question_id for question in central(FIRST).questions(len(own))] == own


def two_levers_questions():
    from twolevers.data.questions import load_questions

    return load_questions()


def test_lesson_08_asks_the_lessons_own_messages_first():
    from twolevers.lessons.narrow_tasks import experiment

    own = set(experiment.tested()["ticket_id"])
    asked = central("08_narrow_tasks").questions(100)
    assert {question.question_id for question in asked[: len(own)]} == own
    assert len({question.answers[0] for question in asked[:12]}) == 12, "the desks take turns"


@pytest.mark.parametrize("stem", ["07_style_and_tone", "09_prompt_length"])
def test_lessons_07_and_09_ask_the_lessons_own_letters_first(stem):
    from twolevers.lessons.common.bench import Workbench
    from twolevers.lessons.style_and_tone import experiment

    own = experiment.tested(Workbench(None, None, load_catalogue(), None))
    asked = central(stem).questions(100)
    assert asked[: len(own)] == own
    assert max(Counter(letter.entity for letter in asked).values()) <= 3, "the products take turns"


def test_not_worse_adds_the_loss_allowed_and_keeps_the_scores():
    from twolevers.lessons.prompt_length import experiment

    contest = central("09_prompt_length").contest
    names = [f"q{place}" for place in range(60)]
    frame = pd.DataFrame({"arm": ["long_prompt"] * 60 + ["tuned"] * 60, "question_id": names * 2})
    frame = frame.assign(question=frame["question_id"], entity="")
    kept = [0.5 + place % 4 / 8 for place in range(60)]
    frame["rules_kept"] = kept + [share - 1 / 16 for share in kept[:30]] + [share for share in kept[30:]]
    [row] = table.compared(contest, frame)
    assert row["difference"] == pytest.approx(-1 / 32 + experiment.MARGIN)
    assert row["a"] - row["b"] == pytest.approx(-1 / 32) and row["verdict"] == "supported"
    plain = table.compared(replace(contest, allowed=0.0), frame)[0]
    assert plain["verdict"] == "contradicted", "a small loss, which the allowance forgives"
    assert row["low"] - plain["low"] == pytest.approx(experiment.MARGIN)


def test_lessons_are_chosen_by_number_or_stem():
    assert chosen("") == stems()
    assert chosen("08, 01_two_levers,01") == [FIRST, "08_narrow_tasks"]
    with pytest.raises(UsageError, match=r"No lesson '99' on the ladder: use --lessons with some of 01, "):
        chosen("01,99")


def test_a_recipe_keeps_its_share_of_the_layers():
    recipe = Recipe(layers=15, learning_rate=2e-3)
    assert fitted(recipe, Shape(DEPTH, WIDTH)) == recipe
    assert fitted(recipe, Shape(24, 896)) == replace(recipe, layers=12, learning_rate=1e-3)
    assert fitted(replace(recipe, layers=1), Shape(3, 32)).layers == 1


class TestRecording:
    def test_holds_the_answers_and_no_scores(self, tmp_path):
        file = recorded(tmp_path, LARGE, {"rag": Fake(always), "tuned": Fake(never)})
        assert file == tmp_path / "owner--large" / f"{FIRST}.jsonl.gz"
        head, *rows = [json.loads(line) for line in gzip.decompress(file.read_bytes()).decode().splitlines()]
        assert head["claims"] == ["C01", "C17"] and head["n"] == 40
        assert {"model", "sha256", "revision", "stored", "run", "data"} <= head.keys()
        arms = [row for row in rows if "trained" in row]
        assert [row["arm"] for row in arms] == ["rag", "tuned"]
        assert {"seconds", "created", "machine", "version", "code"} <= arms[0].keys()
        answers = [row for row in rows if "text" in row]
        assert len(answers) == 80 and {"lesson", "claims", "question_id", "sources", "seed"} <= answers[0].keys()
        assert not SCORES & {key for row in rows for key in row}

    def test_goes_on_after_a_stop(self, tmp_path):
        class Stopped(Fake):
            def answer(self, questions):
                raise KeyboardInterrupt

        first = Fake(always)
        with pytest.raises(KeyboardInterrupt):
            recorded(tmp_path, SMALL, {"rag": first, "tuned": Stopped(never)})
        again, second = Fake(always), Fake(never)
        file = recorded(tmp_path, SMALL, {"rag": again, "tuned": second})
        assert (first.calls, again.calls, second.calls) == (1, 0, 1)
        assert [arm["arm"] for arm in Recording.read(file).arms] == ["rag", "tuned"]

    def test_a_killed_arm_keeps_what_was_answered(self, tmp_path):
        class Stops(Fake):
            def answer(self, questions):
                if self.calls == 2:
                    raise KeyboardInterrupt
                return super().answer(questions)

        with pytest.raises(KeyboardInterrupt):
            recorded(tmp_path, SMALL, {"rag": Stops(always)}, n=150)
        again = Fake(never)
        file = recorded(tmp_path, SMALL, {"rag": again}, n=150)
        assert again.place == 150 - 2 * record.BATCH, "only what was missing is asked"
        frame = Recording.read(file).scored()
        assert frame["correct"].tolist() == [True] * 2 * record.BATCH + [False] * (150 - 2 * record.BATCH)
        assert [kept.name for kept in file.parent.iterdir()] == [file.name]

    def test_another_arms_leftover_is_not_taken(self, tmp_path):
        class Stops(Fake):
            def answer(self, questions):
                if self.calls:
                    raise KeyboardInterrupt
                return super().answer(questions)

        with pytest.raises(KeyboardInterrupt):
            recorded(tmp_path, SMALL, {"rag": Stops(always)}, n=100)
        other = Fake(never)
        recorded(tmp_path, SMALL, {"tuned": other}, n=100)
        assert other.place == 100

    @pytest.mark.parametrize(
        ("identity", "n", "what"), [(SMALL, 50, "n"), (replace(SMALL, sha256="b" * 64), 40, "sha256")]
    )
    def test_never_mixes_two_models_or_sizes(self, tmp_path, identity, n, what):
        recorded(tmp_path, SMALL, {"rag": Fake(always)})
        with pytest.raises(UsageError, match=f"was recorded with another {what}: move it away, or give another --out"):
            recorded(tmp_path, identity, {"rag": Fake(always), "tuned": Fake(never)}, n=n)

    def test_a_damaged_file_is_named_and_left_out(self, tmp_path, home):
        recorded(tmp_path, SMALL, {"rag": Fake(always)})
        damaged = recorded(tmp_path, LARGE, {"rag": Fake(always)})
        damaged.write_bytes(damaged.read_bytes()[:-30])
        with pytest.warns(UserWarning, match="is no recording that can be read"):
            found = recordings(FIRST, tmp_path)
        assert "small" in {one.head["model"] for one in found}
        assert "owner/large" not in {one.head["model"] for one in found}

    def test_other_questions_are_no_rows(self, tmp_path):
        file = recorded(tmp_path, SMALL, {"rag": Fake(always), "tuned": Fake(never)})
        text = gzip.decompress(file.read_bytes()).decode().replace('"question": "', '"question": "Once, ')
        file.write_bytes(gzip.compress(text.encode()))
        with pytest.warns(UserWarning, match="answers other questions than lesson 01_two_levers asks now"):
            assert table.sizes([Recording.read(file)]).empty


@pytest.mark.slow
def test_every_arm_of_every_lesson_answers(models, home, tmp_path, monkeypatch):
    """With a tiny random model: what is tested is that arms can be made, trained, asked, written and scored."""
    monkeypatch.setenv("TWOLEVERS_MODELS", str(models))
    monkeypatch.setattr(tiny, "WORDS", [*tiny.WORDS, *messages.DESKS])  # else all desks are one unknown word
    model = tiny.save_tiny_model(tmp_path / "tiny")
    settings = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(settings | {"max_position_embeddings": 4096}))
    said = []
    files = record.record(str(model), stems(), "cpu", 10, tmp_path / "out", said.append)
    found = [Recording.read(file) for file in files]
    assert [one.head["lesson"] for one in found] == stems()
    for one in found:
        assert [arm["arm"] for arm in one.arms] == list(one.contest.arms)
        learned = [arm["arm"] for arm in one.arms if any("seed" in row for row in arm["trained"])]
        assert learned == [arm for arm in one.contest.arms if arm in one.contest.trained]
        assert {len(one.head["sha256"]), one.head["n"], one.head["stored"]} == {64, 10, "F32"}
    rows = table.sizes(found)
    assert len(rows) == sum(len(one.contest.contest.pairs) for one in found)
    assert len(said) == 1 + sum(len(one.arms) for one in found) + len(found)
    assert [line.split(":")[0] for line in said if line.endswith(" s in this run")] == stems()


class TestTable:
    @pytest.mark.parametrize(
        ("rag", "tuned", "verdict"),
        [
            (always, never, Verdict.SUPPORTED),
            (never, always, Verdict.CONTRADICTED),
            (always, always, Verdict.TOO_CLOSE),
        ],
    )
    def test_the_verdict_follows_who_wins(self, tmp_path, rag, tuned, verdict):
        file = recorded(tmp_path, SMALL, {"rag": Fake(rag), "tuned": Fake(tuned)})
        [row] = table.sizes([Recording.read(file)]).to_dict("records")
        assert (row["comparison"], row["verdict"], row["n"]) == ("rag > tuned", verdict, 40)
        assert row["a"] - row["b"] == pytest.approx(row["difference"])

    def test_a_flip_is_marked_with_the_change_between_sizes(self, tmp_path):
        first = recorded(tmp_path, SMALL, {"rag": Fake(always), "tuned": Fake(never)})
        second = recorded(tmp_path, LARGE, {"rag": Fake(lambda place: place < 4), "tuned": Fake(always)}, n=50)
        rows = table.sizes([Recording.read(first), Recording.read(second)])
        assert rows["change"].isna().tolist() == [True, False]
        last = rows.iloc[-1]
        assert last["change"] == pytest.approx(-0.9 - 1.0)  # on the 40 questions that both answered
        assert last["change_low"] <= last["change"] <= last["change_high"] < 0
        claims = table.by_claim(rows).set_index("claim")
        assert claims["flips"].to_dict() == {"C01": "turns round", "C17": "turns round"}
        assert claims.loc["C01", "small"] == "supported" and claims.loc["C01", "owner/large"] == "contradicted"

    def test_macro_f1_changes_too(self, tmp_path):
        stem, arms = "08_narrow_tasks", ("long_prompt", "retrieved_few_shot", "tuned")
        every, half = (lambda place: True), (lambda place: place % 2 == 0)
        small = recorded(tmp_path, SMALL, dict(zip(arms, map(Fake, (half, half, every)), strict=True)), stem, 96)
        large = recorded(tmp_path, LARGE, dict(zip(arms, map(Fake, (every, half, every)), strict=True)), stem, 96)
        rows = table.sizes([Recording.read(small), Recording.read(large)])
        tuned = rows[(rows["comparison"] == "tuned > long_prompt")].set_index("model")
        assert tuned.loc["small", "verdict"] == "supported"
        assert tuned.loc["owner/large", "verdict"] == "too close to call"
        assert tuned.loc["owner/large", "change"] == pytest.approx(-tuned.loc["small", "difference"])
        assert tuned.loc["owner/large", "change_high"] < 0
        same = rows[(rows["comparison"] == "tuned > retrieved_few_shot")].set_index("model")
        assert same.loc["owner/large", ["change", "change_low", "change_high"]].tolist() == [0, 0, 0]

    def test_an_unfinished_recording_shows_the_pairs_it_has(self, tmp_path):
        file = recorded(tmp_path, SMALL, {"rag": Fake(always)})
        assert table.sizes([Recording.read(file)]).empty

    @pytest.mark.parametrize(
        ("intervals", "said"),
        [
            ([(0.12, 0.3), (0.02, 0.4)], ""),  # supported, then qualified: the side is the same
            ([(0.12, 0.3), (-0.05, 0.3)], ""),  # lost in a wide interval
            ([(-0.3, -0.2), (-0.3, 0.1)], ""),
            ([(-0.2, 0.2), (0.12, 0.3)], ""),  # found with a narrower one
            ([(0.12, 0.3), (-0.08, 0.08)], "fades"),
            ([(-0.3, -0.12), (-0.08, 0.08)], "fades"),
            ([(-0.08, 0.08), (0.12, 0.3)], "appears"),
            ([(0.02, 0.2), (-0.02, 0.08)], ""),  # one clear of zero and one alike, which overlap
            ([(0.12, 0.3), (-0.05, 0.3), (-0.4, -0.1)], "turns round"),
            ([(0.12, 0.3), (-0.08, 0.08), (-0.4, -0.1)], "turns round"),
            ([(-0.4, -0.01), (0.01, 0.3)], "turns round"),
            ([(-0.08, 0.08), (0.12, 0.3), (-0.08, 0.08)], "appears"),
            ([(float("nan"), float("nan")), (0.12, 0.3)], ""),
            ([(0.12, 0.3)], ""),
        ],
    )
    def test_only_decided_verdicts_flip(self, intervals, said):
        rows = [
            {"billions": place, "low": low, "high": high, "side": table.side(low, high, 0.1)}
            for place, (low, high) in enumerate(intervals)
        ]
        assert table.flip(pd.DataFrame(rows[::-1])) == said

    def test_of_several_contests_each_flip_is_named(self, tmp_path):
        stem, arms = "12_both", ("rag", "tuned", "stacked", "both")
        knows = {"rag": never, "tuned": never, "stacked": always, "both": always}
        small = recorded(tmp_path, SMALL, {name: Fake(knows[name]) for name in arms}, stem)
        knows |= {"rag": always, "stacked": never}
        large = recorded(tmp_path, LARGE, {name: Fake(knows[name]) for name in arms}, stem)
        claims = table.by_claim(table.sizes([Recording.read(small), Recording.read(large)])).set_index("claim")
        said = claims.loc["C18", "flips"]
        assert said == "stacked > rag turns round", "40 alike answers do not show that 0.05 is not exceeded: no fading"

    def test_yours_stands_first_and_is_told_apart(self, tmp_path, monkeypatch):
        file = recorded(tmp_path, LARGE, {"rag": Fake(always), "tuned": Fake(never)})
        monkeypatch.setattr(table, "recordings", lambda stem: [Recording.read(file)])
        mine = Recording.read(recorded(tmp_path, SMALL, {"rag": Fake(never), "tuned": Fake(always)}, n=20)).scored()
        shown = table.beside(FIRST, "mine", two_levers.CONTEST, mine)
        assert shown["whose"].tolist() == ["yours", "recorded, not yours"]
        assert shown["n"].tolist() == [20, 40] and shown["model"].tolist() == ["mine", "owner/large"]

    def test_the_figure_says_it_in_words_too(self, tmp_path):
        first = recorded(tmp_path, SMALL, {"rag": Fake(always), "tuned": Fake(never)})
        second = recorded(tmp_path, LARGE, {"rag": Fake(never), "tuned": Fake(always)})
        figure, alt = plot(table.sizes([Recording.read(first), Recording.read(second)]))
        written = " ".join(text.get_text() for text in figure.axes[0].texts)
        assert "supported" in written and "contradicted" in written
        assert "⇄ turns round" in figure.axes[0].get_yticklabels()[0].get_text()
        assert "C01, C17, rag > tuned, facts right (turns round): small: supported, +1.00" in alt
        assert plot(table.sizes([]))[1].endswith("Nothing is recorded yet.")


def test_change_needs_both_arms():
    frame = pd.DataFrame({"arm": ["a"], "question_id": ["q"], "entity": ["e"], "correct": [True]})
    contest = Contest(FIRST, "facts right", {("a", "b"): ""}, 0.1, 1)
    assert all(np.isnan(table.change(contest, ("a", "b"), frame, frame)))


def test_change_takes_questions_without_an_entity_as_their_own_clusters():
    names = [f"q{place}" for place in range(20)]
    small = pd.DataFrame({"arm": ["a"] * 20 + ["b"] * 20, "question_id": names * 2, "entity": ""})
    small["correct"] = [True] * 20 + [False] * 20
    large = small.assign(correct=[place % 2 == 0 for place in range(20)] + [False] * 20)
    contest = Contest(FIRST, "facts right", {("a", "b"): ""}, 0.1, 1)
    value, low, high = table.change(contest, ("a", "b"), small, large)
    assert low < value == -0.5 < high < 0


class TestSeeds:
    def recorded_again(self, out, seed, arms, identity=SMALL, stem=FIRST, n=40):
        contest = replace(central(stem), arms={name: lambda asked, arm=arm: arm for name, arm in arms.items()})
        return record._lesson(contest, None, identity, Shape(30, 576), n, out, lambda line: None, seed)

    def test_the_trained_arms_alone_are_recorded_in_a_folder_of_the_seed(self, tmp_path):
        rag, tuned = Fake(always), Fake(never)
        file = self.recorded_again(tmp_path, 21, {"rag": rag, "tuned": tuned})
        assert file == tmp_path / "small" / "seed-21" / f"{FIRST}.jsonl.gz"
        assert (rag.calls, tuned.calls) == (0, 1)
        one = Recording.read(file)
        assert one.head["training_seed"] == 21 and [arm["arm"] for arm in one.arms] == ["tuned"]

    def test_the_spread_stands_apart_from_the_interval_over_items(self, tmp_path, home):
        half, third = (lambda place: place % 2 == 0), (lambda place: place % 3 == 0)
        recorded(tmp_path, SMALL, {"rag": Fake(always), "tuned": Fake(half)})
        for seed, knows in ((21, third), (22, never)):
            self.recorded_again(tmp_path, seed, {"tuned": Fake(knows)})
        found = [one for one in recordings(FIRST, tmp_path) if one.head["model"] == "small"]
        [row] = seeds.spread(found, seeded(FIRST, tmp_path)).to_dict("records")
        assert (row["comparison"], row["n"], row["seeds"]) == ("rag > tuned", 40, 3)
        gaps = [0.5, 1 - 14 / 40, 1.0]
        assert (row["difference"], row["lowest"], row["highest"]) == pytest.approx((0.5, 0.5, 1.0))
        assert row["sd"] == pytest.approx(np.std(gaps, ddof=1))
        assert row["low"] < 0.5 < row["high"] < 1.0 and row["verdicts"] == "supported 3 ×"
        assert table.sizes(found)["n"].tolist() == [40], "further seeds are no rows of the table by size"

    def test_other_questions_or_another_model_are_not_mixed_in(self, tmp_path, home):
        recorded(tmp_path, SMALL, {"rag": Fake(always), "tuned": Fake(never)})
        self.recorded_again(tmp_path, 21, {"tuned": Fake(always)}, n=50)
        self.recorded_again(tmp_path, 22, {"tuned": Fake(always)}, identity=LARGE)
        found = [one for one in recordings(FIRST, tmp_path) if one.head["model"] == "small"]
        assert seeds.spread(found, seeded(FIRST, tmp_path)).empty

    def test_a_pair_needs_every_arm_of_it_that_is_trained(self, tmp_path, home):
        one_wording = "tuned, one wording"
        recorded(tmp_path, SMALL, {"rag": Fake(always), "tuned": Fake(always), one_wording: Fake(never)})
        self.recorded_again(tmp_path, 21, {"tuned": Fake(never)})
        found = [one for one in recordings(FIRST, tmp_path) if one.head["model"] == "small"]
        assert seeds.spread(found, seeded(FIRST, tmp_path))["comparison"].tolist() == ["rag > tuned"]

    def test_trains_with_the_seed_and_never_with_the_lessons_own(self):
        used = []

        class Bench:
            def train(self, label, examples, recipe):
                used.append(recipe.seed)
                return Training(None, seconds=100.0)

        asked = Asked(Bench(), [], Shape(DEPTH, WIDTH), seed=21)
        asked.train("facts", [], Recipe(seed=1))
        assert used == [21] and asked.trained[0]["seed"] == 21
        assert asked.before == pytest.approx(100.0, abs=1), "seconds of a training found in the cache are counted"
        with pytest.raises(UsageError, match="21 is the lesson's own training seed: give another --seed"):
            asked.train("facts", [], Recipe(seed=21))

    @pytest.mark.parametrize("stem", stems())
    def test_every_contest_has_arms_that_a_seed_changes(self, stem):
        contest = central(stem)
        assert contest.trained and set(contest.trained) <= set(contest.arms)
        assert set(contest.trained) & {arm for pair in contest.contest.pairs for arm in pair}


class TestCommand:
    @pytest.mark.parametrize(
        ("given", "said"),
        [
            (["--lessons", "99"], "No lesson '99' on the ladder"),
            (["--model", "http://localhost:1/v1", "--lessons", "01"], "A server's model cannot be trained"),
            (["--seed", "2"], "give --model too"),
            (["--model", "nowhere.gguf"], "There is no file nowhere.gguf"),
        ],
    )
    def test_misuse_is_one_line(self, home, given, said):
        done = CliRunner().invoke(app, ["ladder", *given])
        assert isinstance(done.exception, UsageError)
        assert said in str(done.exception) and "\n" not in str(done.exception)

    def test_shows_what_is_recorded(self, home, tmp_path, monkeypatch):
        monkeypatch.setenv("COLUMNS", "120")
        recorded(tmp_path, SMALL, {"rag": Fake(always), "tuned": Fake(never)})
        TestSeeds().recorded_again(tmp_path, 21, {"tuned": Fake(always)})
        done = CliRunner().invoke(app, ["ladder", "--lessons", "01", "--out", str(tmp_path)])
        assert done.exit_code == 0, done.output
        assert "supported" in done.output and "small" in done.output and "Q4_1 run in float32, cpu" in done.output
        assert "rag > tuned: 2 training seeds from +0.00 to +1.00 (sd 0.71), over items [" in done.output


class TestCommitted:
    def test_fits_the_data_and_is_small(self):
        files = list(committed().rglob("*.jsonl.gz"))
        assert files and sum(file.stat().st_size for file in files) <= 2_000_000
        for file in files:
            head = Recording.read(file).head
            assert head["data"] == registry.lesson(head["lesson"]).data_hash, f"{file}: record it again"
            assert len(head["sha256"]) == 64 and file.name == f"{head['lesson']}.jsonl.gz"
            below = [f"seed-{head['training_seed']}"] if "training_seed" in head else []
            assert file.relative_to(committed()).parts[1:-1] == tuple(below)

    def test_is_scored_without_a_warning(self, home):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            rows = table.sizes(recordings())
        assert {"SmolLM2-135M-Instruct", "Qwen2.5-Coder-0.5B-Instruct"} <= set(rows["model"])
        assert rows["verdict"].isin([str(word) for word in Verdict]).all()


@pytest.mark.parametrize(
    ("line", "change", "why"),
    [
        (0, {"lesson": None}, "lesson of its head"),
        (0, {"billions": "many"}, "billions of its head"),
        (0, {"n": "x"}, "n of its head"),
        (1, {"seconds": None}, "seconds of its arm"),
        (2, {"cited": None}, "cited of its answer"),
        (2, {"question_id": "none"}, "the same questions"),
        (2, [1], "no record"),
        (2, "[" * 100_000, "cannot|can be read"),
    ],
)
def test_a_damaged_recording_is_named_and_the_rest_is_shown(tmp_path, line, change, why):
    file = next(iter(sorted(committed().glob(f"*/{FIRST}{record.SUFFIX}"))))
    rows = gzip.decompress(file.read_bytes()).decode().splitlines()
    if isinstance(change, dict):
        change = json.loads(rows[line]) | change
    rows[line] = change if isinstance(change, str) else json.dumps(change)
    bad = tmp_path / "m" / file.name
    bad.parent.mkdir()
    bad.write_bytes(gzip.compress("\n".join(rows).encode()))
    with pytest.warns(UserWarning, match=why):
        assert bad not in [one.file for one in recordings(FIRST, tmp_path)]


def test_a_table_from_a_file_is_refused(tmp_path):
    (tmp_path / "f").write_text("")
    found = CliRunner().invoke(app, ["ladder", "--out", str(tmp_path / "f")])
    assert isinstance(found.exception, UsageError) and "is a file" in str(found.exception)
