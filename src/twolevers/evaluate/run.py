"""Arms × questions to one tidy frame, resumable after a kill; a summary per arm; paired comparisons."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import math
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm.auto import tqdm

from twolevers.errors import TwoLeversError, UsageError
from twolevers.evaluate import journal as jsonl
from twolevers.evaluate.metrics import answer_match, citation_scores, is_refusal, mentions
from twolevers.evaluate.statistics import compare, design_effect, holm, resolution, wilson

if TYPE_CHECKING:
    import pandas as pd

    from twolevers.arms.protocol import Answer, Arm
    from twolevers.data.records import Question

BATCH = 32  # questions per call of an arm: what a kill can lose
COLUMNS = (
    *("arm", "question_id", "question", "kind", "entity", "text", "correct", "refused", "sources", "cited"),
    *("citation_precision", "citation_recall", "cited_right", "retrieved", "prompt_tokens", "new_tokens", "seconds"),
)


def run(arms: Sequence[Arm], questions: Sequence[Question], *, journal: Path | None, key: str) -> pd.DataFrame:
    """Ask every arm every question and score the answers: one row per arm × question, in that order
    (`COLUMNS`).

    With a `journal` (JSON lines) each batch of answers is kept as it comes, under a hash of `key` (what the
    caller knows the run depends on: model, data, settings), the arm's name and `.key` if it has one, and the
    question's id and wording. A run that was killed asks only what is missing. Scores are not kept: they are
    computed afresh.

    Columns: `correct` (`answer_match`; for a question that nothing answers: refused), `refused`, `sources` and
    `cited` (tuples of document ids), `citation_precision` and `citation_recall` (`citation_scores`; NaN where nothing
    answers), `cited_right` (the answer cites, only documents of the question, and the passages cited state an
    accepted answer: a reader who follows the citation finds it; None where nothing answers), `retrieved` (whether
    any source is a document of the question; None where it has none), tokens, and `seconds` as measured when the
    answer was made. Raises `UsageError` for two arms or two questions that cannot be told apart, and
    `TwoLeversError` for an arm that does not answer what it was asked.
    """
    import pandas as pd

    distinct("arms", [arm.name for arm in arms])
    distinct("questions", [f"{q.question_id} {q.text!r}" for q in questions])
    known = _known(journal) if journal else {}
    rows = []
    for arm in arms:
        keys = [_answer_key(key, arm, question) for question in questions]
        missing = [i for i, answer_key in enumerate(keys) if answer_key not in known]
        with tqdm(total=len(missing), desc=arm.name, unit="question", delay=3, leave=False) as bar:
            for start in range(0, len(missing), BATCH):
                batch = missing[start : start + BATCH]
                answers = _ask(arm, [questions[i] for i in batch])
                fresh = dict(zip((keys[i] for i in batch), answers, strict=True))
                if journal:
                    jsonl.append(journal, ({"key": k, "arm": arm.name, "answer": a} for k, a in fresh.items()))
                known |= fresh
                bar.update(len(batch))
        rows += [_row(arm.name, question, known[k]) for question, k in zip(questions, keys, strict=True)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"correct": bool, "refused": bool, "retrieved": "boolean"})


def summarise(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per arm of a frame from `run`, in its order.

    Columns: arm, n, clusters (entities), accuracy with low and high (95 % Wilson, widened by the design
    effect of the clusters), design_effect; citation_precision and citation_recall with the number of answers
    each mean is over (`…_n`); mean prompt_tokens and new_tokens; seconds_p50 and seconds_p95 per question.
    """
    import pandas as pd

    rows = []
    for arm, group in frame.groupby("arm", sort=False):
        clusters = _clusters(group)
        effect = design_effect(group["correct"], clusters)
        interval = wilson(int(group["correct"].sum()), len(group), design_effect=effect)
        row = {
            "arm": arm,
            "n": len(group),
            "clusters": len(set(clusters)),
            "accuracy": group["correct"].mean(),
        }
        row |= {"low": interval.low, "high": interval.high, "design_effect": effect}
        for metric in ("citation_precision", "citation_recall"):
            row |= {metric: group[metric].mean(), f"{metric}_n": int(group[metric].notna().sum())}
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


def _row(arm: str, question: Question, answer: dict[str, Any]) -> dict[str, Any]:
    text, sources, cited = answer["text"], tuple(answer["sources"]), tuple(answer["cited"])
    refused = is_refusal(text)
    correct, supporting = refused, ()
    if question.answers:
        correct = answer_match(
            text, question.answers, entity=question.entity, rivals=_rivals(question), question=question.text
        )
        supporting = question.doc_ids
    precision, recall, _, _ = citation_scores([cited if supporting else ()], [supporting])
    return {
        **{"arm": arm, "question_id": question.question_id, "question": question.text, "kind": question.kind},
        **{"entity": question.entity, "text": text, "correct": correct, "refused": refused},
        **{
            "sources": sources,
            "cited": cited,
            "citation_precision": precision[0],
            "citation_recall": recall[0],
            "cited_right": _cited_right(question, cited, answer["quoted"]) if question.answers else None,
        },
        "retrieved": bool(set(sources) & set(question.doc_ids)) if question.doc_ids else None,
        **answer["usage"],
    }


def _cited_right(question: Question, cited: tuple[str, ...], quoted: str) -> bool:
    return bool(cited) and set(cited) <= set(question.doc_ids) and any(mentions(quoted, a) for a in question.answers)


def _rivals(question: Question) -> list[str]:
    """The documents a "which of these" question names beside the right one."""
    right = {d for d in question.doc_ids if any(mentions(answer, d) for answer in question.answers)}
    return [d for d in question.doc_ids if d not in right] if right else []


def _known(journal: Path) -> dict[str, dict[str, Any]]:
    rows, damaged = jsonl.read(journal)
    whole = {row["key"]: row["answer"] for row in rows if {"key", "answer"} <= row.keys()}
    ignored = len(damaged) + sum(not {"key", "answer"} <= row.keys() for row in rows)
    if ignored:
        warnings.warn(f"{journal}: {ignored} damaged line(s) ignored; their questions are asked again.", stacklevel=3)
    return whole


def _answer_key(key: str, arm: Arm, question: Question) -> str:
    content = [key, arm.name, getattr(arm, "key", ""), question.question_id, question.text]
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
