"""The decision path: drawn by code, every word in its alternative text, the lessons it names are there."""

import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

from twolevers import paths
from twolevers.decide.path import FORKS, decision_path, svg, words


def test_the_picture_is_svg_with_its_whole_text():
    root = ElementTree.fromstring(svg({"C23": "qualified"}))
    drawn = " ".join(element.text for element in root.iter() if element.tag.endswith("text"))
    label = root.attrib["aria-label"]
    for fork in FORKS:
        assert fork.does in drawn and fork.does in label and fork.stay in label
    assert "C23 qualified" in drawn and "C23 qualified" in label
    assert root.attrib["role"] == "img"


def test_no_line_runs_out_of_the_picture():
    root = ElementTree.fromstring(svg({claim: "too close to call" for fork in FORKS for claim in fork.claims}))
    width = float(root.attrib["viewBox"].split()[2])
    for element in root.iter():
        if element.tag.endswith("text") and element.attrib.get("text-anchor", "start") == "start":
            reach = float(element.attrib["x"]) + 0.55 * float(element.attrib["font-size"]) * len(element.text)
            assert reach <= width, element.text


def test_each_fork_leads_to_lessons_that_are_there():
    stems = {path.stem[:2] for path in (paths.repository() / "notebooks").glob("*.ipynb")}
    for fork in FORKS:
        numbers = re.findall(r"\d\d", fork.lessons)
        assert numbers and set(numbers) <= stems
    assert decision_path().text == words()


def test_it_can_be_read_from_the_back_of_a_room_on_a_slide():
    root = ElementTree.fromstring(svg())
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    # A slide of 1280 by 720 leaves 1152 by 560 below a heading; narrower than that the picture is not scaled down.
    assert width <= 1152 and height <= 560
    sizes = [float(element.attrib["font-size"]) for element in root.iter() if element.tag.endswith("text")]
    assert min(sizes) >= 22


def test_no_lines_lie_on_each_other():
    root = ElementTree.fromstring(svg())
    lines = [element.attrib for element in root.iter() if element.tag.endswith("text")]
    for x in {line["x"] for line in lines}:
        column = sorted((float(line["y"]), float(line["font-size"])) for line in lines if line["x"] == x)
        assert all(after[0] - before[0] >= after[1] for before, after in pairwise(column))
