"""Lesson 13, clinic three: a test that shares matter with the training. How much too good is its score?

A router of messages (words and linear model, epochs counted) is trained twice on equally many messages: once with
other messages of the test's scenarios, as a split by message gives, once without, as a split by scenario gives. Both
answer the same test messages, and the first month live shows which test told the truth.

New wordings of what was trained are a leak here and a fair test in lesson 01. What decides is what comes in use: there
the facts that were taught, asked anew; here matters that nobody has written about yet.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from twolevers.arms.protocol import Answer, Usage
from twolevers.data.tickets import load_tickets
from twolevers.evaluate.evidence import Evidence
from twolevers.evaluate.run import score, summarise
from twolevers.evaluate.scorers.labels import Labels
from twolevers.lessons.common import messages
from twolevers.lessons.common.bench import Workbench
from twolevers.lessons.common.contest import Contest
from twolevers.lessons.common.figures import bars
from twolevers.lessons.common.style import BLUE, EDGE, GREY, VERMILION, style
from twolevers.lessons.common_mistakes.experiment import LESSON, SEED

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HELD_BACK = 2  # messages of each tested scenario; the rest of the scenario may be trained on
EPOCHS = 20
MARGIN = 0.05
FREE = Usage(0, 0, 0.0)  # the router reads no prompt and takes no time worth telling
METRIC = "messages routed right"
# The same messages, routed by the router that saw their matters and by the one that did not.
CONTEST = Contest(LESSON, METRIC, {("leaked split", "clean split"): "C22"}, MARGIN, SEED)
comparisons = CONTEST.comparisons
LABELS = {
    "leaked split": "random split, by message",
    "clean split": "split by matter",
    "live": "first month live, the router of the random split",
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
    """Predictions per epoch of a router, and its training loss (nats per message) after each."""

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
    """Train a router on the words and word pairs of `training`; after each epoch, predict the queues of `asked`.

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
    for number in range(EPOCHS):
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
    """What both routers say after the last epoch: one row per condition and message, columns of `evaluate.run`."""
    parts = [
        ("leaked split", made.tested, leaked.queues["test"][-1]),
        ("clean split", made.tested, clean.queues["test"][-1]),
        ("live", made.live, leaked.queues["live"][-1]),
    ]
    frames = []
    for arm, rows, queues in parts:
        said = [Answer(name, queue, (), (), FREE) for name, queue in zip(rows.ticket_id, queues, strict=True)]
        frames.append(score({arm: said}, messages.asked(rows), Labels()))
    return pd.concat(frames, ignore_index=True)


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


def evidence(bench: Workbench, routed: pd.DataFrame) -> list[Evidence]:
    """What clinic three writes into the ledger."""
    return CONTEST.evidence(bench, routed)


def plot(routed: pd.DataFrame) -> "tuple[Figure, str]":
    """Scores of both splits on the same messages, and the first month live; alternative text."""
    table = summarise(routed).rename(columns={"accuracy": "value"})
    table["label"] = table["arm"].map(LABELS)
    table["arm"] = "linear"
    return bars(table, "What does each test promise?", "Share routed right")


def plot_epochs(leaked: Routing, clean: Routing, made: Design) -> "tuple[Figure, str]":
    """Left: both routers' scores on the same messages by pass. Right: the training loss of the one that leaks."""
    from matplotlib import pyplot
    from matplotlib.ticker import MaxNLocator

    truth = made.tested.clean_queue.to_numpy()
    lines = {
        "random split": ([float((q == truth).mean()) for q in leaked.queues["test"]], VERMILION, "^", "--"),
        "split by matter": ([float((q == truth).mean()) for q in clean.queues["test"]], BLUE, "s", "-"),
    }
    watched = {"training loss": (leaked.losses, GREY, "o", ":")}
    with style():
        figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4.4))
        for axes, group in ((left, lines), (right, watched)):
            for label, (values, colour, marker, dash) in group.items():
                looks = {"color": colour, "marker": marker, "linestyle": dash, "markeredgecolor": EDGE}
                axes.plot(range(1, len(values) + 1), values, label=label, markersize=7, **looks)
            axes.set_xlabel("epoch")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.legend()
        left.set(ylim=(0, 1.05), ylabel="share routed right", title="The same test messages")
        right.set(ylim=(0, None), ylabel="loss (nats per message)", title="What the team watched")
    said = "; ".join(
        f"{label} from {values[0]:.2f} to {values[-1]:.2f}" for label, (values, *_) in (lines | watched).items()
    )
    return (
        figure,
        f"Two line charts over epochs: share of messages routed right, and the router's training loss. {said}.",
    )
