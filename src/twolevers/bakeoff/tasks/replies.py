"""Messages with their replies: are the house's rules better told, shown or trained?"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twolevers.arms.registry import CLOSED
from twolevers.bakeoff.plan import MOST_TESTED
from twolevers.bakeoff.read.examples import Pair, read_replies
from twolevers.bakeoff.read.rows import apart
from twolevers.bakeoff.tasks.house_rules import Rule, learn, said
from twolevers.bakeoff.tasks.kinds import REPLY, Kind
from twolevers.bakeoff.tasks.protocol import Contest, Data, Report
from twolevers.bakeoff.tasks.split import Split
from twolevers.data.records import Question
from twolevers.errors import UsageError

if TYPE_CHECKING:
    from twolevers.arms.protocol import Arm
    from twolevers.bakeoff.models import Models
    from twolevers.evaluate.deadline import Deadline
    from twolevers.models.adapter import Recipe
    from twolevers.models.api import Example, Training

PLAIN = "Reply to the message."
SHOWN = 3
TESTED = 0.4
FEWEST = 10  # examples below which nothing can be learned and tested
MOST_PAIRS = 200
MOST = 1_000  # examples that are looked at
LONGEST = 256  # tokens that a reply may take
SEED = 15


@dataclass(frozen=True)
class Replies:
    """The task: messages and the replies that people gave, from a table."""

    examples: Path
    kind: Kind = REPLY

    def read(self, out: Path) -> Data:
        """The messages with their replies."""
        pairs, read = read_replies(self.examples)
        unused, remarks = apart(read)
        if len(pairs) < FEWEST:
            raise UsageError(f"{len(pairs)} examples are too few to learn from and to test on: give {FEWEST} or more.")
        told = (f"{len(pairs)} messages with replies; {len(unused)} rows not used",)
        tested = int(TESTED * min(len(pairs), MOST))
        offered = min(tested, MOST_TESTED), min(min(len(pairs), MOST) - tested, MOST_PAIRS)
        return Data(pairs, {"examples": len(pairs), "not_used": len(unused)}, offered, unused, remarks, told)

    def contest(self, data: Data, models: "Models", arms: Sequence[str], until: "Deadline", report: Report) -> Contest:
        """Divide the messages, near-duplicates together; the rules are learned from the training half alone.

        Raises UsageError for messages that are all nearly the same, and replies that have no rule in common.
        """
        from twolevers.arms.prompts import build
        from twolevers.bakeoff.tasks import fit
        from twolevers.bakeoff.tasks.likeness import named
        from twolevers.evaluate.scorers.style import Style
        from twolevers.models.api import Example

        pairs, notes = looked_at(data.items)
        tokenizer, most = models.model.tokenizer, models.tokens // (2 * (SHOWN + 1))
        pairs, cut_short = fit.shortened(pairs, most, tokenizer, "messages")
        divided, wanted = divide(pairs)
        if not divided.tested or len(divided.training) < 2:
            raise UsageError(
                f"The {len(pairs)} messages are nearly the same: too few different ones to learn from and to test on. "
                "Give different messages."
            )
        rules = learn([wanted[question.question_id] for question in divided.training])
        if not rules:
            raise UsageError(
                "The replies have no rule of style in common that code can check: compare answers instead."
            )
        report(f"{len(rules)} rules learned: {', '.join(rule.name for rule in rules)}")
        examples = [
            Example(build(each.text, instruction=PLAIN), fit.cut(wanted[each.question_id], most, tokenizer))
            for each in divided.training
        ]
        tested = divided.tested[:MOST_TESTED]
        return Contest(
            arms=tuple(arms),
            tested=tested,
            training={CLOSED: divided.training},
            unseen={CLOSED: True},
            examples={CLOSED: examples[:MOST_PAIRS]},
            recipes={CLOSED: recipe()},
            make=_Maker(models, examples, rules, answer_room(tokenizer, list(wanted.values()))),
            scorer=Style(rules, wanted),
            notes=(*notes, *_said(rules, examples), *cut_short, *named([pair.text for pair in pairs])),
            closing=lambda frame, plan: (_given(rules, wanted, frame),),
        )


@dataclass(frozen=True)
class _Maker:
    """Makes the arms of this task; `examples` are shown and trained on."""

    models: "Models"
    examples: "Sequence[Example]"
    rules: Sequence[Rule]
    room: int

    def __call__(self, name: str, training: "Training | None") -> "Arm":
        from twolevers.arms.few_shot import FewShot
        from twolevers.arms.long_prompt import LongPrompt
        from twolevers.arms.prompt import Prompt
        from twolevers.arms.prompts import question_of
        from twolevers.arms.retrieved_few_shot import RetrievedFewShot
        from twolevers.arms.tuned import Tuned

        model, told, shown = self.models.model, said(self.rules), min(SHOWN, len(self.examples))
        if name == "tuned":
            assert training is not None
            return Tuned(model.adapted(training.adapter), PLAIN, self.room)
        if name == "few_shot":
            return FewShot(model, self.examples[:shown], told, self.room)
        if name == "retrieved_few_shot":
            vectors = self.models.vectors([question_of(example.chat) for example in self.examples])
            return RetrievedFewShot(model, self.examples, self.models.embedder, shown, told, self.room, vectors)
        return LongPrompt(model, told, self.room) if name == "long_prompt" else Prompt(model, PLAIN, self.room)


def looked_at(items: Sequence[Pair]) -> tuple[list[Pair], list[str]]:
    """At most `MOST` of the examples, and a sentence where some were left."""
    if len(items) <= MOST:
        return list(items), []
    kept = sorted(random.Random(SEED).sample(range(len(items)), MOST))
    return [items[place] for place in kept], [f"Of {len(items)} examples {MOST} were drawn, for time."]


def divide(pairs: Sequence[Pair], seed: int = SEED) -> tuple[Split, dict[str, str]]:
    """About `TESTED` of the messages for the test, near-duplicates together; and each one's reply by its id."""
    from twolevers.bakeoff.tasks.likeness import near_duplicates

    groups = near_duplicates([pair.text for pair in pairs])
    asked = [
        Question(f"t{place + 1}", pair.text, (), "reply", (), f"g{group}", "", "")
        for place, (pair, group) in enumerate(zip(pairs, groups, strict=True))
    ]
    order = sorted(set(groups))
    random.Random(seed).shuffle(order)
    held: set[int] = set()
    taken = 0
    for group in order:
        size = int((groups == group).sum())
        if taken + size <= max(1, TESTED * len(pairs)):
            held.add(group)
            taken += size
    shuffled = random.Random(seed).sample(list(zip(asked, groups, strict=True)), len(asked))
    split = Split(
        tuple(question for question, group in shuffled if group not in held),
        tuple(question for question, group in shuffled if group in held),
        0,
    )
    return split, {question.question_id: pair.target for question, pair in zip(asked, pairs, strict=True)}


def recipe() -> "Recipe":
    """The recipe of the tuned arm."""
    from twolevers.models.adapter import Recipe

    return Recipe(layers=15, rank=16, learning_rate=2e-3, epochs=2, batch_size=8, seed=SEED)


def answer_room(tokenizer: Any, replies: Sequence[str]) -> int:
    """Tokens that a reply may take: a fifth more than the longest that was given."""
    longest = max(len(tokenizer.encode(reply, add_special_tokens=False)) for reply in replies)
    return min(LONGEST, int(1.2 * longest) + 8)


def _said(rules: Sequence[Rule], examples: Sequence[object]) -> tuple[str, str]:
    return (
        f"Rules learned from {len(examples)} replies: {'; '.join(rule.said for rule in rules)}",
        "Whether the facts in a reply are right was not checked: no fact is given with the examples.",
    )


def _given(rules: Sequence[Rule], wanted: Mapping[str, str], frame: Any) -> str:
    """What people's own replies to the tested messages come to."""
    tested = frame["question_id"].unique()
    share = sum(all(rule.kept(wanted[name]) for rule in rules) for name in tested) / max(1, len(tested))
    return f"Of the replies that people gave to the tested messages, {share:.2f} keep all of these rules."
