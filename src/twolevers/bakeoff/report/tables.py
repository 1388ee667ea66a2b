"""The tables of a bake-off's report: plain texts, which the page escapes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from twolevers.bakeoff.read.rows import Unused
from twolevers.learn.markup import table_html

LISTED = 50  # rows not used that the report lists


@dataclass(frozen=True)
class Table:
    """A caption, names of columns, rows of texts, and which columns hold numbers."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: frozenset[int] = frozenset()

    def __html__(self) -> str:
        """The table for a page, its texts escaped."""
        return table_html(self.caption, list(self.columns), [list(row) for row in self.rows], self.numeric)


def quality(arms: dict[str, dict[str, Any]]) -> Table:
    """The share right of each arm, and what else its scorer gives."""
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
    return Table("Answers of each arm", columns, rows, frozenset({1, 3, *range(4, 4 + len(extra))}))


def _spread(row: dict[str, Any]) -> str:
    """What another training seed changed; apart from what other items would."""
    if not row["seed_spread"]:
        return "one seed" if row["seeds"] else "–"
    return f"{row['seed_spread']['low']:.2f} to {row['seed_spread']['high']:.2f} ({len(row['seeds'])} seeds)"


def comparisons(rows: Sequence[dict[str, Any]]) -> Table | None:
    """The planned comparisons; None where there are none."""
    if not rows:
        return None
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
    return Table("Planned comparisons, paired by question", columns, cells, frozenset({1, 3, 4}))


def costs(arms: dict[str, dict[str, Any]]) -> Table:
    """Tokens and times of each arm; of answers brought in there are none."""
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
        if row["latency_ms"]
        else [name, *["–"] * 6]
        for name, row in arms.items()
    ]
    alone = min((row["latency_ms"]["n"] for row in arms.values() if row["latency_ms"]), default=0)
    caption = f"Measured on this machine; requests alone: {alone} or more of each arm"
    return Table(caption, columns, rows, frozenset(range(1, 7)))


def prices(arms: dict[str, dict[str, Any]]) -> Table:
    """What 1,000 answers cost, by each way to pay."""
    rows = [
        [f"{name}, {line['what']}", f"{line['usd_per_1000']:.4f}", line["price"], f"{line['status']}, {line['date']}"]
        for name, row in arms.items()
        for line in row["costs"]
    ]
    return Table("USD per 1,000 answers", ["arm and way to pay", "USD", "price", "dated"], rows, frozenset({1}))


def per_right(arms: dict[str, dict[str, Any]]) -> Table:
    """What a right answer costs."""
    rows = []
    for name, row in arms.items():
        each = row["per_right_answer"]
        cells = ["–" if row.get("brought") else "none was right"] * 2
        if each:
            cells = [
                f"{each['usd_per_1000']:.4f}",
                "–" if each["cpu_seconds"] is None else f"{each['cpu_seconds']:.2f}",
            ]
        rows.append([name, *cells])
    local = all(row["costs"][0]["what"].startswith("rented") for row in arms.values() if row["costs"])
    price = "rented" if local else "at its first price below"
    columns = ["arm", f"USD per 1,000 right answers, {price}", "processor-seconds per right answer, alone"]
    return Table("What a right answer takes", columns, rows, frozenset({1, 2}))


def revisions(found: dict[str, Any] | None) -> Table | None:
    """What an update takes and what is right before and after it; None where none was measured."""
    if not found:
        return None
    columns = ["arm", "what is updated", "seconds", "right before", "right after", "n"]
    rows = [
        [
            row["arm"],
            row["updated"],
            _seconds(row["seconds"]),
            _share(row["before"]),
            _share(row["after"]),
            str(found["questions"]),
        ]
        for row in found["arms"]
    ]
    caption = f"{found['documents']} documents changed: what the update takes, and answers about what changed"
    return Table(caption, columns, rows, frozenset({2, 3, 4, 5}))


def _seconds(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.1f}"


def unused(aside: Sequence[Unused]) -> Table:
    """What was not used, with the reason."""
    more = f", the first {LISTED}" if len(aside) > LISTED else ""
    rows = [[each.where, each.reason] for each in aside[:LISTED]]
    return Table(f"{len(aside)} rows or files were not used{more}", ["where", "why"], rows)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
