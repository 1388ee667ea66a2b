"""What the data allow: which questions are looked at, which arm learns from which, which arms can run at all."""

from collections.abc import Sequence
from dataclasses import replace

from twolevers.arms.registry import ARMS, CLOSED
from twolevers.bakeoff.tasks.cloze import MADE
from twolevers.bakeoff.tasks.kinds import QUESTIONS
from twolevers.bakeoff.tasks.split import FEWEST_PAIRS, Split, drawn
from twolevers.data.records import Question
from twolevers.errors import UsageError

MOST = 1_000  # questions that are looked at: more than any test and training take
MOST_PAIRS = 128
SEED = 15


def looked_at(items: Sequence[Question]) -> tuple[list[Question], list[str]]:
    """At most `MOST` of the questions, spread over their documents, and a sentence where some were left."""
    if len(items) <= MOST:
        return list(items), []
    named = [replace(each, entity=each.doc_ids[0] if each.doc_ids else "") for each in items]
    kept = {question.question_id for question in drawn(named, MOST, SEED)}
    said = f"Of {len(items)} questions {MOST} were drawn, spread over their documents: more were not needed."
    return [question for question in items if question.question_id in kept], [said]


def shared_out(
    pairs: Sequence[Question], made: Sequence[Question], divided: Split
) -> tuple[list[Question], list[Question]]:
    """What teaches without passages and what with them. Made pairs about tested documents are for the former alone."""
    tested = {name for question in divided.tested for name in (*question.doc_ids, question.entity)}
    about = [question for question in made if question.entity in tested]
    elsewhere = [question for question in made if question.entity not in tested]
    missing = max(0, MOST_PAIRS - len(pairs))
    # Closed book only what was taught can be known: the tested documents' facts come first there.
    return [*about, *pairs, *elsewhere] if about else [*pairs, *elsewhere], [*pairs, *elsewhere[:missing]]


def taught_by(ran: Sequence[str], made: bool) -> tuple[str, ...]:
    """What the arms that learned without passages learned from, in a sentence."""
    closed = " and ".join(arm for arm in ran if ARMS[arm].adapter == CLOSED)
    if not closed:
        return ()
    if made:
        return (
            f"Pairs {MADE.removesuffix(' by rule')} were added. Those about tested documents taught {closed} alone, so "
            "that these facts were met at all; both learned from other documents only. No test question was trained "
            "on.",
        )
    return (
        f"{closed} learned from questions about documents that are not tested, so that the tested documents' facts "
        "were never taught: low scores closed book say just that. --make-pairs teaches them.",
    )


def possible(
    arms: Sequence[str], divided: Split, examples: dict[str, int], made: bool, hurried: bool
) -> tuple[tuple[str, ...], list[str]]:
    """The arms that the data allow, and what is to be said of that; `examples` by adapter.

    `hurried`: making the pairs was cut short by the time.
    """
    notes = []
    adapters = QUESTIONS.adapters
    if lacking := [arm for arm in arms if arm in adapters and examples[adapters[arm]] < FEWEST_PAIRS]:
        least = min(examples[adapters[arm]] for arm in lacking)
        remedy = "Add questions." if made else "Add questions, or have pairs made from the documents (--make-pairs)."
        notes.append(
            f"{', '.join(lacking)}: these arms need training pairs about documents that are not tested; there are "
            f"{least}, and {FEWEST_PAIRS} are the least: they are left out. "
            + ("There was no time to make more: give more --minutes." if hurried else remedy)
        )
        arms = [arm for arm in arms if arm not in lacking]
    if divided.inferred:
        notes.append(
            f"{divided.inferred} questions name no document; for the division each was given the one that the search "
            "found and that states its answer. Citations cannot be scored for them."
        )
    if not arms:
        raise UsageError(notes[0] + " Or ask for the arms prompt and rag.")
    if not divided.tested:
        raise UsageError("No question is left for the test: add questions about more documents.")
    return tuple(arms), notes
