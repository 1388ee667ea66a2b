"""What a bake-off's decision rests on, for its record: hashes of data and model, evidence ids, prices, what ends it."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from twolevers.bakeoff.tasks.protocol import Data, Task
from twolevers.data.records import Question
from twolevers.decide.stamp import Flip, Model, Price, Stamp
from twolevers.decide.weights import relative
from twolevers.evaluate.evidence import Evidence, now

LESSON = "15_your_own_data"  # whose evidence a bake-off's rows are
RESULTS, ITEMS = "results.json", "inputs.json"
MARGIN = 0.05  # a rival's lead that would matter
Hashes = dict[str, dict[str, str]]


def stamp(task: Task, data: Data, results: Mapping[str, Any], model: Model, out: Path) -> Stamp:
    """The block of a record in the folder `out`."""
    advice = results["recommendation"]
    arm = advice["arm"] or ""
    row = results["arms"].get(arm, {})
    return Stamp(
        kind="bakeoff",
        version=results["version"],
        created=now(),
        task=task.kind.name,
        arm=arm,
        hash=results["data"]["hash"],
        inputs=inputs(task, out),
        results=RESULTS,
        items=ITEMS,
        model=model,
        prices=tuple(Price(what=one["what"], usd_per_1000=one["usd_per_1000"], date=one["date"]) for one in paid(row)),
        evidence=tuple(each.id for each in evidence(results)),
        flips=tuple(flips(results)),
        for_people=tuple(advice.get("for_people", ())),
    )


def inputs(task: Task, out: Path) -> dict[str, str | int]:
    """The options that named the data; paths as seen from `out`, so that both can be moved together."""
    given = {field.name: getattr(task, field.name) for field in fields(task) if field.name != "kind"}  # type: ignore
    return {name: relative(value, out) if isinstance(value, Path) else value for name, value in given.items() if value}


def hashes(data: Data) -> Hashes:
    """A hash of each document and of each item, by name: a document's id, an item's text."""
    documents = {each.doc_id: digest(each.title, each.text) for each in getattr(data, "documents", ())}
    items: dict[str, str] = {}
    times: Counter[str] = Counter()
    for item in data.items:
        times[item.text] += 1
        name = item.text if times[item.text] == 1 else f"{item.text} ({times[item.text]})"
        items[name] = digest(item.answers, item.doc_ids) if isinstance(item, Question) else digest(item.target)
    return {"documents": documents, "items": items} if documents else {"items": items}


def digest(*content: Any) -> str:
    """Twelve hexadecimal digits."""
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()[:12]


def evidence(results: Mapping[str, Any]) -> list[Evidence]:
    """The arms' shares and the planned comparisons as rows of evidence; their ids change with any of the figures."""
    about = {"claim": "", "lesson": LESSON, "model": results["model"], "data_hash": results["data"]["hash"]}
    about |= {"machine": results["machine"]["description"], "seed": None, "created": now()}
    metric = f"right: {results['task']}"
    rows = []
    for name, row in results["arms"].items():
        low, high = row["interval"]
        measured = {"value": row["accuracy"], "low": low, "high": high, "n": row["n"], "seconds": row["train_seconds"]}
        rows.append(Evidence(arm=name, metric=metric, **measured, **about))
    for one in results["comparisons"]:
        low, high = one["interval"] or (math.nan, math.nan)
        measured = {"value": one["difference"], "low": low, "high": high, "n": one["n"], "seconds": 0.0}
        rows.append(Evidence(arm=f"{one['a']} - {one['b']}", metric=metric, **measured, **about))
    return rows


def flips(results: Mapping[str, Any]) -> list[Flip]:
    """What ends the decision and can be read from a results.json: this one written anew, or that of a later run."""
    advice, arms = results["recommendation"], results["arms"]
    arm = advice["arm"]
    if not arm:
        best = max(arms, key=lambda name: arms[name]["accuracy"], default="")
        limit = arms[best]["interval"][1] if best else 0.0
        said = f"{best} is right in more than {100 * limit:.0f} of 100, the most that fitted this test"
        return [Flip(when=said, figure=f"arms/{best}/accuracy", above=round(limit, 4))] if best else []
    low = arms[arm]["interval"][0]
    found = [
        Flip(
            when=f"{arm} is right in fewer than {100 * low:.0f} of 100, the least that fitted this test",
            **{"figure": f"arms/{arm}/accuracy", "below": round(low, 4)},
        ),
        Flip(when=f"another arm than {arm} is recommended", figure="recommendation/arm", other_than=arm),
    ]
    for rival in advice.get("rivals", ()):
        # A lead that this test could not tell from chance was known: it has to grow to end the decision.
        lead = MARGIN + max(0.0, arms[rival]["accuracy"] - arms[arm]["accuracy"])
        said = f"{rival} is ahead of {arm} by more than {100 * lead:.0f} points"
        figures = {"figure": f"arms/{rival}/accuracy", "less": f"arms/{arm}/accuracy"}
        found.append(Flip(when=said, above=round(lead, 4), **figures))
    return found


def paid(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The lines of cost that a decision looks at: a rented machine and a hosted model, no laptop's electricity."""
    return [line for line in row.get("costs", ()) if not line["what"].startswith("laptop")]
