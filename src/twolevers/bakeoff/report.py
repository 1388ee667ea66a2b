"""report.html: one file that opens anywhere; the verdict first, then what it rests on. All data is escaped."""

import base64
import io
from collections.abc import Sequence
from html import escape
from typing import Any

from twolevers.bakeoff.larger import said
from twolevers.bakeoff.read.rows import Unused
from twolevers.bakeoff.recommend import fit
from twolevers.bakeoff.tasks.kinds import Kind
from twolevers.learn.markup import table_html
from twolevers.lessons.common.style import ARM_STYLE, style

LISTED = 50  # rows not used that the report lists
CSS = """
body{font:17px/1.55 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1.2rem;color:#1b1b1b}
h1{font-size:1.9rem;line-height:1.2}
h2{margin-top:2.4rem;border-top:1px solid #ccc;padding-top:1rem}
.verdict{background:#eef4fb;border-left:6px solid #0072B2;padding:.8rem 1.2rem;font-size:1.15rem}
table{width:100%;font-size:.95rem}
th,td{border-bottom:1px solid #d5d5d5;overflow-wrap:break-word}
td{overflow-wrap:anywhere}
td[style*=right]{white-space:nowrap}
img{max-width:100%;height:auto}
.failure{border:1px solid #d5d5d5;margin:1rem 0;padding:.6rem 1rem;break-inside:avoid}
.failure h3{font-size:1.05rem;margin:.2rem 0}
.side{display:grid;grid-template-columns:1fr 1fr;gap:1.2rem}
.side p{white-space:pre-wrap;overflow-wrap:anywhere;margin:.3rem 0}
@media (max-width:40rem){.side{grid-template-columns:1fr}}
@media (prefers-color-scheme:dark){
body{background:#16181c;color:#e9e9e9}.verdict{background:#1d2b3a}
th,td,h2,.failure{border-color:#444}img{background:#fff;padding:.4rem}}
@media print{body{max-width:none;font-size:10pt;margin:0}h2{margin-top:1rem;padding-top:.4rem}
table{font-size:8.5pt}th,td{padding:.15em .5em!important}ul{margin:.3rem 0}img{max-height:6cm}
.failures,.unused,.prices{display:none}}
"""


def html(results: dict[str, Any], kind: Kind, unused: Sequence[Unused]) -> str:
    """The report as one HTML page without scripts or outside files."""
    arms, advice, data = results["arms"], results["recommendation"], results["data"]
    picture, alt = _figure(arms, advice["good_enough"])
    parts = [
        f"<h1>{escape(advice['headline'])}</h1>",
        f'<p class="verdict">{escape(advice["reason"])}</p>',
        f"<p><strong>How sure?</strong> {escape(advice['sure'])}</p>",
        f"<p>{escape(_threshold(arms, advice['good_enough']))}</p>",
        "<p>It would be another choice if</p>",
        _list(advice["reverses_if"]),
        "<h2>Quality</h2>",
        f'<img alt="{escape(alt)}" src="data:image/png;base64,{picture}">',
        _quality(arms),
        _comparisons(results["comparisons"]),
        "<h2>Cost and time</h2>",
        _costs(arms),
        f'<section class="failures"><h2>Failures worth reading</h2>{_failures(results["failures"])}</section>',
        "<h2>Method</h2>",
        _list(_method(results, kind)),
        "<h2>Limits</h2>",
        _list(_limits(results)),
    ]
    if unused:
        parts += [f'<section class="unused"><h2>What was not used</h2>{_unused(unused)}</section>']
    body = "\n".join(parts)
    title = f"Bake-off: {data['tested']} {kind.items}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{CSS}</style></head><body><main>\n{body}\n</main></body></html>\n"
    )


def _threshold(arms: dict[str, dict[str, Any]], good_enough: float) -> str:
    """Which arms are right often enough, by the share that was named for it."""
    share = f"{100 * good_enough:.0f} %"
    by = {answer: [name for name, row in arms.items() if fit(row, good_enough) is answer] for answer in (True, None)}
    said = f"Right {share} of the time is taken for good enough (--good-enough {good_enough:g}). "
    if by[True]:
        return f"{said}At or above it: {', '.join(by[True])}."
    if by[None]:
        return f"{said}No arm is shown to reach it; it lies within the interval of {', '.join(by[None])}."
    return f"{said}No arm reaches it."


def _figure(arms: dict[str, dict[str, Any]], good_enough: float) -> tuple[str, str]:
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
        axes.axvline(good_enough, color="black", linestyle="--", linewidth=1.5)
        axes.annotate(
            "good enough",
            (good_enough, 1.01),
            xycoords=("data", "axes fraction"),
            ha="center",
            va="bottom",
            fontsize=12,
        )
        axes.set_xlim(0, 1)
        axes.set_xlabel("Share of answers right, with 95 % interval")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=160)
        pyplot.close(figure)
    said = f"good enough from {good_enough:.2f}; " + "; ".join(
        f"{name} {row['accuracy']:.2f} ({row['interval'][0]:.2f} to {row['interval'][1]:.2f})"
        for name, row in arms.items()
    )
    return base64.b64encode(buffer.getvalue()).decode(), f"Share of answers right by arm, with intervals: {said}."


def _quality(arms: dict[str, dict[str, Any]]) -> str:
    named = {"macro_f1": "macro-F1", "rules_kept": "rules kept", "token_f1": "likeness"}
    extra = {key: name for key, name in named.items() if any(key in row for row in arms.values())}
    if not extra.keys() & {"macro_f1", "rules_kept"}:
        extra |= {"cited_right": "rightly cited", "refused": "declined"}
    columns = ["arm", "right", "95 % interval, other items", "n", *extra.values(), "other training seeds"]
    rows = [
        [
            name,
            f"{row['accuracy']:.2f}",
            f"{row['interval'][0]:.2f} to {row['interval'][1]:.2f}",
            str(row["n"]),
            *(_share(row.get(key)) for key in extra),
            _spread(row),
        ]
        for name, row in arms.items()
    ]
    return _table("Answers of each arm", columns, rows, {1, 3, *range(4, 4 + len(extra))})


def _spread(row: dict[str, Any]) -> str:
    """What another training seed changed; apart from what other items would."""
    if not row["seed_spread"]:
        return "one seed" if row["seeds"] else "–"
    return f"{row['seed_spread']['low']:.2f} to {row['seed_spread']['high']:.2f} ({len(row['seeds'])} seeds)"


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
        *("arm", "prompt tokens", "new tokens", "one request alone, ms", "95th percentile, ms"),
        *("answers per second in batches", "training, s"),
    ]
    rows = [
        [
            name,
            f"{row['prompt_tokens']:.0f}",
            f"{row['new_tokens']:.0f}",
            f"{row['latency_ms']['p50']:.0f}",
            f"{row['latency_ms']['p95']:.0f}",
            "–" if row["answers_per_second"] is None else f"{row['answers_per_second']:.1f}",
            f"{row['train_seconds']:.0f}",
        ]
        for name, row in arms.items()
    ]
    alone = min(row["latency_ms"]["n"] for row in arms.values())
    measured = _table(
        f"Measured on this machine; requests alone: {alone} or more of each arm", columns, rows, set(range(1, 7))
    )
    prices = [
        [f"{name}, {line['what']}", f"{line['usd_per_1000']:.4f}", line["price"], f"{line['status']}, {line['date']}"]
        for name, row in arms.items()
        for line in row["costs"]
    ]
    dated = _table("USD per 1,000 answers", ["arm and way to pay", "USD", "price", "dated"], prices, {1})
    return f'{measured}{_per_right(arms)}<section class="prices">{dated}</section>'


def _per_right(arms: dict[str, dict[str, Any]]) -> str:
    rows = []
    for name, row in arms.items():
        each = row["per_right_answer"]
        cells = ["none was right"] * 2
        if each:
            cells = [
                f"{each['usd_per_1000']:.4f}",
                "–" if each["cpu_seconds"] is None else f"{each['cpu_seconds']:.2f}",
            ]
        rows.append([name, *cells])
    local = all(row["costs"][0]["what"].startswith("rented") for row in arms.values())
    price = "rented" if local else "at its first price below"
    columns = ["arm", f"USD per 1,000 right answers, {price}", "processor-seconds per right answer, alone"]
    return _table("What a right answer takes", columns, rows, {1, 2})


def _failures(failures: dict[str, Any]) -> str:
    arm, shown = failures["arm"], failures["shown"]
    if not shown:
        return f"<p>{escape(arm)} made no mistake in this test.</p>"
    first = f"{escape(arm)} was wrong {failures['wrong']} times; these {len(shown)} are of as many kinds as there are."
    return f"<p>{first}</p>" + "".join(map(_failure, shown))


def _failure(one: dict[str, str]) -> str:
    left = f"<p><strong>What it read</strong></p><p>{escape(one['passage'])}</p>" if one["passage"] else ""
    right = f"<p><strong>What it said</strong></p><p>{escape(one['answer'])}</p>"
    if one["accepted"]:
        right += f"<p><strong>What is right</strong></p><p>{escape(one['accepted'])}</p>"
    sides = f'<div class="side"><div>{left}</div><div>{right}</div></div>' if left else right
    return f'<article class="failure"><h3>{escape(one["question"])}</h3><p>{escape(one["how"])}</p>{sides}</article>'


def _method(results: dict[str, Any], kind: Kind) -> list[str]:
    data = results["data"]
    return [
        *kind.method,
        f"{data['tested']} {kind.items} in {data['test_groups']} groups were tested{_learned(data)}.",
        "Intervals of arms: Wilson, widened by those groups. Differences: paired, bootstrap over whole "
        "groups, at the level of the family; p by Holm.",
        f"Model {results['model']}; {results['machine']['description']}; data {data['hash']}.",
    ]


def _learned(data: dict[str, Any]) -> str:
    pairs = data["training_pairs"]
    return f"; the arms that train learned from {pairs} pairs, none of them of the test" if pairs else ""


def _limits(results: dict[str, Any]) -> list[str]:
    notes = list(results["notes"])
    if left := results["plan"]["left_out"]:
        notes.append(f"Left out for time: {'; '.join(left)}. More --minutes bring them in.")
    if results["plan"]["seeds"] == 1 and results["data"]["training_pairs"]:
        notes.append("One training seed: what another seed would change was not measured (--seeds 3 does).")
    notes.append(said(results["larger"]))
    notes.append("Times are of this machine: one request alone by the clock, throughput in batches.")
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
