"""What a task gives the engine: what was read, and the contest made of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from twolevers.bakeoff.read.rows import Unused
from twolevers.bakeoff.tasks.kinds import Kind
from twolevers.data.records import Document, Question

if TYPE_CHECKING:
    from twolevers.arms.protocol import Arm
    from twolevers.bakeoff.models import Models
    from twolevers.bakeoff.plan import Plan
    from twolevers.evaluate.deadline import Deadline
    from twolevers.evaluate.scorers.protocol import Scorer
    from twolevers.models.adapter import Recipe
    from twolevers.models.api import Example, Training

Report = Callable[[str], object]
Make = Callable[[str, "Training | None"], "Arm"]
Renew = Callable[["Sequence[Document]", "Sequence[Document]"], tuple[Make, float]]


@dataclass(frozen=True)
class Data:
    """What was read. `items` decide the answers (they name the run); `counts` go into results.json.

    `offered`: about how many items can be tested and how many pairs can train, before anything is divided.
    """

    items: Sequence[Any]
    counts: Mapping[str, int]
    offered: tuple[int, int]
    unused: tuple[Unused, ...]
    notes: tuple[str, ...] = ()  # for the report
    said: tuple[str, ...] = ()  # for the screen

    @property
    def characters(self) -> float:
        """Mean length of an item's text."""
        texts = [getattr(item, "text", "") for item in self.items]
        return sum(map(len, texts)) / max(1, len(texts))


@dataclass(frozen=True)
class Contest:
    """What the engine runs. `tested` in the order asked: any beginning of it is a fair sample.

    `examples`: training pairs by adapter; of `training`, the questions behind them, none may be tested (`unseen`: nor
    may their documents). `make` gives an arm with the adapter it wears. `made`: which of the first adapter's pairs
    were made by rule. `passages`: what an arm reads for each question, where it retrieves. `brought`: arms of answers
    made elsewhere, which have one to every tested question. `renew`: what makes the arms of changed documents.
    `closing`: notes that need the answers. `checks`: what found the fault of a drill (see `plant`).
    """

    arms: tuple[str, ...]
    tested: Sequence[Question]
    training: Mapping[str, Sequence[Question]]
    unseen: Mapping[str, bool]
    examples: Mapping[str, "Sequence[Example]"]
    recipes: Mapping[str, "Recipe"]
    make: Make
    scorer: "Scorer"
    notes: tuple[str, ...]
    index_seconds: float = 0.0
    made: tuple[bool, ...] = ()
    passages: "Callable[[Sequence[str]], list[list[str]]] | None" = None
    brought: "Sequence[Arm]" = ()
    renew: "Renew | None" = None
    checks: tuple[str, ...] = ()
    closing: "Callable[[Any, Plan], tuple[str, ...]]" = lambda frame, plan: ()


class Task(Protocol):
    """One kind of bake-off on the caller's files."""

    kind: Kind

    def read(self, out: Path) -> Data:
        """What the files hold; `out` is no input. Raises UsageError, in one line, where they cannot be used."""

    def contest(self, data: Data, models: "Models", arms: Sequence[str], until: "Deadline", report: Report) -> Contest:
        """Divide the data and settle what all arms share, ending about when `until` comes."""
