"""Recordings found and scored: the answers that were written, through the scorers that lessons use on their own."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm.auto import tqdm

from twolevers import paths
from twolevers.arms.protocol import Answer, Usage
from twolevers.data.records import Question
from twolevers.errors import TwoLeversError, UsageError
from twolevers.evaluate.run import run
from twolevers.evaluate.scorers.facts import FACTS
from twolevers.lessons.common.ladder.central import Central, central, stems
from twolevers.lessons.common.ladder.record import SUFFIX, folder, lines

NUMBER = (int, float)
HEAD = {"lesson": str, "model": str, "billions": NUMBER, "n": int, "stored": str, "run": str}
ARM = {"arm": str, "seconds": NUMBER, "created": str, "machine": str}
ANSWER = dict.fromkeys(("arm", "question", "question_id", "text", "quoted"), str)
ANSWER |= dict.fromkeys(("prompt_tokens", "new_tokens", "seconds"), NUMBER) | {"sources": list, "cited": list}


@dataclass(frozen=True)
class Replayed:
    """An arm that gives the answers of a recording."""

    name: str
    answers: dict[str, Answer]
    key: str = ""

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """The recorded answers."""
        return [self.answers[question.question_id] for question in questions]


@dataclass(frozen=True)
class Recording:
    """One model's answers to one lesson's contest. `head`: the file's first line; `arms`: a line each; `rows`."""

    file: Path
    head: dict[str, Any]
    arms: list[dict[str, Any]]
    rows: list[dict[str, Any]]

    @classmethod
    def read(cls, file: Path) -> "Recording":
        """Read a file that `record` wrote. TwoLeversError where it is damaged, or was changed by hand."""
        head, *rest = lines(file)
        one = cls(file, head, [row for row in rest if "trained" in row], [row for row in rest if "text" in row])
        if fault := _fault(one):
            raise TwoLeversError(f"{file} is no recording that can be used ({fault}): move it away and record again.")
        return one

    @property
    def contest(self) -> Central:
        """The contest as its lesson declares it now."""
        return central(self.head["lesson"])

    @property
    def seconds(self) -> float:
        """What training and answering took, all arms together."""
        return sum(arm["seconds"] for arm in self.arms)

    def scored(self) -> pd.DataFrame:
        """The answers scored now, columns of `evaluate.run` and what the contest needs.

        Raises UsageError where the questions of the lesson are no longer those that were asked.
        """
        questions, lesson = self.contest.questions(self.head["n"]), self.head["lesson"]
        texts = {question.question_id: question.text for question in questions}
        if any(texts.get(row["question_id"]) != row["question"] for row in self.rows):
            raise UsageError(f"{self.file} answers other questions than lesson {lesson} asks now: record it again.")
        given: dict[str, dict[str, Answer]] = {}
        for row in self.rows:
            given.setdefault(row["arm"], {})[row["question_id"]] = _answer(row)
        arms = [Replayed(*each) for each in given.items()]
        frame = run(arms, questions, FACTS, journal=None, key="")
        quoted = [given[row.arm][row.question_id].quoted for row in frame.itertuples()]
        return self.contest.finish(frame.assign(quoted=quoted), questions * len(given))


def committed() -> Path:
    """The recordings that come with the course."""
    return paths.datasets() / "ladder"


def recordings(stem: str | None = None, *more: Path) -> list[Recording]:
    """The course's recordings and your own (and those in the folders of `more`), smallest model first.

    Of one model and lesson the last place counts. One that cannot be read is named in a warning and left out.
    """
    return _found(f"*/*{SUFFIX}", stem, more)


def seeded(stem: str | None = None, *more: Path) -> list[Recording]:
    """The recordings of further training seeds, which hold the trained arms alone; in the order of `recordings`."""
    return _found(f"*/seed-*/*{SUFFIX}", stem, more)


def usable(found: Sequence[Recording]) -> Iterator[tuple[Recording, pd.DataFrame]]:
    """Each recording with its scored answers; one whose questions are no longer the lesson's is named in a warning."""
    for one in tqdm(found, desc="scoring recordings", unit="recording", delay=3, leave=False):
        try:
            frame = one.scored()
        except UsageError as error:
            warnings.warn(str(error), stacklevel=3)
            continue
        yield one, frame


def _found(pattern: str, stem: str | None, more: Sequence[Path]) -> list[Recording]:
    found, wanted = {}, [stem] if stem else stems()
    for place in (committed(), folder(), *more):
        for file in sorted(place.glob(pattern)):
            try:
                one = Recording.read(file)
            except TwoLeversError as error:
                warnings.warn(str(error), stacklevel=3)
                continue
            if one.head["lesson"] in wanted:
                found[one.head["model"], one.head["lesson"], one.head.get("training_seed", -1)] = one
    order = {lesson: number for number, lesson in enumerate(wanted)}
    return sorted(found.values(), key=lambda one: (order[one.head["lesson"]], one.head["billions"]))


def _fault(one: Recording) -> str:
    """What of a recording is not as `record` writes it; "" for nothing."""
    for what, found, fields in (("head", [one.head], HEAD), ("arm", one.arms, ARM), ("answer", one.rows, ANSWER)):
        for row in found:
            for name, kind in fields.items():
                if not isinstance(row.get(name), kind) or isinstance(row[name], bool):
                    return f"{name} of its {what} is missing or of another kind"
    asked: dict[str, list[str]] = {}
    for row in one.rows:
        asked.setdefault(row["arm"], []).append(row["question_id"])
    first = next(iter(asked.values()), [])
    if not first or any(sorted(each) != sorted(first) for each in asked.values()):
        return "its arms did not answer the same questions"
    return ""


def _answer(row: dict[str, Any]) -> Answer:
    usage = Usage(row["prompt_tokens"], row["new_tokens"], row["seconds"])
    return Answer(row["question_id"], row["text"], tuple(row["sources"]), tuple(row["cited"]), usage, row["quoted"])
