"""Exercise 09, task 3: what of a prompt can be kept from one request to the next, counted by the real tokenizer."""

from collections.abc import Callable, Mapping, Sequence

from twolevers.learn.check import check, gives, holds, is_a, with_given
from twolevers.lessons.prompt_length import experiment
from twolevers.models.native.model import NativeModel

LESSON = experiment.LESSON
Parts = Mapping[str, str]
Tokens = Callable[[str], list[int]]

EXAMPLES = (
    "Letter: how heavy is the Elda 2031? Reply: Dear neighbour, the Elda 2031 weighs 2.7 kg.\n"
    "Letter: and its cord? Reply: Dear neighbour, it has 0.9 m of cord.\n"
)


def requests() -> tuple[Parts, Parts]:
    """Two requests, made up around the real guide: part to text. Guide and examples are alike in both."""
    alike = {"guide": experiment.guide(), "examples": EXAMPLES}
    one = {"date": "It is the 3rd of May.\n", **alike, "letter": "Letter: what does the Brisola 2022 cost? Reply:"}
    two = {"date": "It is the 4th of May.\n", **alike, "letter": "Letter: is the Tarn 2016 quiet? Reply:"}
    return one, two


def tokenizer() -> Tokens:
    """The course's model's own: a text to its token numbers."""
    return NativeModel.load().tokenizer.encode


def joined(order: Sequence[str], parts: Parts) -> str:
    """A prompt: the parts one after the other."""
    return "".join(parts[name] for name in order)


def shared(function: Callable[[Sequence[int], Sequence[int]], int]) -> None:
    """Task 3a: `function(one, two)`, tokens of two prompts; how many at the start are alike."""
    same = "tokens that are alike after a difference do not count: what follows was read in another context."
    check(
        LESSON,
        "Task 3a",
        function,
        gives(
            2,
            args=([5, 6, 7, 8, 9], [5, 6, 1, 8, 9]),
            mistakes=[
                (4, same),
                (3, "that counts the first difference as well."),
                (1, "that is the place of the last one alike, counted from 0; how many are there?"),
                ([5, 6], "those are the tokens; how many are they?"),
            ],
            hint="Go through both side by side and stop at the first difference.",
        ),
        gives(0, args=([1, 2, 3], [9, 2, 3]), mistakes=[(2, same)], hint="Here the first token differs already."),
        gives(2, args=([1, 2], [1, 2, 3]), hint="One prompt may be the start of the other."),
        note="This is what a host keeps, and what it asks less for.",
    )


@with_given
def order(answer: Sequence[str], encode: Tokens) -> None:
    """Task 3b: an order of the four parts that leaves as much as possible to be kept, counted with `encode`."""
    one, two = requests()

    def kept(names: Sequence[str]) -> int:
        pair = [encode(joined(names, parts)) for parts in (one, two)]
        return next((at for at, (a, b) in enumerate(zip(*pair, strict=False)) if a != b), min(map(len, pair)))

    def before(first: str, second: str) -> Callable[[Sequence[str]], bool]:
        return lambda names: names.index(first) < names.index(second)

    check(
        LESSON,
        "Task 3b",
        answer,
        is_a(list, tuple, hint="Make a list of the names of the parts."),
        holds(lambda names: set(names) == set(one), f"each of {', '.join(one)} must be there; nothing else."),
        holds(lambda names: len(names) == len(one), "a part stands there twice."),
        _kept_at_least(before("guide", "date"), kept, "the date stands before the guide, and changes each day"),
        _kept_at_least(before("guide", "letter"), kept, "the letter stands before the guide, and is new each time"),
        _kept_at_least(before("examples", "date"), kept, "the date stands before the examples"),
        _kept_at_least(before("examples", "letter"), kept, "the letter stands before the examples"),
        holds(before("date", "letter"), "the letter ends with “Reply:”, and the model writes after it: put it last."),
        note="What never changes first, what changes last. It costs nothing and trains nothing.",
    )


def _kept_at_least(test: Callable, kept: Callable[[Sequence[str]], int], fault: str) -> Callable[[object], str | None]:
    return lambda names: None if test(names) else f"only {kept(names)} tokens can be kept so: {fault}."
