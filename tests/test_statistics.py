import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import contingency_tables, multitest, proportion

from twolevers.errors import UsageError
from twolevers.evaluate.power import resolution
from twolevers.evaluate.statistics import (
    Interval,
    compare,
    design_effect,
    holm,
    mcnemar,
    paired_bootstrap,
    seed_spread,
    sign_flip,
    wilson,
)

STEADY = settings(derandomize=True, deadline=None)


def pairs(both=0, only_a=0, only_b=0, neither=0):
    """Right/wrong scores of two arms with these counts."""
    counts = [both, only_a, only_b, neither]
    return np.repeat([1.0, 1.0, 0.0, 0.0], counts), np.repeat([1.0, 0.0, 1.0, 0.0], counts)


def clustered(rng, clusters, size, difference, spread):
    """Paired scores of `clusters` documents of `size` questions; each document has a gap of its own."""
    base = rng.beta(2, 2, clusters) * 0.6 + 0.2
    gap = difference + spread * rng.uniform(-1, 1, clusters)
    names = np.repeat(np.arange(clusters), size)
    a = rng.random(clusters * size) < np.clip(base + gap / 2, 0, 1)[names]
    b = rng.random(clusters * size) < np.clip(base - gap / 2, 0, 1)[names]
    return a.astype(float), b.astype(float), names


# Wilson and the design effect


def test_wilson_by_hand():
    # 8 of 10, z = 1.96: centre (0.8 + 0.19208)/1.38416 = 0.71674, half 1.96·√(0.016 + 0.009604)/1.38416
    interval = wilson(8, 10)
    assert interval.low == pytest.approx(0.49016, abs=1e-4)
    assert interval.high == pytest.approx(0.94332, abs=1e-4)
    assert wilson(0, 0) == Interval(0.0, 1.0)


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (0, 150), (1, 1), (3, 7), (150, 150), (75, 150)])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_wilson_against_statsmodels(successes, n, level):
    found = wilson(successes, n, level=level)
    wanted = proportion.proportion_confint(successes, n, alpha=1 - level, method="wilson")
    assert (found.low, found.high) == pytest.approx(wanted, abs=1e-12)
    assert found.level == level


def test_wilson_with_a_design_effect_is_wilson_of_fewer_items():
    assert wilson(80, 100, design_effect=10).low == pytest.approx(wilson(8, 10).low)


def test_design_effect_by_hand():
    # Each document is all right or all wrong: 10 questions are worth one.
    scores, names = np.repeat([1.0, 0.0], 50), np.repeat(np.arange(10), 10)
    # between = 10/9 · Σ(±5)² / 100² = 10/9 · 250 / 10⁴; items 25/99/100
    assert design_effect(scores, names) == pytest.approx(11.0)
    assert design_effect([1, 0, 1, 0], ["x", "x", "y", "y"]) == 1  # alike between documents: never below 1
    assert design_effect([1, 1, 1], ["x", "x", "y"]) == 1
    assert design_effect([1, 0], ["x", "x"]) == 1
    assert design_effect([1, 0, 0, 1, 0], None) == pytest.approx(1)


def test_wilson_covers_and_with_clusters_only_by_its_design_effect():
    rng = np.random.default_rng(1)
    n = 60
    draws = rng.binomial(n, 0.15, 2000)
    covered = np.mean([wilson(int(k), n).low <= 0.15 <= wilson(int(k), n).high for k in draws])
    assert 0.93 < covered < 0.98

    plain, widened = [], []
    names = np.repeat(np.arange(40), 5)
    for _ in range(600):
        scores = rng.random(200) < rng.beta(1, 1, 40)[names]  # true share 0.5, strongly alike within documents
        k = int(scores.sum())
        for kept, effect in ((plain, 1.0), (widened, design_effect(scores, names))):
            interval = wilson(k, 200, design_effect=effect)
            kept.append(interval.low <= 0.5 <= interval.high)
    assert np.mean(plain) < 0.88
    assert 0.92 < np.mean(widened) < 0.98


# The paired bootstrap


@pytest.mark.parametrize("method", ["BCa", "percentile"])
def test_bootstrap_against_scipy(method, monkeypatch):
    rng = np.random.default_rng(3)
    a = rng.exponential(1.0, 80)  # skewed, so that BCa and percentile differ
    b = rng.exponential(0.5, 80)
    if method == "percentile":
        monkeypatch.setattr("twolevers.evaluate.statistics.bca_tails", lambda *_: None)
    found = paired_bootstrap(a, b, seed=1, resamples=40_000)
    wanted = stats.bootstrap((a - b,), np.mean, n_resamples=40_000, method=method, rng=np.random.default_rng(2))
    assert found.value == pytest.approx((a - b).mean())
    assert found.method == f"{method} bootstrap of items"
    low, high = wanted.confidence_interval
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), abs=0.012)


def test_bootstrap_of_clusters_against_scipy_on_the_clusters():
    rng = np.random.default_rng(4)
    a, b, names = clustered(rng, clusters=30, size=4, difference=0.2, spread=0.2)
    found = paired_bootstrap(a, b, names, seed=1, resamples=20_000)
    means = (a - b).reshape(30, 4).mean(axis=1)
    low, high = stats.bootstrap((means,), np.mean, n_resamples=20_000, rng=np.random.default_rng(2)).confidence_interval
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), abs=0.01)
    assert found.method == "BCa bootstrap of clusters"


def test_clusters_of_unequal_size_weigh_by_their_items():
    a, b = [1.0] * 30 + [0.0] * 12, [0.0] * 42
    names = [0] * 10 + list(range(1, 33))
    assert paired_bootstrap(a, b, names).value == pytest.approx(30 / 42)


def test_bootstrap_is_deterministic_by_seed_and_mirrors():
    rng = np.random.default_rng(5)
    a, b, names = clustered(rng, 25, 3, 0.1, 0.3)
    first = paired_bootstrap(a, b, names, seed=7)
    assert first == paired_bootstrap(a, b, names, seed=7)
    mirrored = paired_bootstrap(b, a, names, seed=7)
    assert mirrored.value == -first.value
    assert (mirrored.interval.low, mirrored.interval.high) == pytest.approx(
        (-first.interval.high, -first.interval.low), abs=0.01
    )


def test_bootstrap_interval_covers_with_clusters_and_ignoring_them_does_not():
    rng = np.random.default_rng(6)
    with_clusters, without, runs = 0, 0, 400
    for run in range(runs):
        k, size = 30, 8
        names = np.repeat(np.arange(k), size)
        gap = rng.choice([-1, 0, 1], k, p=[0.15, 0.5, 0.35])[names]  # true difference 0.2, shared by a document
        a = np.where(rng.random(k * size) < 0.9, gap > 0, rng.random(k * size) < 0.5).astype(float)
        b = np.where(rng.random(k * size) < 0.9, gap < 0, rng.random(k * size) < 0.5).astype(float)
        truth = 0.9 * 0.2
        for clusters in (names, None):
            interval = paired_bootstrap(a, b, clusters, seed=run, resamples=1000).interval
            if clusters is None:
                without += interval.low <= truth <= interval.high
            else:
                with_clusters += interval.low <= truth <= interval.high
    assert 0.91 < with_clusters / runs < 0.98
    assert without / runs < 0.75


def test_bootstrap_covers_without_clusters_and_where_discordant_pairs_are_few():
    rng = np.random.default_rng(8)
    for share_a, share_b in ((0.3, 0.15), (0.03, 0.01), (0.004, 0.0)):
        covered = 0
        for run in range(400):
            draw = rng.choice(3, 120, p=[share_a, share_b, 1 - share_a - share_b])
            interval = paired_bootstrap(draw == 0, draw == 1, seed=run, resamples=1000).interval
            covered += interval.low <= share_a - share_b <= interval.high
        assert covered / 400 > 0.925, (share_a, share_b)


def test_an_interval_never_excludes_zero_where_the_exact_test_is_far_from_it():
    for only_a in range(0, 16):
        for only_b in range(0, 4):
            a, b = pairs(both=100, only_a=only_a, only_b=only_b, neither=100)
            found = compare(a, b, resamples=2000)
            if found.interval.low > 0 or found.interval.high < 0:
                assert found.p < 0.08, (only_a, only_b)


# Cases at the edge


def test_nothing_to_compare():
    found = compare([], [])
    assert (found.n, found.clusters, found.method) == (0, 0, "no interval")
    assert all(math.isnan(x) for x in (found.a, found.b, found.difference, found.interval.low, found.p))


def test_one_cluster_has_no_interval():
    found = compare([1, 1, 0], [0, 0, 0], ["x"] * 3)
    assert found.difference == pytest.approx(2 / 3)
    assert found.method == "no interval"
    assert math.isnan(found.interval.low)
    assert found.p == 1.0
    assert paired_bootstrap([1], [0]).method == "no interval"


def test_arms_that_always_agree_are_not_called_equal_beyond_what_n_shows():
    found = compare(*pairs(both=100, neither=50))
    # Bonett-Price: ±t(149)·√((2/152)/152)
    half = stats.t.ppf(0.975, 149) * math.sqrt(2 / 152 / 152)
    assert (found.difference, found.p, found.discordant) == (0.0, 1.0, 0.0)
    assert (found.interval.low, found.interval.high) == pytest.approx((-half, half))
    assert found.method == "sparse: Bonett-Price"
    wider = compare(*pairs(both=6, neither=4)).interval
    assert wider.high > 0.2


def test_bonett_price_by_hand():
    # 4 pairs for a, none for b, n = 200: p12 = 5/202, p21 = 1/202
    interval = compare(*pairs(both=100, only_a=4, neither=96)).interval
    half = stats.t.ppf(0.975, 199) * math.sqrt((6 / 202 - (4 / 202) ** 2) / 202)
    assert (interval.low, interval.high) == pytest.approx((4 / 202 - half, 4 / 202 + half))
    assert interval.low < 0  # exact p is 0.125


def test_an_arm_always_right_against_one_always_wrong():
    interval = compare(*pairs(only_a=60)).interval
    assert 0.85 < interval.low < interval.high == 1.0


def test_few_discordant_documents_are_few_however_many_questions_they_hold():
    a, b = pairs(both=60, only_a=12, neither=48)
    names = np.repeat(np.arange(40), 3)  # the 12 discordant questions stand in 4 documents
    found = compare(a, b, names)
    assert found.mcnemar < 0.001
    assert found.p == pytest.approx(2 / 2**4, abs=0.01)
    assert found.test == "sign flips of clusters"
    assert found.interval.low < 0


def test_seconds_are_compared_too():
    rng = np.random.default_rng(10)
    a = rng.gamma(5, 1, 40)
    found = compare(a + 1.0 + rng.random(40), a)
    assert found.interval.low > 0
    assert math.isnan(found.mcnemar)
    assert found.test == "sign flips of clusters"
    assert paired_bootstrap(a + 1.5, a).interval.high == pytest.approx(1.5)  # rounding alone moves the difference
    assert paired_bootstrap([3.0] * 5, [2.0] * 5).method == "no interval"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: compare([1, 0], [1]), "2 scores cannot be paired with 1"),
        (lambda: compare([1, math.nan], [1, 0]), "drop missing pairs"),
        (lambda: compare([1, 0], [1, 0], ["x"]), "2 scores but 1 cluster names"),
        (lambda: mcnemar([0.5, 1], [1, 0]), "must be 0 or 1"),
        (lambda: wilson(3, 2), "3 of 2"),
        (lambda: resolution(10, 1.5), "impossible"),
    ],
)
def test_impossible_calls_say_why_in_one_line(call, message):
    with pytest.raises(UsageError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


# Tests


@pytest.mark.parametrize(("only_a", "only_b"), [(0, 0), (1, 0), (5, 0), (10, 3), (3, 10), (40, 38)])
def test_mcnemar_against_statsmodels(only_a, only_b):
    a, b = pairs(both=20, only_a=only_a, only_b=only_b, neither=11)
    wanted = contingency_tables.mcnemar([[20, only_a], [only_b, 11]], exact=True).pvalue
    assert mcnemar(a, b) == pytest.approx(min(wanted, 1.0))
    assert compare(a, b).test == "exact McNemar"
    assert compare(a, b).discordant == pytest.approx((only_a + only_b) / len(a))


def test_mcnemar_by_hand():
    assert mcnemar(*pairs(only_a=5)) == pytest.approx(2 / 2**5)


def test_sign_flips_by_hand_and_against_scipy():
    # Sums 3, 1, -1 of three documents: |total| >= 3 in 4 of 8 swaps (±3±1±1 gives ±5, ±3, ±3, ±1)
    a, b = [1, 1, 1, 1, 0], [0, 0, 0, 0, 1]
    assert sign_flip(a, b, ["x", "x", "x", "y", "z"]) == pytest.approx(6 / 8)
    rng = np.random.default_rng(11)
    gap = rng.normal(0.4, 1, 30)
    wanted = stats.permutation_test(
        (gap, np.zeros(30)),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=20_000,
        rng=np.random.default_rng(1),
    ).pvalue
    assert sign_flip(gap, np.zeros(30), seed=2, resamples=20_000) == pytest.approx(wanted, abs=0.01)


def test_sign_flips_of_single_binary_items_agree_with_mcnemar():
    a, b = pairs(both=3, only_a=7, only_b=2, neither=1)
    assert sign_flip(a, b) == pytest.approx(mcnemar(a, b))


def test_sign_flips_keep_their_level_with_clusters_where_mcnemar_does_not():
    rng = np.random.default_rng(12)
    flips, exact = [], []
    for run in range(300):
        names = np.repeat(np.arange(20), 6)
        gap = rng.choice([-1, 0, 1], 20)[names]  # no difference on average, shared by a document
        a, b = (gap > 0).astype(float), (gap < 0).astype(float)
        flips.append(sign_flip(a, b, names, seed=run, resamples=999) <= 0.05)
        exact.append(mcnemar(a, b) <= 0.05)
    assert np.mean(flips) < 0.08
    assert np.mean(exact) > 0.2


def test_holm_by_hand_and_against_statsmodels():
    assert holm([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.06, 0.06])
    p = np.random.default_rng(13).random(20) ** 3
    assert holm(p) == pytest.approx(multitest.multipletests(p, method="holm")[1])
    with_gap = holm([0.01, math.nan, 0.04])
    assert with_gap[[0, 2]].tolist() == pytest.approx([0.02, 0.04])
    assert math.isnan(with_gap[1])
    assert holm([]).size == 0


@STEADY
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_monotone_never_smaller_and_no_stricter_than_bonferroni(p):
    adjusted, p = holm(p), np.array(p)
    assert (adjusted >= p).all()
    assert (adjusted <= np.minimum(p * len(p), 1) + 1e-12).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()


# Resolution


def test_resolution_inverts_connors_sample_size():
    # n = (1.96·√0.3 + 0.8416·√(0.3 − 0.01))² / 0.01 = 233.1
    n = (1.959964 * math.sqrt(0.3) + 0.841621 * math.sqrt(0.29)) ** 2 / 0.01
    assert n == pytest.approx(233.1, abs=0.1)
    assert resolution(233, 0.3) == pytest.approx(0.1, abs=2e-4)
    assert resolution(466, 0.3, design_effect=2.0) == pytest.approx(resolution(233, 0.3))


def test_resolution_is_what_the_exact_test_finds_about_four_times_in_five():
    n, discordant = 200, 0.3
    delta = resolution(n, discordant)
    rng = np.random.default_rng(14)
    counts = rng.multinomial(n, [(discordant + delta) / 2, (discordant - delta) / 2, 1 - discordant], 400)
    found = np.mean([stats.binomtest(int(x), int(x + y)).pvalue < 0.05 for x, y, _ in counts])
    assert 0.70 < found < 0.86  # the exact test is a little conservative


def test_resolution_shrinks_with_n_and_some_n_show_nothing():
    found = [resolution(n, 0.4) for n in (50, 100, 200, 400)]
    assert found == sorted(found, reverse=True)
    assert resolution(0) == resolution(100, 0.0) == resolution(10, 0.1) == math.inf


def test_seed_spread():
    spread = seed_spread([0.5, 0.7, 0.6])
    assert (spread.low, spread.high, spread.n) == (0.5, 0.7, 3)
    assert (spread.mean, spread.sd) == pytest.approx((0.6, 0.1))
    assert math.isnan(seed_spread([0.5]).sd)
    assert seed_spread([]).n == 0


def test_an_interval_the_wrong_way_round_is_refused():
    with pytest.raises(UsageError, match="above high"):
        Interval(1.0, 0.0)
