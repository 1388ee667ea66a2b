"""The decision path: drawn by code, every word in its alternative text, the lessons it names are there."""

import re
import xml.etree.ElementTree as ElementTree

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
