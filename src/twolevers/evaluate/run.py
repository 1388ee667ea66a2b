"""Arms × questions to one tidy frame, resumable after a kill; a summary per arm; paired comparisons."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import math
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm.auto import tqdm

from twolevers.arms.protocol import Answer, Usage
from twolevers.errors import TwoLeversError, UsageError
from twolevers.evaluate import journal as jsonl
from twolevers.evaluate.deadline import Deadline
from twolevers.evaluate.power import resolution
from twolevers.evaluate.scorers.facts import FACTS
from twolevers.evaluate.statistics import compare, design_effect, holm, wilson

if TYPE_CHECKING:
    import pandas as pd

    from twolevers.arms.protocol import Arm
    from twolevers.data.records import Question
    from twolevers.evaluate.scorers.protocol import Scorer

BATCH_SIZE = 64  # questions per call of an arm at most: what a kill can lose
ASKED = ("arm", "question_id", "question", "kind", "entity", "text")
GIVEN = ("sources", "cited", "prompt_tokens", "new_tokens", "seconds")
COLUMNS = (*ASKED, *FACTS.columns, *GIVEN)  # of a run scored by FACTS
TYPES = {"correct": bool, "refused": bool, "retrieved": "boolean"}
NEVER = Deadline()


def run(
    arms: Sequence[Arm],
    questions: Sequence[Question],
    scorer: Scorer,
    *,
    journal: Path | None,
    key: str,
    until: Deadline = NEVER,
    batch_size: int = BATCH_SIZE,
) -> pd.DataFrame:
    """Ask every arm every question (see `answers`) and score each answer once (see `score`).

    One row per arm × question, in that order; what was not asked has none. Scores are not kept: they are computed
    afresh.
    """
    given = {"journal": journal, "key": key, "until": until, "batch_size": batch_size}
    return score(answers(arms, questions, **given), questions, scorer)


def answers(
    arms: Sequence[Arm],
    questions: Sequence[Question],
    *,
    journal: Path | None,
    key: str,
    until: Deadline = NEVER,
    batch_size: int = BATCH_SIZE,
) -> dict[str, list[Answer | None]]:
    """Every arm's answers by its name, one per question in order; None for what was not asked in time.

    With a `journal` (JSON lines) each batch of answers is kept as it comes, under a hash of `key` (what the
    caller knows the run depends on: model, data, settings), the arm's name and `.key` if it has one, and the
    question's id and wording. A run that was killed asks only what is missing.

    Questions are asked in calls of about equal size, at most `batch_size`. After `until` none is begun. Raises
    `UsageError` for two arms or two questions that cannot be told apart, and `TwoLeversError` for an arm that does not
    answer what it was asked.
    """
    distinct("arms", [arm.name for arm in arms])
    distinct("questions", [f"{q.question_id} {q.text!r}" for q in questions])
    known = _known(journal) if journal else {}
    answered: dict[str, list[Answer | None]] = {}
    for arm in arms:
        arm_key = getattr(arm, "key", "")  # once: it may be made from all that the arm was shown
        keys = [_answer_key(key, arm.name, arm_key, question) for question in questions]
        missing = [i for i, answer_key in enumerate(keys) if answer_key not in known]
        calls = -(-len(missing) // batch_size)
        size = -(-len(missing) // max(1, calls))  # calls of equal size: a few left over cost as much
        with tqdm(total=len(missing), desc=arm.name, unit="question", delay=3, leave=False) as bar:
            for start in range(0, len(missing), size or 1):
                if until.left <= 0:
                    break
                asked = missing[start : start + size]
                said = _ask(arm, [questions[i] for i in asked])
                fresh = dict(zip((keys[i] for i in asked), said, strict=True))
                if journal:
                    jsonl.append(journal, ({"key": k, "arm": arm.name, "answer": a} for k, a in fresh.items()))
                known |= fresh
                bar.update(len(asked))
        answered[arm.name] = [_answer(known[each]) if each in known else None for each in keys]
    return answered


def score(
    answers: Mapping[str, Sequence[Answer | None]], questions: Sequence[Question], scorer: Scorer
) -> pd.DataFrame:
    """Score each arm's answers to `questions`, in their order: one row an answer, none for None.

    Columns: `ASKED`, those of `scorer`, and `GIVEN`: `sources` and `cited` (tuples of document ids), tokens, and
    `seconds` as measured when the answer was made.
    """
    import pandas as pd

    rows = [
        _row(arm, question, answer, scorer)
        for arm, given in answers.items()
        for question, answer in zip(questions, given, strict=True)
        if answer is not None
    ]
    frame = pd.DataFrame(rows, columns=[*ASKED, *scorer.columns, *GIVEN])
    return frame.astype({name: kind for name, kind in TYPES.items() if name in frame})


def summarise(frame: pd.DataFrame, metric: str = "correct") -> pd.DataFrame:
    """One row per arm of a frame from `run`, in its order; `metric` is the column that says right or wrong.

    Columns: arm, n, clusters (entities), accuracy with low and high (95 % Wilson, widened by the design
    effect of the clusters), design_effect; citation_precision and citation_recall (NaN where they were not scored) with
    the number of answers each mean is over (`…_n`); mean prompt_tokens and new_tokens; seconds_p50 and seconds_p95 per
    question.
    """
    import pandas as pd

    rows = []
    for arm, group in frame.groupby("arm", sort=False):
        clusters = _clusters(group)
        right = group[metric].astype(bool)
        effect = design_effect(right, clusters)
        interval = wilson(int(right.sum()), len(group), design_effect=effect)
        row = {
            "arm": arm,
            "n": len(group),
            "clusters": len(set(clusters)),
            "accuracy": right.mean(),
        }
        row |= {"low": interval.low, "high": interval.high, "design_effect": effect}
        for name in ("citation_precision", "citation_recall"):
            cited = group[name] if name in group else pd.Series(dtype=float)
            row |= {name: cited.mean(), f"{name}_n": int(cited.notna().sum())}
        row |= {count: group[count].mean() for count in ("prompt_tokens", "new_tokens")}
        row |= {f"seconds_p{p}": group["seconds"].quantile(p / 100) for p in (50, 95)}
        rows.append(row)
    return pd.DataFrame(rows)


def compare_arms(
    frame: pd.DataFrame,
    pairs: Sequence[tuple[str, str]] | None = None,
    *,
    metric: str = "correct",
    seed: int = 0,
    resamples: int = 10_000,
    level: float = 0.95,
) -> pd.DataFrame:
    """Compare arms of a frame from `run` on the questions both have a score for; every pair of arms when
    None.

    One row per pair (a, b): n, clusters, score_a, score_b, difference (a − b) with low and high (bootstrap
    over entities), method, p with its test, p_holm over all rows of this call, mcnemar (exact, ignoring
    clusters), discordant share, resolution (smallest difference of right/wrong scores this n shows, see
    there; NaN for other metrics). A question about two products belongs to the cluster of that pair. For a
    verdict pass `Interval(low, high)` to `verdicts.judge`.
    """
    import pandas as pd

    names = list(dict.fromkeys(frame["arm"]))
    pairs = list(itertools.combinations(names, 2)) if pairs is None else list(pairs)
    unknown = sorted({name for pair in pairs for name in pair} - set(names))
    if unknown:
        raise UsageError(f"compare_arms: no arm {', '.join(unknown)} in the frame; it has {', '.join(names)}.")
    items = ["question_id", "question"]
    rows = []
    for a, b in pairs:
        left = frame.loc[frame["arm"] == a, [*items, "entity", metric]]
        right = frame.loc[frame["arm"] == b, [*items, metric]]
        both = left.merge(right, on=items, suffixes=("_a", "_b"), validate="1:1").dropna()
        x, y = (both[f"{metric}_{side}"].astype(float).tolist() for side in "ab")
        clusters = _clusters(both)
        found = compare(x, y, clusters, seed=seed, resamples=resamples, level=level)
        rows.append(
            {
                **{
                    "a": a,
                    "b": b,
                    "n": found.n,
                    "clusters": found.clusters,
                    "score_a": found.a,
                    "score_b": found.b,
                },
                **{"difference": found.difference, "low": found.interval.low, "high": found.interval.high},
                **{"method": found.method, "p": found.p, "test": found.test, "mcnemar": found.mcnemar},
                **{"discordant": found.discordant, "resolution": _resolution(x, y, clusters, level)},
            }
        )
    table = pd.DataFrame(rows)
    if rows:
        table.insert(table.columns.get_loc("p") + 1, "p_holm", holm(table["p"]))
    return table


def distinct(what: str, names: Sequence[str]) -> None:
    """Raise UsageError when one of these names stands for two things."""
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        raise UsageError(f"run: these {what} occur twice: {', '.join(twice[:5])}; give each its own name.")


def _ask(arm: Arm, questions: list[Question]) -> list[dict[str, Any]]:
    answers: list[Answer] = arm.answer(questions)
    asked, answered = [q.question_id for q in questions], [a.question_id for a in answers]
    if asked != answered:
        raise TwoLeversError(
            f"Arm {arm.name!r} was asked {len(asked)} questions and gave {len(answered)} answers that do not "
            f"match them one to one in order: correct its answer()."
        )
    return [json.loads(json.dumps(dataclasses.asdict(answer))) for answer in answers]


def _answer(kept: dict[str, Any]) -> Answer:
    given = {"sources": tuple(kept["sources"]), "cited": tuple(kept["cited"]), "usage": Usage(**kept["usage"])}
    return Answer(**{**kept, **given})


def _row(arm: str, question: Question, answer: Answer, scorer: Scorer) -> dict[str, Any]:
    asked = (arm, question.question_id, question.text, question.kind, question.entity, answer.text)
    given = {"sources": answer.sources, "cited": answer.cited, **dataclasses.asdict(answer.usage)}
    return {**dict(zip(ASKED, asked, strict=True)), **scorer(question, answer), **given}


def _known(journal: Path) -> dict[str, dict[str, Any]]:
    rows, damaged = jsonl.read(journal)
    whole = {row["key"]: row["answer"] for row in rows if {"key", "answer"} <= row.keys()}
    ignored = len(damaged) + sum(not {"key", "answer"} <= row.keys() for row in rows)
    if ignored:
        warnings.warn(f"{journal}: {ignored} damaged line(s) ignored; their questions are asked again.", stacklevel=3)
    return whole


def _answer_key(key: str, name: str, arm_key: str, question: Question) -> str:
    content = [key, name, arm_key, question.question_id, question.text]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


def _clusters(frame: pd.DataFrame) -> list[str]:
    """The entity, or the question itself where it has none."""
    return [f"entity {e}" if e else f"question {q}" for e, q in zip(frame["entity"], frame["question_id"], strict=True)]


def _resolution(a: list[float], b: list[float], clusters: list[str], level: float) -> float:
    if not set(a) | set(b) <= {0.0, 1.0} or not a:
        return math.nan
    differs = [float(x != y) for x, y in zip(a, b, strict=True)]
    effect = design_effect(differs, clusters)
    return resolution(len(a), sum(differs) / len(differs), level=level, design_effect=effect)
