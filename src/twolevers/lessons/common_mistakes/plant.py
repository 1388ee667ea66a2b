"""Lesson 13, the lab: a fault planted into a copy of the data. Does the verdict move, and does a check notice?

The contest is one that can go either way: a linear router against the nearest training message ("it will be like the
last one that sounded so"), on the same test messages. All is fitted on the spot, in under a second.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from twolevers.evaluate.statistics import Interval, compare, wilson
from twolevers.evaluate.verdicts import judge
from twolevers.learn.explore import Dial, Drawn, Explorer, explorer
from twolevers.lessons.common.figures import bars
from twolevers.lessons.common_mistakes.experiment import SEED
from twolevers.lessons.common_mistakes.leaking_split import MARGIN, Design, design

FAULTS = {
    "none": "The data as they are; choose a fault before its share can matter.",
    "leak": "Messages on the tested matters stand in the training.",
    "stale": "Training labels are those from before two desks changed places.",
    "duplicate": "Test messages stand in the test many times over.",
    "wrong key": "The answer key is shifted by a line.",
}
SHARES = (10, 30, 60, 100)  # per cent of the rows that the fault reaches
COPIES = 9  # of a duplicated message
ROUTERS = {"linear": "linear router", "nearest": "nearest message"}
DIALS = (Dial("fault", "Planted fault", tuple(FAULTS), 1), Dial("share", "Share of rows it reaches", SHARES, 2, "%"))
LEGEND = "Plant a fault"
DISPUTED = 0.5  # share of a desk's training labels that the nearest other messages dispute: more is suspicious
MET = 0.75  # share of test messages that one of two routers gets right: less is suspicious


@dataclass(frozen=True)
class Copy:
    """Training and test messages (columns text, queue or clean_queue, scenario), with a fault or without."""

    training: pd.DataFrame
    test: pd.DataFrame


def plant(made: Design, fault: str, share: int) -> Copy:
    """A copy of the clean split with one of `FAULTS`, reaching `share` per cent of the rows; `made` stays as it is."""
    rng = np.random.default_rng(SEED)
    training, test = made.clean.copy(), made.tested.copy()
    if fault == "leak":
        n = round(share / 100 * len(training))
        training = pd.concat([training.iloc[n:], made.leaked.iloc[:n]])
    elif fault == "stale":
        first, second, *_ = training["queue"].value_counts().index
        old = rng.random(len(training)) < share / 100
        training["queue"] = training["queue"].where(~old, training["queue"].replace({first: second, second: first}))
    elif fault == "duplicate":
        again = test.sample(frac=share / 100, random_state=SEED)
        test = pd.concat([test, *[again] * COPIES])
    elif fault == "wrong key":
        reached = rng.random(len(test)) < share / 100
        test["clean_queue"] = test["clean_queue"].where(~reached, np.roll(test["clean_queue"], 1))
    return Copy(training.reset_index(drop=True), test.reset_index(drop=True))


def route(copy: Copy) -> pd.DataFrame:
    """One row per test message: scenario, and whether each of `ROUTERS` is right (1 or 0)."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import RidgeClassifier

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    seen, asked = words.fit_transform(copy.training["text"]), words.transform(copy.test["text"])
    said = {
        "linear": RidgeClassifier().fit(seen, copy.training["queue"]).predict(asked),
        "nearest": copy.training["queue"].to_numpy()[np.asarray((asked @ seen.T).argmax(axis=1)).ravel()],
    }
    right = {name: (queues == copy.test["clean_queue"].to_numpy()).astype(int) for name, queues in said.items()}
    return pd.DataFrame({"scenario": copy.test["scenario"], **right})


def noticed(copy: Copy, routed: pd.DataFrame) -> dict[str, str]:
    """What each check says: empty where it notices nothing. None is told which fault was planted."""
    shared = set(copy.training["scenario"]) & set(copy.test["scenario"])
    twice = int(copy.test["text"].duplicated().sum())
    left = _disputed(copy)
    by_key = routed[list(ROUTERS)].max(axis=1).mean()
    return {
        "matters on both sides": f"{len(shared)} matters are in both" if shared else "",
        "texts that come twice": f"{twice} test messages are copies" if twice else "",
        "labels that neighbours dispute": f"{left:.0%} of a desk's labels" if left > DISPUTED else "",
        "a key that no router can meet": f"{1 - by_key:.0%} missed by both" if by_key < MET else "",
    }


def verdict(routed: pd.DataFrame) -> tuple[float, Interval, str]:
    """(difference, 95 % interval, verdict) of "the linear router is right more often", rows taken as they come."""
    found = compare(routed["linear"], routed["nearest"], routed["scenario"], seed=SEED)
    return found.difference, found.interval, str(judge(found, expected="higher", margin=MARGIN))


def explore(made: Design | None = None) -> Explorer:
    """Choose a fault and how far it reaches; where no kernel runs, one that nobody notices stands beside."""
    made = design() if made is None else made

    def draw(fault: str, share: int) -> Drawn:
        copy = plant(made, fault, share)
        routed = route(copy)
        difference, interval, said = verdict(routed)
        reach = f"Planted: {fault}, in {share} % of the rows" if fault != "none" else "Nothing planted"
        figure, alt = bars(_table(routed), reach, "Share of messages routed right")
        found = "; ".join(f"{check}: {what}" for check, what in noticed(copy, routed).items() if what)
        words = (
            f"{FAULTS[fault]} {reach}. Linear − nearest {difference:+.2f} (95 % interval {interval.low:+.2f} to "
            f"{interval.high:+.2f}): {said}. The checks say: {found or 'nothing'}."
        )
        return Drawn(figure, f"{alt} {words}", words)

    return explorer(draw, DIALS, LEGEND, fails={"fault": 2, "share": len(SHARES) - 1})


def trials(made: Design | None = None, share: int = 60) -> pd.DataFrame:
    """Every fault once: score of both routers, difference with its interval, verdict, and the checks that noticed."""
    made = design() if made is None else made
    rows = []
    for fault in FAULTS:
        copy = plant(made, fault, share)
        routed = route(copy)
        difference, interval, said = verdict(routed)
        row = {"planted": fault, "n": len(routed), "linear": routed["linear"].mean()}
        row |= {"nearest": routed["nearest"].mean(), "difference": difference, "low": interval.low}
        found = [check for check, what in noticed(copy, routed).items() if what]
        rows.append(row | {"high": interval.high, "verdict": said, "noticed by": ", ".join(found) or "nobody"})
    return pd.DataFrame(rows)


def _disputed(copy: Copy) -> float:
    """The highest share, over desks, of training labels that differ from the nearest other training message's."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    seen = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit_transform(copy.training["text"])
    near = (seen @ seen.T).toarray()
    np.fill_diagonal(near, -1)
    queues = copy.training["queue"].to_numpy()
    return float(pd.Series(queues[near.argmax(axis=1)] != queues).groupby(queues).mean().max())


def _table(routed: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for name, label in ROUTERS.items():
        interval = wilson(int(routed[name].sum()), len(routed))
        row = {"arm": name, "label": label, "value": routed[name].mean(), "n": len(routed)}
        rows.append(row | {"low": interval.low, "high": interval.high})
    return pd.DataFrame(rows)
