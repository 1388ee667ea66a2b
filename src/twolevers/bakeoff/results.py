"""What a contest comes to: a summary per arm, planned comparisons, a recommendation; the content of results.json."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from twolevers import __version__
from twolevers.arms.registry import ARMS
from twolevers.bakeoff.brought import row_of
from twolevers.bakeoff.costs import lines as cost_lines
from twolevers.bakeoff.engine import Found
from twolevers.bakeoff.failures import instructive
from twolevers.bakeoff.larger import propose
from twolevers.bakeoff.recommend import recommend
from twolevers.bakeoff.tasks.kinds import Kind
from twolevers.evaluate.evidence import machine
from twolevers.evaluate.fan_out import pooled
from twolevers.evaluate.metrics import macro_f1
from twolevers.evaluate.run import compare_arms, summarise
from twolevers.evaluate.statistics import Interval, seed_spread
from twolevers.evaluate.verdicts import judge

MARGIN = 0.05  # the smallest difference in right answers that would matter
SHARES = ("refused", "rules_kept", "token_f1")  # scores whose mean is shown where a scorer gives them


def content(
    model: str, found: Found, kind: Kind, counts: Mapping[str, int], digest: str, good_enough: float
) -> dict[str, Any]:
    """Everything of results.json; `counts` go into its `data`, `digest` names the inputs."""
    arms = arm_rows(found, kind)
    tested = found.frame.drop_duplicates("question_id")
    advice = recommend(arms, pooled(found.frame), kind, good_enough)
    own = [each for each in arms if each in ARMS]  # what can be run again; not what was brought in
    finalists = [each for each in own if each in (advice["arm"], *advice["rivals"])] or own
    shown = advice["arm"] or max(arms, key=lambda arm: arms[arm]["accuracy"])
    return {
        "schema": 1,
        "version": __version__,
        "task": kind.name,
        "data": {
            **counts,
            "made_pairs_learned": found.made,
            "tested": len(tested),
            "test_groups": int(tested["entity"].nunique()),
            "training_pairs": found.plan.pairs if found.training else 0,
            "hash": digest,
        },
        "model": model,
        "machine": {"description": machine(), "index_seconds": found.index_seconds},
        "plan": {"seconds": found.plan.seconds, "seeds": found.plan.seeds, "left_out": list(found.plan.left_out)},
        "notes": list(found.notes),
        "arms": arms,
        "comparisons": comparisons(found, kind),
        "recommendation": advice,
        "larger": propose(model, _finalists_seconds(found, finalists), finalists),
        "failures": {"arm": shown, "wrong": _wrong(found.frame, shown)}
        | {"shown": instructive(found.frame, shown, found.passages)},
    }


def _finalists_seconds(found: Found, finalists: list[str]) -> float:
    """What training and asking these arms took."""
    worn = {row_of(arm).adapter for arm in finalists} - {""}
    training = sum(each.seconds for name, each in found.training.items() if name.split()[0] in worn)
    return training + float(found.frame.loc[found.frame["arm"].isin(finalists), "seconds"].sum())


def arm_rows(found: Found, kind: Kind) -> dict[str, dict[str, Any]]:
    """Figures of each arm, JSON-ready; undefined ones None.

    accuracy with its interval (95 % Wilson, widened by the clusters; over one training seed's items), seeds (each
    one's accuracy) and their spread, citation precision and the share of answers rightly cited, tokens, latency in
    milliseconds (of one request alone) and throughput (of batches), processor-seconds of one request, seconds of
    training, USD per 1,000 answers on a rented machine, by other prices (`costs`), and per right answer.
    """
    rows = {}
    for name, group in found.frame.groupby("arm", sort=False):
        arm = str(name)
        seeds = [float(each["correct"].mean()) for _, each in group.groupby("seed", dropna=False, sort=True)]
        one = group.drop_duplicates("question_id")
        summary = summarise(one).iloc[0]
        middle = sum(seeds) / len(seeds)
        shift = middle - float(summary["accuracy"])  # the interval of one seed's items, about the mean of all seeds
        rows[arm] = {
            "n": int(summary["n"]),
            "accuracy": middle,
            "interval": [_clip(summary["low"] + shift), _clip(summary["high"] + shift)],
            **_seeds(seeds if arm in kind.adapters else []),
            **_cited(one, summary),
            **{score: float(one[score].mean()) for score in SHARES if score in one},
            "prompt_tokens": float(summary["prompt_tokens"]),
            "new_tokens": float(summary["new_tokens"]),
            **_times(found, one, arm),
            "train_seconds": _train_seconds(found, kind, arm),
        }
        if "true" in one:
            rows[arm]["macro_f1"] = macro_f1(one["true"].tolist(), one["text"].tolist())
        rows[arm] |= {"brought": True} if arm not in found.alone else {}
        rows[arm] |= _costs(rows[arm], float(one["seconds"].mean()), arm in kind.adapters, found.remote)
    return rows


def comparisons(found: Found, kind: Kind) -> list[dict[str, Any]]:
    """The planned comparisons of the arms that ran: differences at the family's level, p by Holm, verdict on a > b."""
    pairs = [(a, b) for a, b in kind.compared if {a, b} <= set(found.plan.arms)]
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


def _seeds(seeds: list[float]) -> dict[str, Any]:
    spread = seed_spread(seeds)
    if spread.n < 2:
        return {"seeds": seeds, "seed_spread": None}
    return {"seeds": seeds, "seed_spread": {"low": spread.low, "high": spread.high, "sd": spread.sd}}


def _cited(one: pd.DataFrame, summary: pd.Series) -> dict[str, Any]:
    known = one["cited_right"].dropna() if "cited_right" in one else []
    return {
        "citation_precision": _number(summary["citation_precision"]),
        "cited_right": float(known.astype(float).mean()) if len(known) else None,
    }


def _times(found: Found, one: pd.DataFrame, arm: str) -> dict[str, Any]:
    if arm not in found.alone:  # answers brought in
        return {"latency_ms": None, "answers_per_second": None, "cpu_seconds": None}
    alone, batched = found.alone[arm], float(one["seconds"].mean())
    return {
        "latency_ms": {f"p{p}": 1000 * float(np.quantile(alone.seconds, p / 100)) for p in (50, 95)}
        | {"n": len(alone.seconds)},
        "answers_per_second": 1 / batched if batched else None,
        "cpu_seconds": float(np.mean(alone.cpu)),
    }


def _costs(row: dict[str, Any], seconds: float, tuned: bool, remote: bool) -> dict[str, Any]:
    if row.get("brought"):
        return {"costs": [], "cost_per_1000": None, "per_right_answer": None}
    ours = None if remote and row["prompt_tokens"] else seconds
    lines = cost_lines(ours, row["prompt_tokens"], row["new_tokens"], tuned)
    usd, right = lines[0]["usd_per_1000"], row["accuracy"]
    cpu = None if ours is None else row["cpu_seconds"]  # a server's are not seen from here
    per_right = {"usd_per_1000": usd / right, "cpu_seconds": cpu and cpu / right} if right else None
    return {"costs": lines, "cost_per_1000": usd, "per_right_answer": per_right}


def _wrong(frame: pd.DataFrame, arm: str) -> int:
    one = frame[frame["arm"] == arm].drop_duplicates("question_id")
    return int((~one["correct"].astype(bool)).sum())


def _train_seconds(found: Found, kind: Kind, arm: str) -> float:
    if arm not in kind.adapters:
        return 0.0
    worn = [each.seconds for name, each in found.training.items() if name.split()[0] == kind.adapters[arm]]
    return sum(worn) / max(1, len(worn))


def _clip(value: float) -> float:
    return min(1.0, max(0.0, float(value)))


def _number(value: float) -> float | None:
    return None if value is None or math.isnan(value) else float(value)
