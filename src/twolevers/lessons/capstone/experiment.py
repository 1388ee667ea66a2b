"""Lesson 14: does the right choice follow from the problem? The contests of all briefs, and what they say together.

A learner measures one brief; the others come from answers recorded beforehand (datasets/briefs/*/recorded.csv), which
are scored by the same code and always shown as recorded.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from twolevers import paths
from twolevers.arms.protocol import Answer, Usage
from twolevers.data.records import Question
from twolevers.data.validate import read_text
from twolevers.errors import UsageError
from twolevers.evaluate.evidence import Evidence, machine, now
from twolevers.evaluate.run import score
from twolevers.evaluate.statistics import Comparison, compare
from twolevers.lessons.capstone.arms import ARMS
from twolevers.lessons.capstone.case import Case
from twolevers.lessons.capstone.contest import COLUMNS, Contest, data_hash
from twolevers.lessons.common.bench import Measured, Workbench
from twolevers.lessons.common.contest import level_rows
from twolevers.lessons.common.figures import bars
from twolevers.lessons.common.reading import judged, levels
from twolevers.lessons.common.style import ARM_STYLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LESSON = "14_capstone"
MARGIN = 0.05  # the smallest difference in goals met that would matter to a client
SEED = 14
METRIC = "goals met"
BEST, SINGLE = "best arm of each brief", "best single arm"
CLAIM = "C24"
STORED = ("arm", "question_id", "text", "retrieved", "cited_right", "prompt_tokens")


@dataclass(frozen=True)
class Recorded:
    """Answers of another run: `frame` has the contest's columns; `about` says model, date, machine and data hashes."""

    frame: pd.DataFrame
    about: Mapping[str, Any]


@dataclass(frozen=True)
class Kept:
    """What a recording says of each answer's sources, by question id; the passages themselves are not kept."""

    flags: Mapping[str, tuple[bool, bool]]
    columns: ClassVar[tuple[str, ...]] = ("retrieved", "cited_right")

    @classmethod
    def read(cls, rows: pd.DataFrame) -> "Kept":
        """From rows of recorded.csv: 1 is yes, 0 and nothing are no."""
        given = zip(rows["question_id"], rows["retrieved"], rows["cited_right"], strict=True)
        return cls({name: (str(found) == "1", str(cited) == "1") for name, found, cited in given})

    def __call__(self, question: Question, answer: Answer) -> dict[str, bool]:
        """The two flags of one answer."""
        return dict(zip(self.columns, self.flags[question.question_id], strict=True))


def folder() -> Path:
    """Where the recorded answers lie."""
    return paths.datasets() / "briefs"


def record(contests: Sequence[Contest], model: str) -> dict[str, str]:
    """The files of recorded answers, path below `folder` to text."""
    files = {}
    for contest in contests:
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(STORED)
        for row in contest.frame.itertuples():
            flags = ("" if pd.isna(flag) else int(flag) for flag in (row.retrieved, row.cited_right))
            writer.writerow([row.arm, row.question_id, " ".join(row.text.split()), *flags, int(row.prompt_tokens)])
        files[f"{contest.case.name}/recorded.csv"] = stream.getvalue()
    about = {
        "model": model,
        "machine": machine(),
        "created": now(),
        "briefs": {
            contest.case.name: {
                "data_hash": contest.data_hash,
                "chosen": contest.chosen,
            }
            for contest in contests
        },
    }
    return files | {"recorded.json": json.dumps(about, indent=1, ensure_ascii=False) + "\n"}


def recorded(cases: Iterable[Case], where: Path | None = None) -> Recorded:
    """The recorded answers of these cases, scored anew. Answers to other data than the case's are left out."""
    where = where or folder()
    about = json.loads(read_text(where / "recorded.json"))
    parts = []
    for case in cases:
        if about["briefs"].get(case.name, {}).get("data_hash") != data_hash(case):
            continue
        own = pd.read_csv(where / case.name / "recorded.csv", keep_default_na=False)
        asked = {pair.question.question_id: pair.question for pair in case.tested}
        for arm, rows in own.groupby("arm", sort=False):
            answers = [Answer(row.question_id, row.text, (), (), _usage(row)) for row in rows.itertuples()]
            scorer = case.scorer(case.tested, Kept.read(rows))
            frame = score({str(arm): answers}, [asked[name] for name in rows["question_id"]], scorer)
            parts.append(frame.assign(brief=case.name)[list(COLUMNS)])
    if not parts:
        raise UsageError(f"{where / 'recorded.json'} knows no answers to these briefs: make them (generate/record.py).")
    return Recorded(pd.concat(parts, ignore_index=True), about)


def together(measured: Sequence[Contest], known: Recorded) -> pd.DataFrame:
    """All briefs: measured here where there is a contest, else recorded. Column `source` says which."""
    own = {contest.case.name for contest in measured}
    rest = known.frame[~known.frame["brief"].isin(own)].assign(source="recorded, not yours")
    return pd.concat([*(contest.frame.assign(source="yours") for contest in measured), rest], ignore_index=True)


def winners(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a brief: brief, first, goals met, second, difference with interval (for the family of pairs), verdict."""
    rows = []
    for brief, part in frame.groupby("brief", sort=True):
        shares = part.groupby("arm", sort=False)["correct"].mean().sort_values(ascending=False, kind="stable")
        first, second = shares.index[:2]
        pairs = len(shares) * (len(shares) - 1) // 2
        found = judged(part, [(first, second)], MARGIN, draws=SEED, family=pairs).iloc[0]
        row = {"brief": brief, "first": first, METRIC: shares.iloc[0], "second": second, "n": found.n}
        row |= {"difference": found.difference, "low": found.low, "high": found.high, "verdict": found.verdict}
        rows.append(row | {"source": part["source"].iloc[0] if "source" in part else "yours"})
    return pd.DataFrame(rows)


def grid(frame: pd.DataFrame) -> pd.DataFrame:
    """Brief × arm: goals met with the 95 % interval, as text; "–" where a brief does not allow the arm."""
    rows = []
    for brief, part in frame.groupby("brief", sort=True):
        cells = {row.arm: f"{row.value:.2f} [{row.low:.2f}, {row.high:.2f}]" for row in levels(part).itertuples()}
        rows.append({"brief": brief} | {arm: cells.get(arm, "–") for arm in (*ARMS, "linear")})
    return pd.DataFrame(rows)


def pick_against(frame: pd.DataFrame, pick: str) -> pd.DataFrame:
    """The pick against each rival, a family that was fixed by the commit. Columns as `winners`, without the brief."""
    rivals = [arm for arm in dict.fromkeys(frame["arm"]) if arm != pick]
    table = judged(frame, [(pick, rival) for rival in rivals], MARGIN, draws=SEED)
    return table.rename(columns={"claim": "your pick > rival"})


def plot(frame: pd.DataFrame, title: str) -> "tuple[Figure, str]":
    """Goals met by each arm of one brief, with alternative text."""
    table = levels(frame)
    table["label"] = [ARM_STYLE[arm].label for arm in table["arm"]]
    return bars(table, title, "Share of hidden items with the goal met")


def right_choice(frame: pd.DataFrame) -> Comparison:
    """C24: the best arm of each brief against the one arm that would serve all of them best.

    Both are chosen on one half of each brief's entities and scored on the other, and the other way round: whoever
    chooses on the items that are scored is always ahead of whoever may choose but once. Clusters are entities.
    """
    best: list[float] = []
    single: list[float] = []
    clusters: list[str] = []
    sides = _half(frame)
    for side in (0, 1):
        chosen, one = choices(frame[sides != side])
        for (brief, _), part in frame[sides == side].groupby(["brief", "question_id"], sort=True):
            scores = dict(zip(part["arm"], part["correct"], strict=True))
            best.append(float(scores[chosen[brief]]))
            single.append(float(scores[one]))
            clusters.append(f"{brief} {part['entity'].iloc[0] or part['question_id'].iloc[0]}")
    return compare(best, single, clusters, seed=SEED)


def choices(frame: pd.DataFrame) -> tuple[dict[str, str], str]:
    """The best arm of each brief, and the arm that is best on average among those that every brief allows."""
    shares = frame.groupby(["brief", "arm"])["correct"].mean().unstack()
    everywhere = shares.dropna(axis="columns").mean()
    return shares.idxmax(axis="columns").to_dict(), str(everywhere.idxmax())


def rows(bench: Workbench, contest: Contest) -> list[Evidence]:
    """Rows for the ledger: goals met by each arm of a brief measured here."""
    kept = level_rows(bench, LESSON, f"{METRIC}: {contest.case.name}", contest.frame, SEED)
    return [replace(row, data_hash=contest.data_hash) for row in kept]


def evidence(bench: Workbench, measured: Sequence[Contest], known: Recorded) -> list[Evidence]:
    """`rows` of each contest, and C24 over all briefs.

    C24 mixes with recorded answers only where the model is the same; else it needs all briefs measured.
    """
    kept = [row for contest in measured for row in rows(bench, contest)]
    whole = {contest.case.name for contest in measured} == set(known.about["briefs"])
    if not measured or (known.about["model"] != bench.model.name and not whole):
        return kept
    found = right_choice(together(measured, known))
    basis = "measured" if whole else "measured for some briefs, recorded for the others"
    value = Measured(found.difference, found.interval.low, found.interval.high, found.n)
    made = bench.evidence(LESSON, CLAIM, f"{BEST} - {SINGLE}", f"{METRIC} ({basis})", value, seconds=0.0, seed=SEED)
    hashes = "-".join(sorted(contest.data_hash[:4] for contest in measured))
    return [*kept, replace(made, data_hash=hashes)]


def _usage(row: Any) -> Usage:
    """The tokens of a recorded answer; times of another machine are not kept."""
    return Usage(int(row.prompt_tokens), 0, float("nan"))


def _half(frame: pd.DataFrame) -> pd.Series:
    """0 or 1 for each row: entities of a brief by turns, in the order of their names."""
    names = frame["entity"].where(frame["entity"] != "", frame["question_id"])
    place = {
        (brief, name): number % 2
        for brief, part in names.groupby(frame["brief"])
        for number, name in enumerate(sorted(set(part)))
    }
    return pd.Series([place[key] for key in zip(frame["brief"], names, strict=True)], frame.index)
