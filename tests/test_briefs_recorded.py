"""The recorded contests: to the committed data, with different best arms, one of them too close to call."""

from twolevers.decide.brief import load_case, names
from twolevers.lessons.capstone import experiment as capstone
from twolevers.lessons.capstone.contest import data_hash


def test_the_committed_answers_are_to_the_committed_data():
    known = capstone.recorded(load_case(name) for name in names())
    assert set(known.frame["brief"]) == set(names()) == set(known.about["briefs"])
    for name in names():
        assert known.about["briefs"][name]["data_hash"] == data_hash(load_case(name))
    table = capstone.winners(known.frame)
    assert table["first"].nunique() >= 3, "the best arm must differ between briefs"
    assert "too close to call" in set(table["verdict"]), "one brief must be too close to call"
