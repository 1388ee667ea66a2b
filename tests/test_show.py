import base64
import re

import numpy as np
import pandas as pd
import pytest

from twolevers.errors import UsageError
from twolevers.learn import show as show_figure
from twolevers.learn import table
from twolevers.lessons.common.style import ARM_STYLE, style

plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture
def displayed(monkeypatch):
    """What was displayed, as MIME bundles."""
    seen = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: seen.append(data))
    return seen


@pytest.fixture
def figure():
    with style():
        fig, ax = plt.subplots()
        for i, arm in enumerate(ARM_STYLE.values()):
            ax.plot([0, 1], [i, i + 1], **arm.line())
            ax.bar([i], [1], **arm.bar())
    yield fig
    plt.close(fig)


def test_a_figure_becomes_an_image_with_its_alt_text(figure, displayed):
    show_figure(figure, alt='RAG answers 28 of 40; "tuned" <answers> 18.')
    (bundle,) = displayed
    html = bundle["text/html"]
    assert 'alt="RAG answers 28 of 40; &quot;tuned&quot; &lt;answers&gt; 18."' in html
    assert bundle["text/plain"] == '[Figure: RAG answers 28 of 40; "tuned" <answers> 18.]'
    png = base64.b64decode(re.search(r"base64,([^\"]+)", html)[1])
    assert int.from_bytes(png[16:20], "big") // 2 == int(re.search(r'width="(\d+)"', html)[1])
    assert figure.number not in plt.get_fignums()


@pytest.mark.parametrize("alt", ["", "   \n ", "a plot", "No description has been provided for this image"])
def test_an_alt_text_that_says_nothing_is_refused(figure, displayed, alt):
    with pytest.raises(UsageError, match="does not say what the figure shows"):
        show_figure(figure, alt=alt)
    assert displayed == []


def test_a_table_is_captioned_scoped_and_escaped():
    frame = pd.DataFrame(
        {"arm": ["rag", "<b>"], "n": [1200, 3], "right_first": [0.71234, np.nan], "best": [True, False]}
    )
    shown = table(frame, "Answers & arms")
    assert ">Answers &amp; arms</caption>" in shown.html
    assert "<th scope='row' style='text-align:left" in shown.html
    assert shown.html.count("scope='col'") == 4
    assert "&lt;b&gt;" in shown.html
    assert "right first" in shown.html
    assert [">1,200<" in shown.html, ">0.712<" in shown.html, ">–<" in shown.html, ">yes<" in shown.html] == [True] * 4
    assert shown.text.splitlines()[:3] == [
        "Answers & arms",
        "arm  n      right first  best",
        "rag  1,200  0.712        yes",
    ]


def test_a_meaningful_index_heads_the_rows():
    frame = pd.DataFrame({"n": [1]}, index=pd.Index(["rag"], name="arm"))
    assert "rag</th>" in table(frame, "By arm").html
    nested = pd.DataFrame({"n": [1]}, index=pd.MultiIndex.from_tuples([("rag", 1)], names=["arm", "seed"]))
    assert "seed" in table(nested, "By arm and seed").html
    assert "<tbody></tbody>" in table(frame.iloc[:0], "Nothing").html


def test_no_two_arms_share_a_sign():
    for sign in ("color", "marker", "hatch", "label"):
        assert len({getattr(arm, sign) for arm in ARM_STYLE.values()}) == len(ARM_STYLE)


def test_style_lasts_for_its_block_only():
    before = plt.rcParams["font.size"]
    with style():
        assert plt.rcParams["font.size"] >= 14
    assert plt.rcParams["font.size"] == before
