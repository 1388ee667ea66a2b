"""Scores of one answer or of many: likeness, macro-F1, citations. What makes a fact right is in `facts`."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from twolevers.errors import UsageError
from twolevers.evaluate.dates import Date, Time
from twolevers.evaluate.facts import answer_match, mentions
from twolevers.evaluate.refusal import is_refusal
from twolevers.evaluate.values import Token, Value, read

__all__ = ["answer_match", "citation_scores", "is_refusal", "macro_f1", "mentions", "token_f1"]


def token_f1(prediction: str, reference: str) -> float:
    """F1 of shared tokens, counted with repeats (SQuAD, Rajpurkar et al. 2016, section 6.1), values
    normalised.

    For free text only: it gives part marks for the right words around a wrong value. Two empty texts score 1.
    """
    said, wanted = Counter(map(_as_text, read(prediction))), Counter(map(_as_text, read(reference)))
    if not said and not wanted:
        return 1.0
    shared = (said & wanted).total()
    return 2 * shared / (said.total() + wanted.total())


def macro_f1(true: Sequence[str], predicted: Sequence[str]) -> float:
    """Unweighted mean of the F1 of every class that occurs in `true`; NaN for no items.

    F1 of a class = 2 TP / (2 TP + FP + FN). A predicted label that is no class (a model may write anything)
    is a miss for the true class and makes no class of its own.
    """
    truth, guess = np.asarray(true, dtype=object), np.asarray(predicted, dtype=object)
    if truth.shape != guess.shape:
        raise UsageError(f"macro_f1: {len(truth)} true labels but {len(guess)} predicted ones.")
    classes = sorted(set(true))
    both = [np.sum((truth == c) & (guess == c)) for c in classes]
    either = [np.sum(truth == c) + np.sum(guess == c) for c in classes]
    return float(np.mean(2 * np.array(both) / np.array(either))) if classes else float("nan")


def citation_scores(
    cited: Sequence[Sequence[str]], supporting: Sequence[Sequence[str]]
) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Precision and recall of each answer's citations, and their means: (precision [n], recall [n], mean,
    mean).

    Precision: cited documents that support, over cited documents; NaN for an answer that cites nothing.
    Recall: supporting documents that are cited, over supporting documents; NaN where nothing supports (an
    unanswerable question). Means leave NaN out, so read precision beside its own n and beside recall: an arm
    that cites once, rightly, has precision 1. Repeated citations count once. A mean of nothing is NaN.
    """
    if len(cited) != len(supporting):
        raise UsageError(f"citation_scores: {len(cited)} answers but {len(supporting)} rows of supporting documents.")
    pairs = [(set(c), set(s)) for c, s in zip(cited, supporting, strict=True)]
    precision = np.array([len(c & s) / len(c) if c else np.nan for c, s in pairs], dtype=float)
    recall = np.array([len(c & s) / len(s) if s else np.nan for c, s in pairs], dtype=float)
    return precision, recall, _mean(precision), _mean(recall)


def _as_text(token: Token) -> str:
    if isinstance(token, Date | Time):
        return repr(token.readings if isinstance(token, Date) else token.seconds)
    return f"{token.amount} {token.kind} {token.per}" if isinstance(token, Value) else token


def _mean(scores: np.ndarray) -> float:
    known = scores[~np.isnan(scores)]
    return float(known.mean()) if known.size else float("nan")
