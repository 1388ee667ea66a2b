"""Whoever knows nothing of a lesson gains nothing by always taking the longest option, or the one in one place."""

import pytest
from scipy.stats import binomtest, chisquare

from twolevers.learn.quiz_report import load_banks

ALPHA = 0.05


@pytest.fixture(scope="module")
def singles():
    """(place of the right option, whether it is the longest, number of options) of every item with one right option."""
    banks = load_banks()
    found = []
    for bank in banks.values() if isinstance(banks, dict) else banks:
        for item in bank.items:
            if item.kind == "single":
                right = next(place for place, option in enumerate(item.options) if option.correct)
                lengths = [len(option.text) for option in item.options]
                longest = lengths[right] == max(lengths) and lengths.count(max(lengths)) == 1
                found.append((right, longest, len(lengths)))
    return found


def test_no_place_is_right_more_often_than_another(singles):
    most = max(options for *_, options in singles)
    counts = [sum(place == at for place, *_ in singles) for at in range(most)]
    expected = [sum(1 / options for *_, options in singles if options > at) for at in range(most)]
    assert chisquare(counts, expected).pvalue > ALPHA, counts


def test_the_longest_option_is_right_no_more_often_than_by_chance(singles):
    chance = sum(1 / options for *_, options in singles) / len(singles)
    longest = sum(long for _, long, _ in singles)
    assert binomtest(longest, len(singles), chance, "greater").pvalue > ALPHA, f"{longest} of {len(singles)}"
