"""What comes next for a learner."""

from twolevers.learn.next_step import Standing, next_step


def standing(lesson, **parts):
    return Standing(lesson, **{"guesses": 0, "items": 2, "answered": 0, "right_first": 0, "tasks": 0, "passed": 0,
                               "measures": False, "evidence": 0, "minutes": 0.0} | parts)  # fmt: skip


def test_the_first_lesson_that_is_not_done_is_linked_with_its_minutes():
    done, begun = standing("01_two_levers", answered=2), standing("02_changing_data", answered=1)
    page = next_step([done, begun, standing("03_citations")])
    assert "href='02_changing_data.ipynb'" in page.html and "go on with" in page.html
    assert "read 15, run 4, exercise 34 min" in page.text
    assert "begin 03_citations" in next_step([done, standing("03_citations")]).text


def test_when_all_is_done_the_way_leads_to_ones_own_documents():
    assert "twolevers bakeoff" in next_step([standing("01_two_levers", answered=2)]).text
