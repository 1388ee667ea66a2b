"""Lesson 13, clinic three: a test that shares matter with the training. How much too good is its score?

A router of messages (words and linear model, passes counted) is trained twice on equally many messages: once with
other messages of the test's scenarios, as a split by message gives, once without, as a split by scenario gives. Both
answer the same test messages. The tuned model of clinic one shows the same with facts in other wordings.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twolevers.data.tickets import load_tickets
from twolevers.evaluate.evidence import Evidence
from twolevers.evaluate.run import summarise
from twolevers.evaluate.statistics import Interval
from twolevers.evaluate.verdicts import judge
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.common.contest import Contest, level_rows, pair_rows
from twolevers.lessons.common.figures import bars
from twolevers.lessons.common.style import BLUE, EDGE, GREY, VERMILION, style
from twolevers.lessons.common_mistakes.experiment import LESSON, SEED

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from twolevers.models.api import Training

HELD_BACK = 2  # messages of each tested scenario; the rest of the scenario may be trained on
PASSES = 20
MARGIN = 0.05
METRIC = "messages routed right"
# The same messages, routed by the router that saw their matters and by the one that did not.
CONTEST = Contest(LESSON, METRIC, {("leaked split", "clean split"): "C22"}, MARGIN, SEED)
comparisons = CONTEST.comparisons
LABELS = {
    "router": {
        "leaked split": "split by message (leaks)",
        "clean split": "split by scenario",
        "live": "first month live",
    },
    "tuned model": {"leaked split": "split by wording (leaks)", "clean split": "split by product"},
}


@dataclass(frozen=True)
class Design:
    """Rows of the tickets: `tested` messages, and two trainings of equal size, one of them with the same matters."""

    tested: pd.DataFrame
    leaked: pd.DataFrame
    clean: pd.DataFrame
    live: pd.DataFrame


@dataclass(frozen=True)
class Routing:
    """Predictions per pass of a router, and its training loss (nats per message) after each pass."""

    losses: list[float]
    queues: dict[str, list[np.ndarray]]


def design(tickets: pd.DataFrame | None = None) -> Design:
    """Half of the scenarios of each queue are tested; the other half trains the clean router."""
    tickets = load_tickets() if tickets is None else tickets
    rows = tickets[tickets.split == "train"].sample(frac=1, random_state=SEED)
    order = rows.drop_duplicates("scenario").groupby("clean_queue").cumcount()
    tested = set(rows.loc[order[order % 2 == 0].index, "scenario"])
    own = rows[rows.scenario.isin(tested)]
    test = own.groupby("scenario").head(HELD_BACK)
    leaked = own.drop(test.index)
    other = rows[~rows.scenario.isin(tested)]
    clean = other.drop(other.groupby("scenario").head(HELD_BACK).index)
    size = min(len(leaked), len(clean))
    return Design(test, leaked.head(size), clean.head(size), tickets[tickets.split == "test"])


def route(training: pd.DataFrame, asked: dict[str, pd.DataFrame]) -> Routing:
    """Train a router on the words and word pairs of `training`; after each pass, predict the queues of `asked`.

    TF-IDF and logistic regression, one queue against the rest, by stochastic gradient descent.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import SGDClassifier

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    seen = words.fit_transform(training.text)
    unseen = {name: words.transform(rows.text) for name, rows in asked.items()}
    names = np.unique(training.queue)
    router = SGDClassifier(loss="log_loss", alpha=1e-5, random_state=SEED)
    losses: list[float] = []
    queues: dict[str, list[np.ndarray]] = {name: [] for name in asked}
    place = np.searchsorted(names, training.queue)
    for number in range(PASSES):
        order = np.random.default_rng([SEED, number]).permutation(len(training))
        router.partial_fit(seen[order], training.queue.to_numpy()[order], classes=names)
        chances = router.predict_proba(seen)[np.arange(len(training)), place]
        losses.append(float(-np.log(np.maximum(chances, 1e-9)).mean()))
        for name, rows in unseen.items():
            queues[name].append(router.predict(rows))
    return Routing(losses, queues)


def run() -> tuple[Routing, Routing, Design]:
    """The leaked router (asked the test and the first month live) and the clean one (asked the test)."""
    made = design()
    return route(made.leaked, {"test": made.tested, "live": made.live}), route(made.clean, {"test": made.tested}), made


def answers(leaked: Routing, clean: Routing, made: Design) -> pd.DataFrame:
    """Last pass of both routers: one row per condition and message (the columns that `summarise` reads)."""
    parts = [
        ("leaked split", made.tested, leaked.queues["test"][-1]),
        ("clean split", made.tested, clean.queues["test"][-1]),
        ("live", made.live, leaked.queues["live"][-1]),
    ]
    frames = []
    for arm, rows, queues in parts:
        right = rows.clean_queue.to_numpy() == queues
        frame = pd.DataFrame({"arm": arm, "question_id": rows.ticket_id, "question": rows.text, "text": queues})
        frames.append(frame.assign(entity=rows.scenario, correct=right, seconds=0.0).reset_index(drop=True))
    blank = ("citation_precision", "citation_recall", "prompt_tokens", "new_tokens")
    return pd.concat(frames, ignore_index=True).assign(**dict.fromkeys(blank, math.nan))


def twins(made: Design, n: int = 3) -> pd.DataFrame:
    """The `n` pairs of a test and a training message of the leaked split that share most of their words (Jaccard)."""
    training = [set(text.casefold().split()) for text in made.leaked.text]
    pairs = []
    for place, text in enumerate(made.tested.text):
        words = set(text.casefold().split())
        shares = [len(words & other) / len(words | other) for other in training]
        nearest = int(np.argmax(shares))
        pairs.append((shares[nearest], place, nearest))
    closest = sorted(pairs, reverse=True)[:n]
    rows = [(made.tested.text.iloc[place], made.leaked.text.iloc[nearest]) for _, place, nearest in closest]
    return pd.DataFrame(rows, columns=["in the test", "in the training"])


def signed_off(frame: pd.DataFrame) -> pd.DataFrame:
    """The team's evidence: the score at sign-off and the score of the first month."""
    table = summarise(frame[frame["arm"].isin(["leaked split", "live"])])
    table["messages"] = ["test at sign-off", "first month live"]
    return table.rename(columns={"accuracy": "routed right"})[["messages", "n", "routed right", "low", "high"]]


def tuned_split(own: pd.DataFrame, never: pd.DataFrame) -> pd.DataFrame:
    """The same for the tuned model: asked in new wordings about facts it was trained on, and about other products."""
    return pd.concat([own.assign(arm="leaked split"), never.assign(arm="clean split")], ignore_index=True)


def tuned_comparison(frame: pd.DataFrame) -> pd.DataFrame:
    """The difference of two shares of different questions (columns of `reading.judged`).

    Newcombe's hybrid of the two Wilson intervals (1998, Statistics in Medicine 17, 873-890, method 10), each widened
    by the design effect of its products.
    """
    leaked, clean = (row for row in summarise(frame).itertuples())
    gap = leaked.accuracy - clean.accuracy
    low = gap - math.hypot(leaked.accuracy - leaked.low, clean.high - clean.accuracy)
    high = gap + math.hypot(leaked.high - leaked.accuracy, clean.accuracy - clean.low)
    verdict = str(judge(Interval(low, high), expected="higher", margin=MARGIN))
    row = {"claim": "leaked split > clean split", "n": leaked.n + clean.n, "difference": gap, "low": low, "high": high}
    return pd.DataFrame([row | {"verdict": verdict}])


def evidence(bench: Workbench, routed: pd.DataFrame, tuned: pd.DataFrame) -> list[Evidence]:
    """What clinic three writes into the ledger."""
    metric, claims = "facts right, tuned model", {"leaked split > clean split": "C22"}
    return [
        *CONTEST.evidence(bench, routed),
        *level_rows(bench, LESSON, metric, tuned, SEED),
        *pair_rows(bench, LESSON, metric, tuned_comparison(tuned), SEED, claims),
    ]


def plot(routed: pd.DataFrame, tuned: pd.DataFrame) -> "tuple[Figure, str]":
    """Scores of both splits, router and tuned model, with the first month live between them; alternative text."""
    parts = []
    for name, frame in (("router", routed), ("tuned model", tuned)):
        table = summarise(frame).rename(columns={"accuracy": "value"})
        table["label"] = [f"{name}: {LABELS[name][arm]}" for arm in table["arm"]]
        table["arm"] = "linear" if name == "router" else "tuned"
        parts.append(table)
    return bars(pd.concat(parts), "What does each test promise?", "Share right")


def plot_passes(leaked: Routing, clean: Routing, made: Design, training: "Training") -> "tuple[Figure, str]":
    """Left: the router's scores by pass. Right: the tuned model's loss by pass, in training and on unseen products."""
    from matplotlib import pyplot
    from matplotlib.ticker import MaxNLocator

    truth = made.tested.clean_queue.to_numpy()
    lines = {
        "split by message": ([float((q == truth).mean()) for q in leaked.queues["test"]], VERMILION, "^", "--"),
        "split by scenario": ([float((q == truth).mean()) for q in clean.queues["test"]], BLUE, "s", "-"),
    }
    history = {
        "training": ([entry["loss"] for entry in training.history], GREY, "o", ":"),
        "unseen products": ([entry["held_out"] for entry in training.history], BLUE, "s", "-"),
    }
    with style():
        figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4.4))
        for axes, group in ((left, lines), (right, history)):
            for label, (values, colour, marker, dash) in group.items():
                looks = {"color": colour, "marker": marker, "linestyle": dash, "markeredgecolor": EDGE}
                axes.plot(range(1, len(values) + 1), values, label=label, markersize=7, **looks)
            axes.set_xlabel("pass")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.legend()
        left.set(ylim=(0, 1.05), ylabel="share routed right", title="Router: same test messages")
        right.set(ylim=(0, None), ylabel="loss (nats per token)", title="Tuned model: loss")
    said = "; ".join(
        f"{label} from {values[0]:.2f} to {values[-1]:.2f}" for label, (values, *_) in (lines | history).items()
    )
    return figure, f"Two line charts over passes: share of messages routed right, and loss of the tuned model. {said}."
