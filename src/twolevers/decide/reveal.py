"""Lesson 14 after the commit: the measured contest beside the pick, the advisor's view, the rubric and the record.

Everything here takes what `reveal` gave. Before the commit, or while an instructor keeps the reveal locked, that is the
reason and nothing else. Decks have no learner: there the brief's contest is shown without a pick.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from twolevers.decide import expiry, lesson, rubric
from twolevers.decide.advisor import Advice, advise
from twolevers.decide.advisor_figure import picture, table
from twolevers.decide.brief import load_case, names
from twolevers.decide.capstone import Capstone
from twolevers.decide.record import Option, Record, markdown, plain
from twolevers.decide.record import html as as_html
from twolevers.errors import UsageError
from twolevers.evaluate.evidence import Evidence, now
from twolevers.learn import show
from twolevers.learn.items import Feedback
from twolevers.learn.ledger import Ledger
from twolevers.learn.markup import Html
from twolevers.learn.show import table as captioned
from twolevers.learn.static import building_pages, feedback_html
from twolevers.lessons.capstone import experiment as measured
from twolevers.lessons.capstone.contest import Contest, contest
from twolevers.lessons.common.bench import Workbench
from twolevers.paths import write_atomically

if TYPE_CHECKING:
    import pandas as pd

WORDS = {
    "prompt": "instructions, with or without worked examples",
    "rag": "retrieval, the model untouched",
    "tuned": "a trained adapter, no retrieval",
    "both": "an adapter trained with what is retrieved, and retrieval",
    "linear": "a linear classifier, no language model",
}


@dataclass(frozen=True)
class Reveal:
    """One brief's contest with what it needs to be shown; `closed` says why there is none yet."""

    work: Capstone
    bench: Workbench
    contest: Contest | None
    closed: str = ""

    @property
    def pick(self) -> str:
        """The arm that was committed; "" in a deck."""
        return self.work.state().get("pick", {}).get("arm", "")

    @property
    def frame(self) -> "pd.DataFrame":
        """Every answer of the contest."""
        assert self.contest is not None
        return self.contest.frame


def reveal(work: Capstone, bench: Workbench, report: Callable[[str], object] = print) -> Reveal:
    """Measure the brief's contest, or go on where a killed run stopped."""
    try:
        work.open_reveal()
    except UsageError as error:
        if not building_pages():
            return Reveal(work, bench, None, str(error))
    found = contest(bench, load_case(work.name), report)
    if not building_pages():
        shares = found.frame.groupby("arm", sort=False)["correct"].mean().to_dict()
        work.keep("contest", {"shares": shares, "chosen": found.chosen, "data_hash": found.data_hash})
    return Reveal(work, bench, found)


def chart(opened: Reveal) -> Html | None:
    """The contest as a figure, the pick named in its title."""
    if opened.contest is None:
        return _closed(opened)
    title = f"{opened.work.brief.title}: which arm meets the goal?"
    figure, alt = measured.plot(opened.frame, f"{title} (your pick: {opened.pick})" if opened.pick else title)
    show(figure, alt=alt)
    return None


def against(opened: Reveal) -> Html:
    """Your pick against each rival, with verdicts; in a deck the two best arms."""
    if opened.contest is None:
        return _closed(opened)
    if not opened.pick:
        return captioned(measured.winners(opened.frame), "The best arm and the next")
    return captioned(measured.pick_against(opened.frame, opened.pick), "Your pick against each rival, on hidden items")


def answers(opened: Reveal, n: int = 3) -> Html:
    """The first hidden items with each arm's answer, ✓ or ✗ in front."""
    if opened.contest is None:
        return _closed(opened)
    from twolevers.lessons.common.reading import examples

    arms = list(dict.fromkeys(opened.frame["arm"]))
    return captioned(examples(opened.frame, {arm: arm for arm in arms}, n), "The first hidden items")


def advice(opened: Reveal) -> Advice:
    """The advisor's view, by your weights where you gave some: from the ledger and, once measured, the contest."""
    work = opened.work
    needs = lesson.requirements(work.brief, work.state().get("score", {}).get("weights"))
    rows = [row for row in Ledger().newest() if row.lesson != measured.LESSON and row.model == opened.bench.model.name]
    if opened.contest is not None:
        rows += measured.rows(opened.bench, opened.contest)
        needs = replace(needs, quality_from=(f"{measured.METRIC}: {work.name}", *needs.quality_from))
    return advise(needs, rows)


def advised(found: Advice) -> Html:
    """The advisor's picture, then what it says in words."""
    figure, alt = picture(found)
    show(figure, alt=alt)
    lines = "".join(f"<p style='margin:.3em 0'>{escape(line)}</p>" for line in found.words)
    return Html(lines, "\n".join(found.words))


def grounds(found: Advice) -> Html:
    """What the advice rests on: measured rows with their ids, and assumptions."""
    return captioned(table(found), "Utility of each arm for each criterion, and what it rests on", digits=2)


def feedback(opened: Reveal) -> Html:
    """The rubric, line by line."""
    if opened.contest is None or not opened.pick:
        return _closed(opened)
    lines = rubric.read(opened.work.decision(), opened.work.brief.facts.budget_a_month, Ledger().cited)
    opened.work.keep("rubric", {"met": {line.name: line.met for line in lines}})
    found = [Feedback(line.met, line.name, line.says) for line in lines]
    text = "\n".join(f"{'✓' if line.met else '✗'} {line.name}: {line.says}" for line in lines)
    return Html(feedback_html(found), f"{text}\nThe red herring was: {opened.work.brief.red_herring}")


def write(opened: Reveal, folder: Path | str = ".") -> Html:
    """The decision record in `folder`, as Markdown and HTML."""
    if opened.contest is None or not opened.pick:
        return _closed(opened)
    made = replace(record(opened), stamp=expiry.stamp(opened.work, opened.bench, opened.contest, Path(folder)))
    stem = Path(folder) / f"decision-{opened.work.name}"
    write_atomically(stem.with_suffix(".md"), markdown(made))
    write_atomically(stem.with_suffix(".html"), as_html(made))
    opened.work.keep("record", {"files": [f"{stem.name}.md", f"{stem.name}.html"]})
    said = f"Written: {stem}.md and {stem}.html"
    return Html(f"<p>{escape(said)}</p>", said)


def record(opened: Reveal) -> Record:
    """The decision as a record: your words, the measured contest, the cited evidence, and when to look again."""
    decision, brief = opened.work.decision(), opened.work.brief
    ledger, found = Ledger(), advice(opened)
    cited = [row for name in rubric.cited(decision.because) if (row := ledger.cited(name))]
    rivals = list(measured.pick_against(opened.frame, decision.arm).itertuples(index=False))
    shares = measured.grid(opened.frame).iloc[0]
    options = []
    for arm in dict.fromkeys(opened.frame["arm"]):
        seconds = opened.contest.train_seconds[arm]
        good = [f"goals met {shares[arm]} on {len(opened.contest.case.tested)} hidden items"]
        bad = [f"{opened.frame.loc[opened.frame['arm'] == arm, 'prompt_tokens'].mean():.0f} prompt tokens an answer"]
        if seconds:
            bad.append(f"{seconds:.0f} s of training, again when what it learned changes")
        options.append(Option(f"{arm}: {WORDS[arm]}", good, bad))
    committed = opened.work.state()["commit"]["at"]
    weights = sorted(decision.weights.items(), key=lambda item: -item[1])
    return Record(
        title=f"{brief.title}: which lever?",
        date=now()[:10],
        status="accepted",
        context=f"{brief.client}. {' '.join(brief.page.split())}",
        drivers=[f"{name}: {weight:.0f} of 5" for name, weight in weights],
        options=options,
        chosen=decision.arm,
        because=plain(decision.because),
        consequences=[
            f"It costs {decision.cost:,.2f} euros a month; the budget is {brief.facts.budget_a_month:,g}.",
            *(f"{row[0]}: {row.verdict} ({row.difference:+.2f}, n = {row.n})" for row in rivals),
        ],
        confirmation=f"{plain(decision.would_change)} {found.words[2]}",
        more=[
            *(_said(row) for row in cited),
            *found.words,
            f"Model {opened.bench.model.name}; data {opened.contest.data_hash}; committed {committed}.",
        ],
    )


def together(opened: Reveal) -> "pd.DataFrame":
    """All briefs: yours as measured, the others as recorded."""
    known = measured.recorded(load_case(name) for name in names())
    return measured.together([opened.contest] if opened.contest else [], known)


def ledger_rows(opened: Reveal) -> list[Evidence]:
    """What the lesson writes into the ledger; nothing before the contest."""
    if opened.contest is None:
        return []
    return measured.evidence(opened.bench, [opened.contest], measured.recorded(load_case(name) for name in names()))


def _said(row: Evidence) -> str:
    interval = f" [{row.low:.2f}, {row.high:.2f}]" if row.low <= row.high else ""
    return f"Evidence {row.id}: {row.arm}, {row.metric} {row.value:.2f}{interval}, n = {row.n} ({row.lesson})"


def _closed(opened: Reveal) -> Html:
    reason = opened.closed or "A deck has no learner: run the notebook."
    return Html(f"<p>{escape(reason)}</p>", reason)
