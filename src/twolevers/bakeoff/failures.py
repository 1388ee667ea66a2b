"""The failures most worth reading: of every kind of failure one before a second of any."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

SHOWN, LONGEST = 5, 700  # failures, and letters of a passage
Passages = Callable[[Sequence[str]], list[list[str]]]  # what an arm reads for each question


def instructive(frame: pd.DataFrame, arm: str, reads: Passages | None, n: int = SHOWN) -> list[dict[str, str]]:
    """Up to `n` wrong answers of an arm, JSON-ready: question, accepted, answer, how, passage ("" where none is read).

    Kinds come in the order of `_rank`: what was invented does more harm than what was declined.
    """
    wrong = frame[(frame["arm"] == arm) & ~frame["correct"].astype(bool)].drop_duplicates("question_id")
    rows = [row._asdict() for row in wrong.itertuples()]
    turn: Counter[tuple[int, str]] = Counter()
    placed = []
    for place, row in enumerate(rows):
        kind = _rank(row), how(row)
        placed.append((turn[kind], kind[0], place))
        turn[kind] += 1
    chosen = [rows[place] for _, _, place in sorted(placed)[:n]]
    passages = reads([row["question"] for row in chosen]) if reads and chosen else [[] for _ in chosen]
    return [
        {
            "question": row["question"][:LONGEST],
            "accepted": _accepted(row)[:LONGEST],
            "answer": row["text"][:LONGEST],
            "how": how(row),
            "passage": "\n\n".join(f"[{place}] {text[:LONGEST]}" for place, text in enumerate(read, start=1)),
        }
        for row, read in zip(chosen, passages, strict=True)
    ]


def how(row: dict[str, Any]) -> str:
    """In what way an answer is wrong."""
    if "true" in row:
        return f"says {row['text']} where {row['true']} is right"
    if "rules_kept" in row:
        return f"keeps {100 * row['rules_kept']:.0f} % of the rules"
    if not row["accepted"]:
        return "invented: nothing answers it"
    if row["refused"]:
        return "declined, its document in the prompt" if _read(row) else "declined"
    if row["retrieved"] is None or row["retrieved"] is pd.NA:
        return "wrong"
    return "wrong, its document in the prompt" if row["retrieved"] else "wrong, its document not in the prompt"


def _rank(row: dict[str, Any]) -> int:
    if "true" in row or "rules_kept" in row:
        return 0
    return 2 * bool(row["refused"]) + (bool(row["accepted"]) and not _read(row))


def _read(row: dict[str, Any]) -> bool:
    return row["retrieved"] is not None and row["retrieved"] is not pd.NA and bool(row["retrieved"])


def _accepted(row: dict[str, Any]) -> str:
    if "true" in row:
        return str(row["true"])
    if "rules_kept" in row:
        return ""
    return " / ".join(row["accepted"]) or "a refusal"
