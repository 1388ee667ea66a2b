"""The bake-off's report in a browser: accessible in either theme, fits a phone, prints to two pages."""

import pytest
from bakeoff_sample import results
from lab import cut_off, moving, serious_findings
from pypdf import PdfReader

from twolevers.bakeoff.read.rows import Unused
from twolevers.bakeoff.tasks.kinds import QUESTIONS
from twolevers.bakeoff.write import write

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    out = tmp_path_factory.mktemp("report")
    found, answers = results(n=60, prompt=0.02, rag=0.5, tuned=0.1, both=0.55, stacked=0.3)
    write(out, found, QUESTIONS, answers, [Unused(f"q.csv row {n}", "has no answer") for n in range(60)])
    return out / "report.html"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(page, report, shots, theme):
    page.emulate_media(color_scheme=theme)
    page.goto(report.as_uri())
    shots(page, f"report-{theme}.png", full_page=True)
    assert serious_findings(page, "html", 1) == []


def test_it_fits_a_phone(page, report, shots):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(report.as_uri())
    shots(page, "report-phone.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_at_200_per_cent_nothing_is_cut_and_nothing_moves(page, report):
    page.emulate_media(reduced_motion="reduce")
    page.set_viewport_size({"width": 640, "height": 500})  # what a window of 1280 x 1000 holds at 200 %
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    assert cut_off(page) == [] and moving(page) == []


def test_it_prints_to_two_pages(page, report, tmp_path):
    page.goto(report.as_uri())
    page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert len(PdfReader(tmp_path / "report.pdf").pages) <= 2
