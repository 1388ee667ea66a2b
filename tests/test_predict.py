import pytest

from twolevers.errors import UsageError
from twolevers.learn.predict import calibration, predict, predict_choice, reveal
from twolevers.learn.progress import Progress

LESSON = "01_two_levers"


def ask(**scale):
    return predict(LESSON, "rag", "What share will `rag` answer?", **{"low": 0, "high": 1, **scale})


def commit(widget, value):
    widget._receive(widget, {"type": "commit", "value": value}, [])


def test_the_first_guess_is_kept_through_changes_and_restarts(home):
    widget = ask()
    commit(widget, "0,4")
    commit(widget, "0.9")
    assert widget.guess["words"] == "Your first guess: 0.4 (changed to 0.9)."
    again = ask()
    assert (again.guess["first"], again.guess["guess"]) == (0.4, 0.9)


def test_committing_the_same_guess_again_still_reaches_the_page(home):
    widget = ask()
    commit(widget, "0.4")
    turn = widget.guess["turn"]
    commit(widget, "0.4")
    assert widget.guess["turn"] == turn + 1


@pytest.mark.parametrize(
    ("value", "said"), [("", "Type a number"), (None, "Type a number"), ("lots", "Type a number"), ("7", "0 to 1")]
)
def test_what_is_no_guess_on_the_scale_is_not_kept(home, value, said):
    widget = ask()
    commit(widget, value)
    assert said in widget.notice
    assert widget.guess == {}
    assert "first" not in Progress(LESSON).get("predict", "rag")


@pytest.mark.parametrize("scale", [{"high": 0}, {"step": 0}, {"step": 2}, {"high": float("nan")}])
def test_an_empty_scale_is_refused(home, scale):
    with pytest.raises(UsageError, match="is no scale"):
        ask(**scale)


def test_reveal_sets_guess_beside_measurement(home):
    commit(ask(unit="points"), "0.5")
    shown = reveal(LESSON, "rag", 0.7, 0.55, 0.82)
    assert shown.text.splitlines() == [
        "What share will rag answer?",
        "Your guess: 0.5 points.",
        "Measured: 0.7 points (95 % interval 0.55 to 0.82).",
        "✗ Your guess lies outside the interval, 0.2 points too low.",
        "So far 0 of 1 guesses agreed with the measurement.",
    ]
    assert 'aria-label="What share will rag answer?: Your guess: 0.5 points; Measured: 0.70 [0.55, 0.82] points."' in (
        shown.html
    )


def test_reveal_within_without_interval_and_without_number(home):
    commit(ask(), "0.6")
    assert "✓ Your guess lies within the interval." in reveal(LESSON, "rag", 0.7, 0.55, 0.82).text
    assert "Your guess is 0.1 too low." in reveal(LESSON, "rag", 0.7).text
    assert "gave no number" in reveal(LESSON, "rag", float("nan")).text


def test_reveal_without_a_guess(home):
    assert reveal(LESSON, "never asked", 0.7).text.startswith("never asked\nYou made no guess.\nMeasured: 0.7.")
    ask(unit="s")
    assert "You made no guess.\nMeasured: 0.7 s." in reveal(LESSON, "rag", 0.7).text
    assert Progress(LESSON).get("predict", "rag").get("measured") is None


def test_a_choice_is_right_or_not(home):
    widget = predict_choice(LESSON, "winner", "Which arm wins?", ["rag", "both"])
    commit(widget, "neither")
    assert widget.notice == "Choose one first."
    commit(widget, "rag")
    assert "another way" in reveal(LESSON, "winner", "both").text
    assert "✓ Your guess was right." in reveal(LESSON, "winner", "rag").text
    with pytest.raises(UsageError, match="one kind"):
        reveal(LESSON, "winner", 0.7)
    with pytest.raises(UsageError, match="two or more"):
        predict_choice(LESSON, "winner", "Which?", ["rag"])


def test_calibration_runs_over_lessons_and_names_the_lean(home):
    assert calibration() == ""
    for lesson, guess in (("01_two_levers", "0.9"), ("12_both", "0.8")):
        commit(predict(lesson, "rag", "How many?", low=0, high=1), guess)
        reveal(lesson, "rag", 0.7, 0.65, 0.85)
    assert calibration() == (
        "So far 1 of 2 guesses agreed with the measurement. Your numbers were on average 15% of the scale too high."
    )


def test_text_is_escaped_everywhere(home):
    nasty = "<script>alert(1)</script>"
    widget = predict_choice(LESSON, "nasty", nasty, [nasty, "other"])
    data, _ = widget._repr_mimebundle_()
    commit(widget, nasty)
    assert "<script" not in widget.question + data["text/html"] + reveal(LESSON, "nasty", nasty).html


def test_a_page_gets_no_widget(home, monkeypatch):
    monkeypatch.setenv("TWOLEVERS_STATIC", "1")
    data, _ = ask(unit="s")._repr_mimebundle_()
    assert set(data) == {"text/html", "text/plain"}
    assert data["text/plain"] == "Predict. What share will rag answer? (0 to 1 s)"
