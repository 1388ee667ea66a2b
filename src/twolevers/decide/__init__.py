"""Deciding: `advise`, the capstone, and the decision record that both and the bake-off write.

May import: `learn` and everything before it.
"""


def __getattr__(name: str) -> object:
    if name == "advise":
        from twolevers.decide.advisor import advise

        return advise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
