"""One module a lesson: run(budget) gives a tidy DataFrame, plot(frame) a figure with its alt text.

May import: `data` to `cost`, and `errors`, `paths`.
"""
