"""Pictures drawn by code: SVG with its words, letters that a room can read, nothing out of the frame."""

import xml.etree.ElementTree as ElementTree

import pytest

from twolevers.lessons.common import pictures


@pytest.mark.parametrize("draw", [pictures.rag_pipeline, pictures.lora, pictures.index_lag])
def test_a_picture_says_what_it_shows_and_fits_a_slide(draw):
    shown = draw()
    root = ElementTree.fromstring(shown.html)[0]
    assert root.attrib["role"] == "img" and root.attrib["aria-label"] == shown.text and len(shown.text) > 100
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    assert width <= 1152 and height <= 560
    for element in root.iter():
        if element.tag.endswith("text"):
            size, x = float(element.attrib["font-size"]), float(element.attrib["x"])
            half = 0.58 * size * len(element.text) * {"start": 1, "middle": 0.5}[element.attrib["text-anchor"]]
            assert size >= 22 and x + half <= width and 0 < float(element.attrib["y"]) < height
