"""Lesson 10: how many examples do we have? Learning curves of tuning and of a linear classifier, with intervals.

The cheap arm is drawn several times at every size, also with a fifth of its labels made wrong. Tuning takes equally
many steps at every size, so that its curve speaks of labels alone; what the steps bring shows on one size, trained once
through. All are tested on the messages of lesson 08.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from twolevers import cache
from twolevers.arms.choosing import Choosing
from twolevers.arms.labelled import training_pairs
from twolevers.arms.linear import TfidfLinear
from twolevers.arms.tuned import Tuned
from twolevers.evaluate import macro
from twolevers.evaluate.evidence import Evidence
from twolevers.lessons.common import messages
from twolevers.lessons.common.bench import Measured, Workbench
from twolevers.lessons.common.contest import Contest
from twolevers.lessons.common.messages import DESKS, INSTRUCTION
from twolevers.lessons.common.reading import MACRO_F1
from twolevers.lessons.task_data.curves import Point, curve
from twolevers.models.adapter import Recipe
from twolevers.paths import write_atomically

LESSON = "10_task_data"
SEED = 8
ALL = 128  # labels a desk that there are
SIZES = (5, 10, 25, 50, ALL)  # labels a desk, linear arm
DRAWS = 5  # of each size but the whole, linear arm
STRENGTH = 1.0  # of the linear arm, at every size, so that sizes compare
FEWEST, SOME, MORE = 10, 25, 50  # labels a desk, tuned arm; training on all would take more than a lesson's time
ONCE = "tuned once"  # the smallest size trained a single time through: fewer steps on the same labels
AGAIN = SEED + 1  # a second draw and training seed, at the smallest size
NOISE = 0.2  # share of labels made wrong
MARGIN = 0.02  # the smallest difference in macro-F1 that would matter to us
WORTH = 0.01  # the least macro-F1 that another hundred labels must bring to be worth buying
# `SOME` is lesson 08's, so that its adapter is found again.
RECIPE = Recipe(layers=10, rank=16, learning_rate=2e-3, epochs=1, batch_size=8, seed=SEED)


@dataclass(frozen=True)
class Step:
    """One training of the plan: the arm's name, labels a desk, epochs, seed of draw and training."""

    arm: str
    per_class: int
    epochs: int
    seed: int = SEED


PLAN = (
    Step(ONCE, FEWEST, 1),
    Step("tuned", FEWEST, 5),
    Step("tuned", FEWEST, 5, AGAIN),
    Step("tuned", SOME, 2),
    Step("tuned", MORE, 1),
)


def tested() -> pd.DataFrame:
    """The test messages, one of each scenario; none of which any training has seen."""
    return messages.held_out("test", messages.TEST, SEED)


def drawn(per_class: int, seed: int) -> pd.DataFrame:
    """Training messages of a size; of one seed the smaller are part of the larger. Checked for leaks."""
    rows = messages.draw(per_class, seed)
    messages.check_leaks(rows, tested())
    return rows


def flipped(queues: Sequence[str], share: float, seed: int) -> list[str]:
    """The labels with a `share` of them, drawn at random, replaced by another desk's."""
    rng, wrong = random.Random(seed), list(queues)
    for place in rng.sample(range(len(wrong)), round(share * len(wrong))):
        wrong[place] = rng.choice([desk for desk in DESKS if desk != wrong[place]])
    return wrong


def linear() -> pd.DataFrame:
    """The linear arm at every size and draw, with the labels as given and with noise.

    One row each of point (see `Point`) × test message: also question_id, entity, text (the label said), true. Fitted
    once and kept on disk.
    """
    points = [
        Point("tfidf", per_class, SEED + draw, noise)
        for per_class in SIZES
        for draw in range(DRAWS if per_class < ALL else 1)
        for noise in (0.0, NOISE)
    ]
    code = cache.code("arms/linear.py", "lessons/common/messages.py", "lessons/task_data/experiment.py")
    content = (code, messages.data_hash(), points)
    said = _once(cache.place("curves", *content).with_suffix(".json"), points)
    return pd.concat([_answers(point, labels) for point, labels in zip(points, said, strict=True)], ignore_index=True)


def grow(bench: Workbench) -> Iterator[pd.DataFrame]:
    """The tuned arm's answers, longer by one training at each step; columns as of `linear`, and train_seconds."""
    frames: list[pd.DataFrame] = []
    for step in PLAN:
        frames.append(tuned(bench, step))
        yield pd.concat(frames, ignore_index=True)


def tuned(bench: Workbench, step: Step) -> pd.DataFrame:
    """Train on one draw and label the test messages."""
    rows = drawn(step.per_class, step.seed)
    pairs = training_pairs(rows["text"].tolist(), rows["queue"].tolist(), INSTRUCTION)
    recipe = replace(RECIPE, epochs=step.epochs, seed=step.seed)
    training = bench.train(f"on {len(pairs)} messages × {step.epochs}", pairs, recipe)
    arm = Tuned(Choosing(bench.model.adapted(training.adapter), DESKS), INSTRUCTION)
    frame = messages.answered(bench, arm, tested())[["arm", "question_id", "entity", "text", "true", "seconds"]]
    point = Point(step.arm, step.per_class, step.seed, 0.0)
    return frame.assign(**point.columns(), epochs=step.epochs, train_seconds=training.seconds)


def first_draws(frame: pd.DataFrame) -> pd.DataFrame:
    """The trainings with the first seed and labels as given; an arm is named with its labels."""
    part = frame[(frame["seed"] == SEED) & (frame["noise"] == 0)]
    return part.assign(arm=[named(arm, size) for arm, size in zip(part["arm"], part["per_class"], strict=True)])


def named(arm: str, per_class: int) -> str:
    """An arm with its number of labels, as the ledger names it."""
    return f"{arm}, {per_class * len(DESKS)}"


# C11 calls many labels a reason to tune. So: do more of them make the tuned arm better, and are they then better spent
# on tuning than on the cheap arm? The cheap arm's own gain, on to every label there is, stands beside.
PAIRED = {
    (named("tuned", MORE), named("tuned", SOME)): "C11",
    (named("tuned", MORE), named("tfidf", MORE)): "C11",
    (named("tfidf", ALL), named("tfidf", SOME)): "",
}
LABELS_OR_STEPS = (
    (named("tuned", SOME), named("tuned", FEWEST)),  # more labels, equally many steps
    (named("tuned", FEWEST), named(ONCE, FEWEST)),  # more steps, the same labels
)
CONTEST = Contest(LESSON, MACRO_F1, PAIRED, MARGIN, SEED, MACRO_F1, part=first_draws, draws=SEED)
comparisons = CONTEST.comparisons
labels_or_steps = replace(CONTEST, pairs=dict.fromkeys(LABELS_OR_STEPS)).comparisons


def seeds(frame: pd.DataFrame) -> pd.DataFrame:
    """The smallest size trained twice: columns seed, labels, value, low, high (the interval over test messages)."""
    part = frame[(frame["arm"] == "tuned") & (frame["per_class"] == FEWEST)]
    table = macro.scores(part, ("seed",), SEED)
    return table.assign(labels=FEWEST * len(DESKS))[["labels", "seed", "value", "low", "high"]]


def times(frame: pd.DataFrame, extrapolated: int = 10_000) -> pd.DataFrame:
    """Seconds of each training, and one row that nobody ran: columns labels, epochs, seconds, ms, basis.

    Extrapolation: seconds per label of the largest training, one epoch, times `extrapolated` labels.
    """
    rows = []
    for (labels, epochs, _), group in frame.groupby(["labels", "epochs", "seed"], sort=False):
        taken = float(group["train_seconds"].iloc[0])
        row = {"labels": labels, "epochs": epochs, "seconds": taken}
        rows.append(row | {"ms a label and epoch": 1000 * taken / labels / row["epochs"], "basis": "measured"})
    largest = max(rows, key=lambda row: row["labels"])
    pace = largest["ms a label and epoch"]
    seconds = extrapolated * pace / 1000
    row = {"labels": extrapolated, "epochs": 1, "seconds": seconds, "ms a label and epoch": pace}
    return pd.DataFrame([*rows, row | {"basis": "extrapolated"}])


def at(table: pd.DataFrame, arm: str, labels: int) -> tuple[float, float, float]:
    """One point of a curve with its interval, as `reveal` takes it."""
    row = table[(table["arm"] == arm) & (table["labels"] == labels) & (table["noise"] == 0)].iloc[0]
    return float(row["value"]), float(row["low"]), float(row["high"])


def evidence(bench: Workbench, frame: pd.DataFrame) -> list[Evidence]:
    """What the lesson writes into the ledger: every point of both curves, and the comparisons that decide C11."""
    kept = []
    for point in curve(frame).itertuples():
        noise = f", {point.noise:.0%} wrong" if point.noise else ""
        measured = Measured(point.value, point.low, point.high, point.n)
        name = f"{point.arm}, {point.labels}{noise}"
        kept.append(bench.evidence(LESSON, "", name, MACRO_F1, measured, seconds=0.0, seed=SEED))
    return [*kept, *CONTEST.verdicts(bench, frame)]


def _answers(point: Point, labels: Sequence[str]) -> pd.DataFrame:
    rows = tested()
    frame = pd.DataFrame({"question_id": rows["ticket_id"], "entity": rows["scenario"], "text": labels})
    return frame.assign(true=rows["clean_queue"], **point.columns())


def _once(path: Path, points: Sequence[Point]) -> list[list[str]]:
    """The labels that each point's classifier gives the test messages, from disk where they were kept."""
    with cache.locked(path):
        if path.exists():
            try:
                return json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                cache.damaged("The learning curve", path)
        said = [_fit(point) for point in points]
        write_atomically(path, json.dumps(said))
    return said


def _fit(point: Point) -> list[str]:
    rows = drawn(point.per_class, point.seed)
    queues = flipped(rows["queue"].tolist(), point.noise, point.seed)
    arm = TfidfLinear(rows["text"].tolist(), queues, STRENGTH)
    return [str(label) for label in arm.predict(tested()["text"].tolist())]
