"""A saved notebook holds the still form of its widgets, and a line on how to go on."""

import pytest

from twolevers.publish.still import ON, WIDGET, keep_still_forms


def saved(*bundles, **metadata):
    outputs = [{"output_type": "display_data", "data": dict(data)} for data in bundles]
    model = {
        "type": "notebook",
        "content": {"cells": [{"cell_type": "code", "outputs": outputs}], "metadata": metadata},
    }
    keep_still_forms(model, path="x.ipynb", contents_manager=None)
    return [output["data"] for output in model["content"]["cells"][0]["outputs"]], model["content"]["metadata"]


def test_the_still_form_stays_and_says_how_to_go_on():
    (data,), _ = saved({WIDGET: {"model_id": "x"}, "text/html": "<p>Quiz</p>", "text/plain": "Quiz"})
    assert data == {"text/html": "<p>Quiz</p>" + ON, "text/plain": "Quiz"}


def test_lines_as_the_file_holds_them_are_joined_and_the_line_stands_once():
    (data,), _ = saved({WIDGET: {}, "text/html": ["<p>a", "b</p>" + ON]})
    assert data["text/html"] == "<p>ab</p>" + ON
    again, _ = saved(data)
    assert again == [data]


def test_a_widget_without_another_form_and_other_outputs_are_left_alone():
    alone, table = {WIDGET: {"model_id": "x"}}, {"text/html": "<table></table>"}
    data, metadata = saved(alone, table, widgets={"state": {}}, kernelspec={"name": "python3"})
    assert data == [alone, table] and metadata == {"kernelspec": {"name": "python3"}}


@pytest.mark.parametrize(
    "model", [{"type": "file", "content": "x"}, {"type": "notebook", "content": None}, {"type": "directory"}]
)
def test_what_is_no_notebook_is_left_alone(model):
    before = dict(model)
    keep_still_forms(model)
    assert model == before
