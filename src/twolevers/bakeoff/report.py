"""report.html: one file that opens anywhere; the verdict first, then what it rests on. All data is escaped."""

import base64
import io
from collections.abc import Sequence
from html import escape
from typing import Any

import pandas as pd

from twolevers.bakeoff.read.table import Unused
from twolevers.bakeoff.tasks import Task
from twolevers.learn.markup import table_html
from twolevers.lessons.common.style import ARM_STYLE, style

FAILURES = 8
LISTED = 50  # rows not used that the report lists
CSS = """
body{font:17px/1.55 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1.2rem;color:#1b1b1b}
h1{font-size:1.9rem;line-height:1.2}
h2{margin-top:2.4rem;border-top:1px solid #ccc;padding-top:1rem}
.verdict{background:#eef4fb;border-left:6px solid #0072B2;padding:.8rem 1.2rem;font-size:1.15rem}
table{width:100%;font-size:.95rem}
th,td{border-bottom:1px solid #d5d5d5;overflow-wrap:break-word}
td{overflow-wrap:anywhere}
img{max-width:100%;height:auto}
@media (prefers-color-scheme:dark){
body{background:#16181c;color:#e9e9e9}.verdict{background:#1d2b3a}
th,td,h2{border-color:#444}img{background:#fff;padding:.4rem}}
@media print{body{max-width:none}}
"""


def html(results: dict[str, Any], task: Task, frame: pd.DataFrame, unused: Sequence[Unused]) -> str:
    """The report as one HTML page without scripts or outside files."""
    arms, advice, data = results["arms"], results["recommendation"], results["data"]
    picked = f"Recommended: {advice['arm']}" if advice["arm"] else "No arm is recommended"
    picture, alt = _figure(arms)
    parts = [
        f"<h1>{escape(picked)}</h1>",
        f'<p class="verdict">{escape(advice["reason"])}</p>',
        "<p>It would be another choice if</p>",
        _list(advice["reverses_if"]),
        "<h2>Quality</h2>",
        f'<img alt="{escape(alt)}" src="data:image/png;base64,{picture}">',
        _quality(arms),
        _comparisons(results["comparisons"]),
        "<h2>Cost and time</h2>",
        _costs(arms),
        "<h2>Failures worth reading</h2>",
        _failures(frame, advice["arm"] or max(arms, key=lambda arm: arms[arm]["accuracy"])),
        "<h2>Method</h2>",
        _list(_method(results, task)),
        "<h2>Limits</h2>",
        _list(_limits(results)),
    ]
    if unused:
        parts += ["<h2>What was not used</h2>", _unused(unused)]
    body = "\n".join(parts)
    title = f"Bake-off: {data['tested']} {task.items}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{CSS}</style></head><body><main>\n{body}\n</main></body></html>\n"
    )


def _figure(arms: dict[str, dict[str, Any]]) -> tuple[str, str]:
    """Share right per arm with intervals, as PNG in base64, and its alternative text."""
    from matplotlib import pyplot

    with style():
        figure, axes = pyplot.subplots(figsize=(8, 0.7 + 0.7 * len(arms)))
        for place, (name, row) in enumerate(reversed(arms.items())):
            low, high = row["interval"]
            axes.barh(place, row["accuracy"], **{**ARM_STYLE[name].bar(), "label": None})
            spread = [[max(0, row["accuracy"] - low)], [max(0, high - row["accuracy"])]]
            axes.errorbar(row["accuracy"], place, xerr=spread, color="black", capsize=5)
        axes.set_yticks(range(len(arms)), [ARM_STYLE[name].label for name in reversed(arms)])
        axes.set_xlim(0, 1)
        axes.set_xlabel("Share of answers right, with 95 % interval")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=160)
        pyplot.close(figure)
    said = "; ".join(
        f"{name} {row['accuracy']:.2f} ({row['interval'][0]:.2f} to {row['interval'][1]:.2f})"
        for name, row in arms.items()
    )
    return base64.b64encode(buffer.getvalue()).decode(), f"Share of answers right by arm, with intervals: {said}."


def _quality(arms: dict[str, dict[str, Any]]) -> str:
    named = {"macro_f1": "macro-F1", "rules_kept": "rules kept", "token_f1": "likeness"}
    extra = {key: name for key, name in named.items() if any(key in row for row in arms.values())}
    if not extra.keys() & {"macro_f1", "rules_kept"}:
        extra |= {"cited_right": "rightly cited", "refused": "declined"}
    columns = ["arm", "right", "95 % interval", "n", *extra.values(), "each training seed"]
    rows = [
        [
            name,
            f"{row['accuracy']:.2f}",
            f"{row['interval'][0]:.2f} to {row['interval'][1]:.2f}",
            str(row["n"]),
            *(_share(row[key]) for key in extra),
            ", ".join(f"{seed:.2f}" for seed in row["seeds"]) or "–",
        ]
        for name, row in arms.items()
    ]
    return _table("Answers of each arm", columns, rows, {1, 3, *range(4, 4 + len(extra))})


def _comparisons(rows: Sequence[dict[str, Any]]) -> str:
    if not rows:
        return ""
    columns = ["is … better?", "difference", "interval", "p (Holm)", "n", "verdict"]
    cells = [
        [
            f"{row['a']} than {row['b']}",
            f"{row['difference']:+.2f}",
            "–" if row["interval"] is None else f"{row['interval'][0]:+.2f} to {row['interval'][1]:+.2f}",
            "–" if row["p"] is None else f"{row['p']:.3f}",
            str(row["n"]),
            row["verdict"],
        ]
        for row in rows
    ]
    return _table("Planned comparisons, paired by question", columns, cells, {1, 3, 4})


def _costs(arms: dict[str, dict[str, Any]]) -> str:
    columns = [
        "arm",
        "prompt tokens",
        "new tokens",
        "ms, median",
        "ms, 95th percentile",
        "training, s",
        "USD per 1,000",
    ]
    rows = [
        [
            name,
            f"{row['prompt_tokens']:.0f}",
            f"{row['new_tokens']:.0f}",
            f"{row['latency_ms']['p50']:.0f}",
            f"{row['latency_ms']['p95']:.0f}",
            f"{row['train_seconds']:.0f}",
            f"{row['cost_per_1000']:.4f}",
        ]
        for name, row in arms.items()
    ]
    measured = _table("Per answer, measured on this machine in batches", columns, rows, set(range(1, 7)))
    prices = [
        [f"{name}, {line['what']}", f"{line['usd_per_1000']:.4f}", line["price"], f"{line['status']}, {line['date']}"]
        for name, row in arms.items()
        for line in row["costs"]
    ]
    return measured + _table("USD per 1,000 answers", ["arm and way to pay", "USD", "price", "dated"], prices, {1})


def _failures(frame: pd.DataFrame, arm: str) -> str:
    wrong = frame[(frame["arm"] == arm) & ~frame["correct"].astype(bool)].drop_duplicates("question_id")
    if wrong.empty:
        return f"<p>{escape(arm)} made no mistake in this test.</p>"
    # Invented answers do more harm than declined ones, so they come first.
    first = wrong.sort_values("refused", kind="stable").head(FAILURES)
    rows = [[row.question[:300], row.text[:300], _how(row._asdict())] for row in first.itertuples()]
    caption = f"Wrong answers of {arm}: the first {len(rows)} of {len(wrong)}, invented ones before declined ones"
    return _table(caption, ["question", "answer", "how"], rows, set())


def _how(row: dict[str, Any]) -> str:
    if "true" in row:
        return f"right: {row['true']}"
    if "rules_kept" in row:
        return f"keeps {row['rules_kept']:.0%} of the rules"
    if row["kind"] == "unanswerable":
        return "invented: nothing answers it"
    if row["refused"]:
        return "declined"
    if row["retrieved"] is None or row["retrieved"] is pd.NA:
        return "wrong"
    return "wrong, its document in the prompt" if row["retrieved"] else "wrong, its document not in the prompt"


def _method(results: dict[str, Any], task: Task) -> list[str]:
    data = results["data"]
    return [
        *task.method,
        f"{data['tested']} {task.items} in {data['test_groups']} groups were tested; the tuned arms learned from "
        f"{data['training_pairs']} pairs, none of them of the test.",
        "Intervals of arms: Wilson, widened by those groups. Differences: paired, bootstrap over whole "
        "groups, at the level of the family; p by Holm.",
        f"Model {results['model']}; {results['machine']['description']}; data {data['hash']}.",
    ]


def _limits(results: dict[str, Any]) -> list[str]:
    notes = list(results["notes"])
    if left := results["plan"]["left_out"]:
        notes.append(f"Left out for time: {', '.join(left)}.")
    if results["plan"]["seeds"] == 1 and results["data"]["training_pairs"]:
        notes.append("One training seed: what another seed would change was not measured (--seeds 3 does).")
    notes.append("A small model was measured: a larger one reads better, so that the gaps between arms may shrink.")
    notes.append("Times are those of batches on this machine; a server answers single requests at another pace.")
    return notes


def _unused(unused: Sequence[Unused]) -> str:
    more = f", the first {LISTED}" if len(unused) > LISTED else ""
    rows = [[each.where, each.reason] for each in unused[:LISTED]]
    return _table(f"{len(unused)} rows or files were not used{more}", ["where", "why"], rows, set())


def _table(caption: str, columns: list[str], rows: list[list[str]], numeric: set[int]) -> str:
    return table_html(caption, columns, rows, frozenset(numeric))


def _list(lines: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
