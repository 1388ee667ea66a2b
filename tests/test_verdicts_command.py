"""`twolevers verdicts`: each claim's verdict from a hand-made ledger, and the table of comparisons that decides it."""

import csv
import json
import math
from collections import Counter
from dataclasses import replace

import pytest
from rich.console import Console
from typer.testing import CliRunner

from twolevers import cli, paths
from twolevers.data.claims import foregone, load_claims, load_comparisons, load_published
from twolevers.errors import UsageError
from twolevers.evaluate.evidence import Evidence
from twolevers.learn.ledger import Ledger
from twolevers.learn.verdict_table import summary, verdict_table
from twolevers.learn.verdicts import assess, frame, numbers, records

ROW = Evidence(
    claim="C18",
    lesson="12_both",
    arm="both - rag",
    metric="facts right",
    value=0.30,
    low=0.20,
    high=0.40,
    n=160,
    seconds=0.0,
    model="tiny",
    data_hash="abc",
    machine="one, 2 threads",
    seed=12,
    created="2026-11-02T10:00:00+00:00",
)
AGAINST_TUNED = replace(ROW, arm="both - tuned", value=0.50, low=0.40, high=0.60)
NAIVE = replace(ROW, arm="stacked - rag", value=-0.20, low=-0.30, high=-0.10)
NAIVE_TUNED = replace(NAIVE, arm="stacked - tuned")
COST = replace(
    ROW, claim="C13", lesson="06_budget", arm="rag - tuned", metric="log2 cost ratio: one answer, here (measured)"
)
RESULTS = {
    "supported": (0.20, 0.40),
    "qualified": (0.01, 0.40),
    "too close to call": (-0.10, 0.40),
    "contradicted": (-0.40, -0.20),
}


def found(claim, *rows, model=None):
    return next(one for one in assess(rows, model) if one.claim == claim)


def run(*arguments):
    return CliRunner().invoke(cli.app, ["verdicts", *arguments], env={"COLUMNS": "100"})


def printed(*rows, width=100):
    console = Console(width=width)
    with console.capture() as capture:
        console.print(verdict_table(assess(rows)))
    return capture.get()


# The tables


def test_every_claim_is_decided_by_a_comparison_of_a_known_lesson():
    claims, comparisons = load_claims(), load_comparisons()
    assert sorted(set(comparisons["claim"])) == list(claims["id"])
    assert set(comparisons["lesson"]) <= set(claims["lesson"])
    assert set(comparisons["expected"]) <= {"higher", "lower"}


def test_a_direction_is_given_exactly_where_there_are_published_results():
    claims = load_claims().set_index("id")["published"]
    assert set(claims[claims != "none"].index) == set(load_published()["claim_ids"].explode())


def test_every_claim_has_a_comparison_that_could_be_lost():
    comparisons = load_comparisons()
    open_ones = comparisons[comparisons["by_construction"] == ""]
    assert set(open_ones["claim"]) == set(load_claims()["id"])
    assert foregone("05_staying_current", "answers up to date").keys() == {"rag > tuned"}


@pytest.mark.parametrize("claim", sorted(load_claims()["id"]))
@pytest.mark.parametrize(("low", "high", "verdict"), [(2.0, 3.0, "supported"), (-3.0, -2.0, "contradicted")])
def test_the_verdict_follows_whoever_wins(claim, low, high, verdict):
    planned = load_comparisons().query("claim == @claim")
    rows = []
    for row in planned.itertuples():
        # What is decided by construction points the other way, and must not count.
        sign = -1 if row.by_construction else 1
        ends = sorted((sign * low, sign * high))
        if row.expected == "lower":
            ends = sorted((-ends[0], -ends[1]))
        rows.append(
            replace(ROW, lesson=row.lesson, arm=row.arm, metric=row.metric.replace("*", "x"), low=ends[0], high=ends[1])
        )
    assert found(claim, *rows).verdict == verdict


def test_what_is_decided_by_construction_alone_is_not_decided():
    row = replace(ROW, claim="C06", lesson="05_staying_current", arm="rag - tuned", metric="answers up to date")
    claim = found("C06", row)
    assert claim.verdict is None and claim.findings[0].said == "by construction"
    assert "by construction" in printed(row, width=160)
    (record,) = next(one for one in records(assess([row])) if one["claim"] == "C06")["comparisons"]
    assert record["verdict"] is None and record["by_construction"].startswith("weights trained before")


def test_the_data_sheet():
    sheet = (paths.datasets() / "comparisons.md").read_text(encoding="utf-8")
    assert f"| rows | {len(load_comparisons())} |" in sheet
    header = (paths.datasets() / "comparisons.csv").read_text(encoding="utf-8").splitlines()[0]
    assert all(f"| `{column}` |" in sheet for column in header.split(","))


def test_lessons_judge_as_the_table_says():
    from twolevers.lessons.both import experiment as both
    from twolevers.lessons.two_levers import experiment as two_levers

    comparisons = load_comparisons()
    for lesson in (two_levers, both):
        for (a, b), claim in lesson.PAIRED.items():
            comparison = f"{a} > {b}"
            if not claim:  # decides none
                continue
            planned = comparisons[(comparisons["claim"] == claim) & (comparisons["comparison"] == comparison)]
            planned = planned[planned["lesson"] == lesson.LESSON]
            assert planned["margin"].tolist() == [lesson.MARGIN], comparison


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"comparison": "rag and prompt"}, "row 1, comparison:"),
        ({"margin": "-0.1"}, "row 1, margin:"),
        ({"margin": "inf"}, "row 1, margin:"),
        ({"claim": "18"}, "row 1, claim:"),
        ({"lesson": "both"}, "row 1, lesson:"),
        ({"metric": ""}, "row 1, metric:"),
    ],
)
def test_a_bad_comparison_is_named(tmp_path, change, words):
    row = {"claim": "C18", "lesson": "12_both", "comparison": "both > rag", "metric": "facts right", "margin": "0.05"}
    row["by_construction"] = ""
    path = tmp_path / "comparisons.csv"

    def write(*rows):
        with path.open("w", newline="", encoding="utf-8") as stream:
            table = csv.DictWriter(stream, row)
            table.writeheader()
            table.writerows(rows)

    write({**row, **change})
    with pytest.raises(UsageError, match=words):
        load_comparisons(path)
    write(row, row)
    with pytest.raises(UsageError, match=r"row 2, key: .* is also in row 1"):
        load_comparisons(path)


# From rows to verdicts


@pytest.mark.parametrize(("verdict", "interval"), RESULTS.items())
def test_every_verdict_is_that_of_the_interval_and_the_planned_margin(verdict, interval):
    low, high = interval
    claim = found("C18", replace(ROW, low=low, high=high))
    assert claim.findings[0].verdict == claim.verdict == verdict


def test_no_interval_is_too_close_to_call():
    claim = found("C18", replace(ROW, low=math.nan, high=math.nan))
    assert claim.verdict == "too close to call"
    assert claim.agrees is None
    assert "[no interval]" in " ".join(printed(replace(ROW, low=math.nan, high=math.nan)).split())


def test_a_claim_of_less_is_judged_downward(tmp_path, monkeypatch):
    table = load_comparisons()
    less = table["comparison"] == "both > rag"
    table.loc[less, ["comparison", "expected"]] = ["both < rag", "lower"]
    monkeypatch.setattr("twolevers.learn.verdicts.load_comparisons", lambda: table)
    assert found("C18", ROW).verdict == "contradicted"
    assert found("C18", replace(ROW, low=-0.4, high=-0.2)).verdict == "supported"


def test_comparisons_combine_and_what_is_missing_is_named():
    whole = found("C18", ROW, AGAINST_TUNED, NAIVE, NAIVE_TUNED)
    said = [str(finding.verdict) for finding in whole.findings]
    assert said == ["supported", "supported", "contradicted", "contradicted"]
    assert (whole.verdict, whole.missing, whole.agrees) == ("qualified", (), "yes")
    part = found("C18", ROW)
    assert (part.verdict, part.agrees) == ("supported", "in part")
    assert [planned.comparison for planned in part.missing] == ["both > tuned", "stacked > rag", "stacked > tuned"]
    against = found("C18", NAIVE, replace(ROW, low=-0.1))
    assert against.verdict == "contradicted"
    none = found("C18")
    assert (none.verdict, none.agrees, len(none.missing)) == (None, None, 4)


def test_agreement_with_what_was_published():
    rows = {
        "for": replace(ROW, claim="C19", lesson="07_style_and_tone", metric="facts right and rules kept"),
        "against": None,
    }
    rows["against"] = replace(ROW, claim="C23", lesson="13_common_mistakes", arm="best prompt - tuned", metric="score")
    for published, row in rows.items():
        said = {}
        for verdict, (low, high) in RESULTS.items():
            claim = found(row.claim, replace(row, low=low, high=high))
            assert claim.published == published
            said[verdict] = claim.agrees
        expected = ["yes", "in part", None, "no"] if published == "for" else ["no", "in part", None, "yes"]
        assert list(said.values()) == expected


def test_the_newest_row_decides_and_older_ones_are_counted():
    old = replace(ROW, low=-0.4, high=-0.2, data_hash="of last year", seed=1)
    (finding,) = found("C18", old, replace(ROW, low=-0.1), ROW).findings
    assert (finding.row, finding.earlier) == (ROW, 2)


def test_models_and_seeds_are_conditions():
    other = replace(ROW, model="larger", low=-0.1)
    claim = found("C18", ROW, other)
    assert {finding.row.model: str(finding.verdict) for finding in claim.findings} == {
        "tiny": "supported",
        "larger": "too close to call",
    }
    assert claim.verdict == "qualified"
    assert found("C18", ROW, other, model="tiny").verdict == "supported"
    assert found("C18", ROW, other, model="larger").verdict == "too close to call"
    again = found("C18", ROW, replace(ROW, seed=13, low=-0.4, high=-0.2))
    assert [finding.row.seed for finding in again.findings] == [12, 13]
    assert again.verdict == "qualified"
    text = " ".join(printed(ROW, other, replace(ROW, seed=13)).split())
    assert "larger" in text
    assert "seed 13" in text


def test_one_pattern_takes_a_family_of_metrics():
    here, hosted = COST, replace(COST, metric="log2 cost ratio: one answer, hosted (measured)", low=-0.4, high=-0.2)
    claim = found("C13", here, hosted)
    assert [str(finding.verdict) for finding in claim.findings] == ["supported", "contradicted"]
    assert claim.verdict == "qualified"
    assert len(claim.missing) == 2


def test_a_row_serves_every_claim_that_plans_it_whatever_claim_it_was_written_for():
    row = replace(ROW, claim="C04", lesson="03_citations", arm="rag - tuned", metric="citations right")
    assert found("C04", row).verdict is None, "decided by construction"
    row = replace(row, arm="rag - tuned, looked up")
    assert found("C04", row).verdict == found("C16", row).verdict == "supported"
    assert found("C16", replace(row, claim="")).verdict == "supported"
    assert found("C16", replace(row, lesson="12_both")).verdict is None


def test_rows_that_no_plan_names_are_shown_and_not_counted():
    strange = replace(ROW, arm="both - luck")
    claims = assess([strange, replace(strange, value=0.31), replace(strange, claim="")])
    (claim,) = (one for one in claims if one.unplanned)
    assert (claim.claim, claim.verdict, len(claim.unplanned)) == ("C18", None, 1)
    assert summary(claims)[1].endswith("C18, 12_both, both - luck, facts right")


# Frames, JSON and the command


def test_the_numbers_table_has_the_claims_of_lesson_11():
    table = numbers([ROW, COST])
    assert sorted(set(table["claim"])) == [f"C{n}" for n in range(12, 18)]
    (measured,) = table[table["value"].notna()].itertuples()
    assert (measured.claim, measured.finding, measured.n, measured.to_do) == ("C13", "supported", 160, "")
    missing = table[table["value"].isna()]
    assert missing["to_do"].str.match(r"run lesson \d\d_[a-z_]+$").all()
    assert Counter(table["claim"])["C13"] == 3
    assert list(frame([]).columns) == list(table.columns)


def test_json_schema(home, tmp_path):
    unknown = replace(NAIVE_TUNED, value=math.nan, low=math.nan, high=math.nan)
    Ledger().add(ROW, AGAINST_TUNED, NAIVE, unknown)
    target = tmp_path / "new" / "verdicts.json"
    result = run("--json", str(target))
    assert result.exit_code == 0, result.output
    written = json.loads(target.read_text(encoding="utf-8"))
    assert [row["claim"] for row in written] == [f"C{n:02d}" for n in range(1, 25)]
    keys = {"claim", "lesson", "statement", "comparisons", "verdict", "expected", "sources", "agrees", "missing"}
    assert all(set(row) == {*keys, "unplanned"} for row in written)
    both = written[17]
    assert (both["verdict"], both["expected"], both["agrees"]) == ("qualified", "mixed", "yes")
    assert both["missing"] == []
    assert "P18" in both["sources"]
    first, *_, last = both["comparisons"]
    expected = {"arm": "both - rag", "metric": "facts right", "value": 0.3, "interval": [0.2, 0.4], "n": 160}
    expected |= {"verdict": "supported", "model": "tiny", "created": ROW.created, "id": ROW.id, "margin": 0.05}
    assert expected.items() <= first.items()
    assert (last["value"], last["interval"], last["verdict"]) == (None, None, "too close to call")
    empty = written[2]
    assert (empty["verdict"], empty["agrees"], empty["comparisons"]) == (None, None, [])
    assert empty["missing"][0]["lesson"] == "02_changing_data"
    json.dumps(records(assess([])), allow_nan=False)


def test_the_table_at_100_columns(home):
    Ledger().add(ROW, COST)
    result = run()
    assert result.exit_code == 0, result.output
    assert max(map(len, result.output.splitlines())) <= 100
    text = " ".join(result.output.split())
    for claim in load_claims().itertuples():
        assert claim.id in text
    for words in ("both > rag, facts right", "+0.30 [+0.20, +0.40], n 160: supported", "run lesson 03_citations"):
        assert words in text, words
    assert "0 of 24 claims measured, 2 in part, 22 not yet." in text


def test_an_empty_ledger_says_what_to_run(home):
    result = run()
    assert result.exit_code == 0
    assert "0 of 24 claims measured, 0 in part, 24 not yet." in result.output
    assert not home.exists()


def test_a_model_that_was_not_used_is_named(home):
    with pytest.raises(UsageError, match="run lesson 01_two_levers first"):
        assess([], "tiny")
    Ledger().add(ROW)
    result = run("--model", "huge")
    assert isinstance(result.exception, UsageError)
    assert str(result.exception) == "The ledger has no row of model huge: use one of tiny."
    assert run("--model", "tiny").exit_code == 0
    assert run("--modle", "tiny").exit_code == 2


def test_a_damaged_ledger_is_one_line_and_the_rest_counts(home):
    Ledger().add(ROW, AGAINST_TUNED, NAIVE, NAIVE_TUNED)
    with Ledger().path.open("a", encoding="utf-8") as stream:
        stream.write('{"claim": "C0')
    result = run()
    assert result.exit_code == 0
    assert "1 of 24 claims measured" in result.output
    assert result.stderr.count("\n") == 1
    assert "1 damaged line(s) moved to ledger.damaged-" in result.stderr
    assert run().stderr == ""
