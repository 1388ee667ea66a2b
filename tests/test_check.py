"""`recall_task` and `mean_task` are how a lesson's checks are written: one function a task."""

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from twolevers.learn.check import CheckFailed, check, equals, gives, has_keys, holds, is_a, with_given
from twolevers.learn.progress import Progress

LESSON = "01_two_levers"


def recall_task(value):
    check(
        LESSON,
        "Task 1",
        value,
        is_a(float, hint="recall@3 is one number; did you keep the list of hits?"),
        holds(lambda recall: 0 <= recall <= 1, "recall@3 lies between 0 and 1; divide the hits by the questions."),
        equals(0.82, tolerance=0.005, mistakes=[(0.41, "that is recall@1; look at the first three passages.")]),
        note="Four of five pages are found.",
    )


def mean_task(function):
    check(
        LESSON,
        "Task 2",
        function,
        gives(2.0, args=([1, 2, 3],), mistakes=[(6, "that is the sum; divide it by how many there are.")]),
        gives(0.0, args=([],), hint="What is the mean of nothing here? The task says 0."),
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([1, 2], 'a dict is wanted. Make a dictionary with the keys "low" and "high".'),
        ({"low": 1}, 'the keys should be "low" and "high" (missing: "high").'),
        ({"a": 1}, 'the keys should be "low" and "high".'),
        ({"low": 1, "high": 2, "n": 3}, 'the keys should be "low" and "high".'),
    ],
)
def test_a_dictionary_has_exactly_its_keys(home, value, said):
    with pytest.raises(CheckFailed) as caught:
        check(LESSON, "Task 3", value, has_keys(("low", "high")))
    assert said in str(caught.value)


def test_keys_in_any_order_pass(home, capsys):
    check(LESSON, "Task 3", {"high": 2, "low": 1}, has_keys(("low", "high"), hint="Make it."))
    assert "that's right" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (..., "✗ Task 1: not started yet"),
        (None, "not started yet"),
        ([1, 0], "your answer is a list, and a number is wanted. recall@3 is one number"),
        (True, "your answer is True or False, and a number"),
        (82, "lies between 0 and 1"),
        (0.41, "that is recall@1"),
        (0.5, "0.5 is not the expected value."),
        (float("nan"), "lies between 0 and 1"),
    ],
)
def test_layers_speak_from_type_to_value_to_mistake(home, value, said):
    with pytest.raises(CheckFailed) as caught:
        recall_task(value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert Progress(LESSON).get("check", "Task 1")["passed"] is False


@pytest.mark.parametrize("value", [0.82, np.float32(0.82), 0.8249])
def test_a_right_answer_gets_a_line_and_is_stored(home, capsys, value):
    recall_task(value)
    assert capsys.readouterr().out == "✓ Task 1: that's right. Four of five pages are found.\n"
    assert Progress(LESSON).get("check", "Task 1")["passed"] is True


def test_once_passed_stays_passed(home):
    recall_task(0.82)
    with pytest.raises(CheckFailed):
        recall_task(0.1)
    record = Progress(LESSON).get("check", "Task 1")
    assert (record["passed"], record["tries"]) == (True, 2)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (6.0, "a function is wanted"),
        (lambda xs: None, "returned nothing; is there a `return`"),
        (lambda xs: sum(xs), "([1, 2, 3]) returned 6: that is the sum"),
        (lambda xs: sum(xs) / len(xs), "([]) raised ZeroDivisionError: division by zero. What is the mean of nothing"),
        (lambda xs: 1, "returned 1, and 2.0 is expected."),
    ],
)
def test_functions_are_tried_case_by_case(home, function, said):
    with pytest.raises(CheckFailed) as caught:
        mean_task(function)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_right_function_passes(home):
    mean_task(lambda xs: sum(xs) / len(xs) if xs else 0)


@pytest.mark.parametrize(
    ("step", "value", "said"),
    [
        (equals([1, 2]), [1, 2, 3], "is not the expected value."),
        (equals({"a": 1}), {"b": 1}, "is not the expected value."),
        (equals(1), True, "is not the expected value."),
        (is_a(str, list), 3, "your answer is a whole number, and a text or a list is wanted."),
    ],
)
def test_each_step_says_what_is_wrong(home, step, value, said):
    with pytest.raises(CheckFailed) as caught:
        check(LESSON, "Task 3", value, step)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("step", "value"),
    [
        (equals([1.0, 2.0], tolerance=0.01), np.array([1.001, 2])),
        (equals((1, {"a": [2]})), [1, {"a": (2,)}]),
        (equals("rag"), "rag"),
        (is_a(int), np.int64(3)),
        (is_a(bool), True),
    ],
)
def test_equal_is_meant_as_people_mean_it(home, step, value):
    check(LESSON, "Task 3", value, step)


def test_a_failed_check_counts_though_nothing_can_be_stored(home, capsys):
    home.write_text("a file where the folder should be")
    with pytest.raises(CheckFailed):
        recall_task(0.1)
    recall_task(0.82)
    assert "(Not kept: " in capsys.readouterr().out


@pytest.mark.slow
def test_in_a_notebook_the_message_stands_without_a_trace_back(home):
    source = "from twolevers.learn.check import check, is_a\ncheck('01_two_levers', 'Task 1', [], is_a(float))"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    with pytest.raises(CellExecutionError):
        NotebookClient(notebook, kernel_name="python3").execute()
    (output,) = notebook.cells[0].outputs
    assert output.ename == "CheckFailed"
    assert output.traceback == ["✗ Task 1: your answer is a list, and a number is wanted."]


@pytest.mark.parametrize(("given", "said"), [(None, "NoneType"), (3, "int"), ({}, "run them again")])
def test_what_the_cells_gave_and_a_learner_overwrote_is_named(home, given, said):
    @with_given
    def shares(answer, rows):
        right = {name: row / 2 for name, row in rows.items()}
        check("01_two_levers", "Task 1", answer, equals(right))

    shares({"a": 1.0}, {"a": 2})
    with pytest.raises(CheckFailed, match="run them again") as caught:
        shares({}, given)
    assert said in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(CheckFailed, match="not started yet"):
        shares(..., {"a": 2})
