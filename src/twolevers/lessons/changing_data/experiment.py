"""Lesson 02: does it change often? Twelve monthly revisions, replayed: an index left alone or refreshed, a model tuned
at the start or tuned again.

All arms hold the same facts at month 0. A year later some have changed, some have not, and some pages are gone.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from twolevers.arms.tuned import Tuned, closed_book
from twolevers.data.questions import HELD_OUT_WORDINGS, ask
from twolevers.data.records import Question
from twolevers.data.revisions import MONTHS, Revision, load_revisions, questions_as_of, revised_questions
from twolevers.evaluate.evidence import Evidence
from twolevers.evaluate.run import summarise
from twolevers.evaluate.scorers.outcomes import OLD, outcome
from twolevers.evaluate.statistics import compare
from twolevers.lessons.changing_data.replay import tag
from twolevers.lessons.common.bench import Measured, Workbench, check_leaks
from twolevers.lessons.common.contest import Contest, level_rows
from twolevers.lessons.common.moving_facts import read, search_in
from twolevers.lessons.common.style import ARM_STYLE, EDGE, ORANGE, SKY, ArmStyle, style
from twolevers.models.adapter import Recipe
from twolevers.models.api import Training

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from twolevers.retrieval.store import LanceStore

LESSON = "02_changing_data"
ASKED = (0, 4, 8, MONTHS)  # months at which the questions are put
CHANGED, UNCHANGED, DELETED = "facts that change", "facts that stay", "facts of deleted pages"
FACTS = {CHANGED: 20, UNCHANGED: 12, DELETED: 12}
PER_PRODUCT = {CHANGED: 1, UNCHANGED: 1, DELETED: 2}  # only six pages are deleted in the year
WORDINGS = HELD_OUT_WORDINGS[:2]
K = 2
SEED = 2
RECIPE = Recipe(layers=15, rank=16, learning_rate=2e-3, epochs=6, batch_size=16, seed=SEED)
MARGIN = 0.10  # the smallest difference in right answers that would matter to us

PAIRED = (("rag", "tuned"), ("rag", "tuned again"), ("tuned again", "tuned"), ("rag", "rag, stale"))
AFTER = "facts right after the last revision"
STAYED = "facts that stayed right after the last revision"
RECITED = "old value given for a deleted page"
LABELS = {
    "rag": "RAG, index refreshed each month",
    "rag, stale": "RAG, index of month 0",
    "tuned": "tuned once, at month 0",
    "tuned again": "tuned again, at month 12",
}

LOOKS = {
    "rag": ARM_STYLE["rag"],
    "rag, stale": ArmStyle("RAG, stale", SKY, "o", "", ":"),
    "tuned": ARM_STYLE["tuned"],
    "tuned again": ArmStyle("tuned again", ORANGE, "D", "", ""),
}


def facts(bench: Workbench) -> pd.DataFrame:
    """The lesson's facts (columns question_id, entity, group), drawn with `SEED`, with few facts of one product."""
    last = revised_questions(bench.questions, load_revisions(), MONTHS)
    single = bench.questions.loc[bench.questions["kind"] == "fact", "question_id"]
    last = last[last["question_id"].isin(single)]  # those of new products and recalls cannot be asked at month 0
    changed = last["changed_in"] > 0
    pools = {CHANGED: changed & last["answers"].map(bool), UNCHANGED: ~changed, DELETED: ~last["answers"].map(bool)}
    drawn = []
    for group, pool in pools.items():
        rows = last[pool].sample(frac=1, random_state=SEED).groupby("entity", sort=False).head(PER_PRODUCT[group])
        drawn.append(rows.head(FACTS[group])[["question_id", "entity"]].assign(group=group))
    return pd.concat(drawn, ignore_index=True)


def as_of(bench: Workbench, revisions: list[Revision], month: int) -> pd.DataFrame:
    """The lesson's facts with the answers of a month: columns of `questions_as_of` and `group`."""
    every = questions_as_of(bench.questions, revisions, month)
    return facts(bench)[["question_id", "group"]].merge(every, on="question_id")


def taught(bench: Workbench, month: int) -> list[Question]:
    """The training pairs of a month: every fact that it has an answer for, in each training wording."""
    rows = as_of(bench, load_revisions(), month)
    return bench.training(rows[rows["answers"].map(bool)])


def train(bench: Workbench, month: int) -> Training:
    """Tune on the facts of a month, from the untouched model; facts of deleted pages are left out."""
    pairs = taught(bench, month)
    check_leaks(pairs, _questions(as_of(bench, load_revisions(), 0)), unseen=False)
    return bench.train(f"month {month}", closed_book(pairs), RECIPE)


def run(bench: Workbench, store: "LanceStore", first: Training, again: Training) -> pd.DataFrame:
    """Every arm asked at every month of `ASKED`, `tuned again` at the last alone.

    Columns of `evaluate.run`, then month, group, outcome (see `scorers.outcomes`) and page (whether a source is
    the page that the fact stood on at month 0). `correct` goes by what is true in that month.
    """
    revisions = load_revisions()
    pages = bench.questions.set_index("question_id")["doc_ids"]
    stale = search_in(store.at(tag(0)), bench.embedder)
    truth = {month: as_of(bench, revisions, month) for month in ASKED}
    asked = {month: _questions(rows) for month, rows in truth.items()}
    given = {("tuned", month): _tuned(bench, first, asked[month]) for month in ASKED}
    given["tuned again", MONTHS] = _tuned(bench, again, asked[MONTHS])
    for month in ASKED:
        fresh = search_in(store.at(tag(month)), bench.embedder)
        given["rag", month] = read(bench, fresh, asked[month], K)
        given["rag, stale", month] = read(bench, stale, asked[month], K)
    frames = [
        answers.assign(arm=arm, month=month).merge(_truth(truth[month])) for (arm, month), answers in given.items()
    ]
    frame = pd.concat(frames, ignore_index=True)
    told = zip(frame["text"], frame.pop("answers"), frame.pop("old_answers"), strict=True)
    frame["outcome"] = [outcome(*one) for one in told]
    sources = zip(frame["sources"], frame["question_id"], strict=True)
    frame["page"] = [bool(set(found) & set(pages[name])) for found, name in sources]
    return frame


def last(frame: pd.DataFrame, group: str) -> pd.DataFrame:
    """The answers of one group of facts after the last revision."""
    return frame[(frame["month"] == MONTHS) & (frame["group"] == group)]


def course(frame: pd.DataFrame) -> pd.DataFrame:
    """Share right per group, arm and month with its interval: columns of `summarise`, then group and month."""
    parts = [
        summarise(rows).assign(group=group, month=month)
        for (group, month), rows in frame.groupby(["group", "month"], sort=False)
    ]
    return pd.concat(parts, ignore_index=True)


CONTEST = Contest(LESSON, AFTER, dict.fromkeys(PAIRED, "C03"), MARGIN, SEED, part=lambda frame: last(frame, CHANGED))
comparisons = CONTEST.comparisons


def gap(frame: pd.DataFrame) -> pd.DataFrame:
    """How much of the gap between `rag` and `tuned` the year made, on the facts that changed: paired by question.

    One row each for the gap at month 0, at the last month and what came between: difference (rag − tuned), low, high.
    """
    wide = frame[frame["group"] == CHANGED].pivot(
        index=["entity", "question_id", "question"], columns=["arm", "month"], values="correct"
    )
    clusters = wide.index.get_level_values("entity").tolist()
    arms = {arm: wide[arm][[0, MONTHS]].astype(float) for arm in ("rag", "tuned")}
    sides = {f"gap at month {month}": [arms[arm][month] for arm in ("rag", "tuned")] for month in (0, MONTHS)}
    sides["made by the year"] = [arms[arm][MONTHS] - arms[arm][0] for arm in ("rag", "tuned")]
    rows = []
    for name, (a, b) in sides.items():
        found = compare(a.tolist(), b.tolist(), clusters)
        rows.append({"RAG − tuned": name, "n": found.n, "difference": found.difference})
        rows[-1] |= {"low": found.interval.low, "high": found.interval.high}
    return pd.DataFrame(rows)


def recited(frame: pd.DataFrame) -> pd.DataFrame:
    """Share of answers that give the old value of a deleted page, per arm (columns of `summarise`)."""
    rows = last(frame, DELETED)
    return summarise(rows.assign(recited=rows["outcome"] == OLD), "recited")


def evidence(bench: Workbench, frame: pd.DataFrame, seconds: Measured, updating: float) -> list[Evidence]:
    """What the lesson writes into the ledger; `seconds` is `replay.ratio`, `updating` what all updates took."""
    stayed, gone = last(frame, UNCHANGED), last(frame, DELETED)
    gone = gone.assign(recited=gone["outcome"] == OLD)
    ratio = "log2 ratio: seconds per update"
    return [
        *CONTEST.scores(bench, frame),
        *level_rows(bench, LESSON, STAYED, stayed, SEED),
        *level_rows(bench, LESSON, RECITED, gone, SEED, "recited"),
        *CONTEST.verdicts(bench, frame),
        bench.evidence(LESSON, "C15", "tuned - rag", ratio, seconds, seconds=updating, seed=SEED),
    ]


def plot(frame: pd.DataFrame, labels: Mapping[str, str] = LABELS) -> "tuple[Figure, str]":
    """Share of facts right by month, changed and unchanged facts apart, with alternative text."""
    from matplotlib import pyplot

    title = "What does a year of revisions do?"
    table, said = course(frame), []
    with style():
        figure, panels = pyplot.subplots(1, 2, figsize=(11, 5), sharey=True)
        for axes, group in zip(panels, (CHANGED, UNCHANGED), strict=True):
            rows = table[table["group"] == group]
            for place, (arm, label) in enumerate(labels.items()):
                one = rows[rows["arm"] == arm]
                error = [(one["accuracy"] - one["low"]).clip(lower=0), (one["high"] - one["accuracy"]).clip(lower=0)]
                months = one["month"] + 0.25 * (place - 1.5)  # side by side, so that no interval hides another
                line = LOOKS[arm].line() | {"label": label}
                axes.errorbar(months, one["accuracy"], yerr=error, elinewidth=1.2, ecolor=EDGE, capsize=3, **line)
                values = ", ".join(f"{row.accuracy:.2f}" for row in one.itertuples())
                when = f"month{'s' if len(one) > 1 else ''} {', '.join(map(str, one['month']))}"
                said.append(f"{group}, {label}: {values} at {when}")
            axes.set(title=f"{group} (n = {rows['n'].iloc[0]})", xticks=ASKED, xlabel="Month", ylim=(-0.03, 1.03))
        panels[0].set_ylabel("Share right")
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
        figure.suptitle(f"{title} (lines: 95 % intervals)", fontweight="bold", x=0.01, ha="left")
    return figure, f"Line chart in two panels. {title} Share of facts right: {'; '.join(said)}."


def _tuned(bench: Workbench, training: Training, questions: list[Question]) -> pd.DataFrame:
    """Answers of the model with an adapter, whose merged weights are gone before the next ones are made."""
    return bench.answer([Tuned(bench.model.adapted(training.adapter))], questions)


def _questions(rows: pd.DataFrame) -> list[Question]:
    return [question for wording in WORDINGS for question in ask(rows, wording)]


def _truth(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[["question_id", "group", "answers", "old_answers"]]
