"""What a contest comes to: a summary per arm, planned comparisons, a recommendation; the content of results.json."""

import math
from typing import Any

import pandas as pd

from twolevers import __version__
from twolevers.bakeoff.contest import RETRIEVING, Contest
from twolevers.bakeoff.tasks import Task
from twolevers.evaluate.evidence import machine
from twolevers.evaluate.metrics import macro_f1
from twolevers.evaluate.run import compare_arms, summarise
from twolevers.evaluate.statistics import Interval
from twolevers.evaluate.verdicts import Verdict, judge
from twolevers.lessons.common.bench import Workbench

MARGIN = 0.05  # the smallest difference in right answers that would matter
WIDEST = 0.30  # an interval wider than this says little: about 40 questions, half of them right


def pooled(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per arm and question: scores averaged over training seeds, the first seed's text and times."""
    means = frame.groupby(["arm", "question_id"], sort=False)["correct"].mean()
    first = frame.drop_duplicates(["arm", "question_id"]).set_index(["arm", "question_id"])
    return first.assign(correct=means).reset_index()


def arm_rows(found: Contest, task: Task) -> dict[str, dict[str, Any]]:
    """Figures of each arm, JSON-ready; undefined ones None.

    accuracy with its interval (95 % Wilson, widened by the clusters; over one training seed's items), seeds (each
    one's accuracy), citation precision and the share of answers rightly cited, tokens, latency in milliseconds
    (a row's share of its batch), seconds of training, USD per 1,000 answers on a rented machine, and by other prices
    (`costs`).
    """
    from twolevers.bakeoff.costs import lines as cost_lines

    rows = {}
    for arm, group in found.frame.groupby("arm", sort=False):
        seeds = [float(each["correct"].mean()) for _, each in group.groupby("seed", dropna=False, sort=True)]
        one = group.drop_duplicates("question_id")
        summary = summarise(one).iloc[0]
        answerable = one["cited_right"].dropna()
        middle = sum(seeds) / len(seeds)
        shift = middle - float(summary["accuracy"])  # the interval of one seed's items, about the mean of all seeds
        interval = [_clip(summary["low"] + shift), _clip(summary["high"] + shift)]
        rows[str(arm)] = {
            "n": int(summary["n"]),
            "accuracy": middle,
            "interval": interval,
            "seeds": seeds if str(arm) in task.adapters else [],
            "refused": float(one["refused"].mean()),
            "citation_precision": _number(summary["citation_precision"]),
            "cited_right": _number(answerable.astype(float).mean()) if len(answerable) else None,
            "prompt_tokens": float(summary["prompt_tokens"]),
            "new_tokens": float(summary["new_tokens"]),
            "latency_ms": {f"p{p}": 1000 * float(summary[f"seconds_p{p}"]) for p in (50, 95)},
            "train_seconds": _train_seconds(found, task, str(arm)),
        }
        tokens = float(summary["prompt_tokens"]), float(summary["new_tokens"])
        rows[str(arm)]["costs"] = cost_lines(float(one["seconds"].mean()), *tokens, str(arm) in task.adapters)
        rows[str(arm)]["cost_per_1000"] = rows[str(arm)]["costs"][0]["usd_per_1000"]
        rows[str(arm)] |= {name: float(one[name].mean()) for name in ("rules_kept", "token_f1") if name in one}
        if "true" in one:
            rows[str(arm)]["macro_f1"] = macro_f1(one["true"].tolist(), one["text"].tolist())
    return rows


def comparisons(found: Contest, task: Task) -> list[dict[str, Any]]:
    """The planned comparisons of the arms that ran: differences at the family's level, p by Holm, verdict on a > b."""
    pairs = [(a, b) for a, b in task.compared if {a, b} <= set(found.plan.arms)]
    if not pairs:
        return []
    level = 1 - 0.05 / len(pairs)
    table = compare_arms(pooled(found.frame), pairs, level=level)
    return [
        {
            "a": row.a,
            "b": row.b,
            "n": int(row.n),
            "difference": row.difference,
            "interval": None if math.isnan(row.low) else [row.low, row.high],
            "p": _number(row.p_holm),
            "resolution": _number(row.resolution),
            "verdict": str(judge(Interval(row.low, row.high, level), expected="higher", margin=MARGIN)),
        }
        for row in table.itertuples()
    ]


def recommend(arms: dict[str, dict[str, Any]], found: Contest, task: Task) -> dict[str, Any]:
    """The simplest arm that no other is shown to beat by more than nothing; or none, where none is of use.

    `reason` in words, and `reverses_if`: what would change it. Every pair of arms is compared anew for this, with
    intervals at the level of all pairs.
    """
    names = [arm for arm in task.simplest if arm in arms]
    beaten: dict[str, tuple[str, float, float, float]] = {}
    close: list[tuple[str, str, float, float]] = []
    if len(names) > 1:
        pairs = [(a, b) for place, a in enumerate(names) for b in names[place + 1 :]]
        level = 1 - 0.05 / len(pairs)
        for row in compare_arms(pooled(found.frame), pairs, level=level).itertuples():
            interval = Interval(row.low, row.high, level)
            if judge(interval, expected="higher") is Verdict.SUPPORTED:
                beaten.setdefault(row.b, (row.a, row.difference, row.low, row.high))
            elif judge(interval, expected="lower") is Verdict.SUPPORTED:
                beaten.setdefault(row.a, (row.b, -row.difference, -row.high, -row.low))
            else:
                close.append((row.a, row.b, row.low, row.high))
    best = max(names, key=lambda arm: arms[arm]["accuracy"])
    standing = [arm for arm in names if arm not in beaten]
    # Not shown to be behind is not enough: what is useless by its own interval is no pick, however simple.
    of_use = [arm for arm in standing if arms[arm]["interval"][1] >= task.useful]
    pick = of_use[0] if of_use else best
    figures = arms[pick]
    if arms[best]["interval"][1] < task.useful:
        pick, figures = best, arms[best]
        reason = (
            f"No arm is of use here: the best, {pick}, answers {_percent(figures['accuracy'])} right "
            f"(interval {_range(figures['interval'])}, n = {figures['n']}). Better documents, questions or a larger "
            "model come first."
        )
        return {"arm": None, "reason": reason, "reverses_if": ["a larger model (--model) answers well above this"]}
    interval = f"interval {_range(figures['interval'])}, n = {figures['n']}"
    said = [f"{pick} answers {_percent(figures['accuracy'])} right ({interval})"]
    width = figures["interval"][1] - figures["interval"][0]
    if width > WIDEST:
        said.insert(
            0, f"Not enough evidence: the interval spans {_points(width)} points, so take this for a first sign"
        )
    rivals = [arm for arm in standing if arm != pick]
    worse = [arm for arm in names if arm in beaten]
    if worse:
        said.append(f"shown to be behind: {', '.join(worse)}")
    if rivals:
        said.append(f"this test cannot tell it from {', '.join(rivals)}, which takes more to build and keep")
    return {"arm": pick, "reason": "; ".join(said) + ".", "reverses_if": _reversals(pick, arms, rivals, close, task)}


def content(bench: Workbench, found: Contest, task: Task, counts: dict[str, int], digest: str) -> dict[str, Any]:
    """Everything of results.json; `counts` go into its `data`, `digest` names the inputs."""
    arms = arm_rows(found, task)
    tested = found.frame.drop_duplicates("question_id")
    taught = any(arm in task.adapters for arm in found.plan.arms)
    return {
        "schema": 1,
        "version": __version__,
        "task": task.name,
        "data": {
            **counts,
            "tested": len(tested),
            "test_groups": int(tested["entity"].nunique()),
            "training_pairs": found.plan.pairs if taught else 0,
            "hash": digest,
        },
        "model": bench.model.name,
        "machine": {"description": machine(), "index_seconds": found.index_seconds},
        "plan": {"seconds": found.plan.seconds, "seeds": found.plan.seeds, "left_out": list(found.plan.left_out)},
        "notes": list(found.notes),
        "arms": arms,
        "comparisons": comparisons(found, task),
        "recommendation": recommend(arms, found, task),
    }


def _reversals(pick: str, arms: dict[str, dict[str, Any]], rivals: list[str], close: list, task: Task) -> list[str]:
    found = []
    for a, b, low, high in close:
        if pick in (a, b) and (other := b if a == pick else a) in rivals:
            most = -low if a == pick else high
            found.append(f"more test questions show {other} ahead: up to {_points(most)} points fit this test")
    if pick in task.adapters:
        found.append(
            f"what it learned changes more often than you can spend {arms[pick]['train_seconds']:.0f} s of training on"
        )
    if pick in RETRIEVING:
        tokens = arms[pick]["prompt_tokens"]
        found.append(
            f"requests are so many that {tokens:.0f} prompt tokens for each answer cost more than training does"
        )
    if pick == "prompt" and task.name == "questions":
        found.append("questions come up whose answers are only in the documents")
    if arms[pick]["accuracy"] < 0.8:
        found.append("the share of right answers is too low for you: then a larger model (--model) is the next test")
    return found


def _train_seconds(found: Contest, task: Task, arm: str) -> float:
    if arm not in task.adapters:
        return 0.0
    return (
        sum(each.seconds for name, each in found.training.items() if name.startswith(task.adapters[arm]))
        / found.plan.seeds
    )


def _clip(value: float) -> float:
    return min(1.0, max(0.0, float(value)))


def _number(value: float) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"


def _range(interval: list[float]) -> str:
    return f"{100 * interval[0]:.0f} to {100 * interval[1]:.0f} %"


def _points(value: float) -> str:
    return f"{100 * max(0.0, value):.0f}"
