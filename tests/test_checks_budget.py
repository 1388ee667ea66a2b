"""Checks of exercise 06: the solution passes, and each plausible mistake gets its own hint."""

import math

import numpy as np
import pytest
from checking import hint

from twolevers.lessons.budget import checks as budget
from twolevers.lessons.budget import own_price

pytestmark = pytest.mark.usefixtures("home")


def price(read, written, input_price, output_price):
    return (read * input_price + written * output_price) / 1_000


def volume(tuned, rag, updates, months):
    repaid = (tuned["set-up"] - rag["set-up"]) / months + updates * (tuned["update"] - rag["update"])
    saved = rag["request"] - tuned["request"]
    return max(0, repaid / saved) if saved > 0 else math.inf


@pytest.fixture(scope="module")
def draws():
    return budget.practice_draws()


def span(values, tail=0.025):
    return tuple(np.quantile(values, [tail, 1 - tail]))


def test_right_answers_pass(draws, capsys):
    budget.thousand_answers(price)
    budget.break_even(volume)
    budget.interval(span(np.log2(draws["tuned"] / draws["rag"])), draws)
    budget.said("qualified", draws)
    budget.faults(dict(budget.FAULTS))
    budget.totals({"rag": 2.044, "tuned": 2.16})
    assert capsys.readouterr().out.count("✓") == 6


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda r, w, i, o: price(r, w, i, o) / 1_000, "that is one answer"),
        (lambda r, w, i, o: price(r, w, i, o) * 1_000, "that is a million answers"),
        (lambda r, w, i, o: (r * i + w * o) * 1_000, "divide by a million"),
        (lambda r, w, i, o: price(r, 0, i, o), "the tokens written are missing"),
        (lambda r, w, i, o: price(r, w, o, i), "changed places"),
        (lambda r, w, i, o: price(r, w, i, i), "a price of their own"),
        (lambda r, w, i, o: (r + w) * (i + o) / 1_000, "do not add the prices up"),
        (lambda r, w, i, o: 0.23, "all four numbers"),
        (0.23, "leave off the brackets"),
    ],
)
def test_the_price_of_answers_names_the_mistake(function, told):
    assert told in hint(budget.thousand_answers, function)


def changed(
    setup=lambda t, r, m: (t - r) / m, update=lambda t, r, u: u * (t - r), saved=lambda t, r: r - t, limit=True
):
    """A break-even with one of its parts exchanged for a mistaken one."""

    def found(tuned, rag, updates, months):
        each = saved(tuned["request"], rag["request"])
        repaid = setup(tuned["set-up"], rag["set-up"], months) + update(tuned["update"], rag["update"], updates)
        if limit and each <= 0:
            return math.inf
        return max(0, repaid / each) if limit else repaid / each

    return found


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (changed(setup=lambda t, r, m: t - r), "divide the set-up by the months"),
        (changed(saved=lambda t, r: r), "not by the whole price of RAG's"),
        (changed(saved=lambda t, r: t), "not by its own price"),
        (changed(setup=lambda t, r, m: t / m), "RAG has a set-up to pay as well"),
        (lambda t, r, u, m: -volume(t, r, u, m), "a sign is turned round"),
        (changed(update=lambda t, r, u: 0), "the updates are not counted"),
        (changed(setup=lambda t, r, m: 0, update=lambda t, r, u: (900 + u * (t - r)) / 12), "come every month"),
        (changed(update=lambda t, r, u: u * t), "RAG's updates cost something"),
        (changed(update=lambda t, r, u: (t - r) * bool(u)), "five updates a month, not one"),
        (changed(limit=False), "no volume is enough; return math.inf"),
        (lambda *given: 0 if math.isinf(volume(*given)) else volume(*given), "its answer is dearer, and so are"),
        (
            lambda t, r, u, m: volume(t, r, u, m) if t["request"] != r["request"] else 1 / 0,
            "look at that before you divide",
        ),
        (lambda *given: volume(*given) or -5, "cheaper from the first request on"),
        (lambda *given: volume(*given) or math.inf, "it pays from 0 requests on"),
        (lambda *given: None, "is there a `return`"),
    ],
)
def test_the_break_even_names_the_mistake(function, told):
    assert told in hint(budget.break_even, function)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda d: span(d["tuned"] / d["rag"]), "take its log2"),
        (lambda d: span(np.log(d["tuned"] / d["rag"])), "the natural logarithm"),
        (lambda d: span(np.log10(d["tuned"] / d["rag"])), "the decimal logarithm"),
        (lambda d: span(np.log2(d["rag"] / d["tuned"])), "upside down"),
        (lambda d: span(np.log2(d["tuned"] / d["rag"]), 0.05), "five per cent at each end"),
        (lambda d: span(np.log2(d["tuned"] / d["rag"]))[::-1], "changed places"),
        (
            lambda d: [np.log2(span(d["tuned"])[i] / span(d["rag"])[1 - i]) for i in (0, 1)],
            "one arm's low end against the other's high end",
        ),
        (lambda d: [np.log2(span(d["tuned"])[i] / span(d["rag"])[i]) for i in (0, 1)], "take quantiles of the ratio"),
        (lambda d: (0.5, 0.9), "not the quantiles"),
        (lambda d: (0.5,), "give two numbers"),
        (lambda d: 0.85, "Give (low, high)"),
    ],
)
def test_the_interval_names_the_mistake(answer, told, draws):
    assert told in hint(budget.interval, answer(draws), draws)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("supported", "the low end is below 1"),
        ("too close to call", "0 stands for equal costs"),
        ("contradicted", "would have to lie below 0"),
        ("true", "the verdicts are"),
        (True, "Give one of the four"),
    ],
)
def test_the_verdict_names_the_mistake(answer, told, draws):
    assert told in hint(budget.said, answer, draws)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({**budget.FAULTS, 1: "unit"}, "line 1: 1,800 s"),
        ({**budget.FAULTS, 7: "passes"}, "line 7: two trainings"),
        ({line: fault for line, fault in budget.FAULTS.items() if line != 2}, "paid for every pass"),
        ({line: fault for line, fault in budget.FAULTS.items() if line != 5}, "something that it never does"),
        ({line: fault for line, fault in budget.FAULTS.items() if line != 6}, "seconds were multiplied"),
        ({line: fault for line, fault in budget.FAULTS.items() if line != 8}, "counted for one arm only"),
        ({2: "unit", 5: "not used", 6: "passes", 8: "one-sided"}, "'passes' stands with another line"),
        ({2: "too little"}, "the faults are named"),
        ({"line 2": "passes"}, "the keys are line numbers"),
        ([2, 5, 6, 8], "Make a dictionary"),
    ],
)
def test_the_faults_of_a_bill_have_hints(answer, told):
    assert told in hint(budget.faults, answer)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"rag": 16.44, "tuned": 402.07}, "people's time is still in"),
        ({"rag": 16.44, "tuned": 2.16}, "line 6 is still wrong"),
        ({"rag": 2.044, "tuned": 2.0722}, "line 2 is still wrong"),
        ({"rag": 2.044, "tuned": 2.1622}, "line 5 is still in"),
        ({"rag": 2.16, "tuned": 2.044}, "changed places"),
        ({"rag": 2.04, "tuned": 2.16}, "costs something, little as it is"),
        ({"rag": 2.0}, "the keys should be"),
        ({"rag": 2.5, "tuned": 2.5}, "Add up the right lines"),
    ],
)
def test_the_totals_of_a_bill_have_hints(answer, told):
    assert told in hint(budget.totals, answer)


def test_the_practice_bill_is_right_but_for_the_faults_named():
    bill = budget.practice_bill()
    scale = bill["unit"].map({"s": 1 / 3600, "token": 1e-6, "h": 1.0})
    wrong = ~np.isclose(bill["USD"], bill["quantity"] * bill["price"] * scale, rtol=0.02)
    assert list(bill.index[wrong]) == [6], "the other faults are of substance, not of arithmetic"
    totals = bill.drop([5, 6, 8]).groupby("arm")["USD"].sum()
    assert totals["rag"] + 0.004 == pytest.approx(budget.RAG)
    assert totals["tuned"] - 0.03 + 0.12 == pytest.approx(budget.TUNED)


class Counting:
    """A model that cuts a text into tokens of four characters."""

    def encode(self, chat):
        return [0] * sum(len(turn["content"]) // 4 for turn in chat)


def turns(*sizes):
    return [[{"role": "user", "content": "word " * size}] for size in sizes]


CHATS = {"rag": turns(300, 420), "tuned": turns(60, 80)}
READ = {"rag": 450.0, "tuned": 87.5}  # tokens, the mean of both


def cost(read=READ, written=20):
    return {arm: price(tokens, written, 0.5, 1.5) for arm, tokens in read.items()}


def test_the_own_cost_and_premium_pass(capsys):
    own_price.own_cost(cost(), Counting(), CHATS)
    own_price.premium(cost()["rag"] / cost()["tuned"], Counting(), CHATS)
    assert capsys.readouterr().out.count("✓") == 2


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (cost({arm: 2 * tokens for arm, tokens in READ.items()}), "for all questions together"),
        (cost({"rag": 375, "tuned": 75}), "the first question"),
        (cost({"rag": 1800, "tuned": 350}), "those are characters"),
        (cost({"rag": 360, "tuned": 70}), "those are words"),
        (cost({"rag": 1, "tuned": 1}), "those are turns"),
        (cost(written=0), "the tokens written are missing"),
        ({arm: value / 1_000 for arm, value in cost().items()}, "that is one answer"),
        ({"rag": 0.2}, "the keys should be"),
        (0.2, "Make a dictionary"),
        ({"rag": 0.3, "tuned": 0.1}, "thousand_answers(mean tokens read"),
    ],
)
def test_own_cost_names_the_mistake(answer, said):
    assert said in hint(own_price.own_cost, answer, Counting(), CHATS)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (cost()["tuned"] / cost()["rag"], "turned round"),
        (450 / 87.5, "divide the whole costs"),
        (cost()["rag"] / cost()["tuned"] - 1, "how much more"),
        (cost()["rag"] - cost()["tuned"], "the difference in dollars"),
        (9.9, "At which factor"),
    ],
)
def test_premium_names_the_mistake(answer, said):
    assert said in hint(own_price.premium, answer, Counting(), CHATS)
