"""What an arm costs: dated prices, a cost model with every line's origin, break-even between two arms.

May import: `data` to `evaluate`, and `errors`, `paths`. Money is in US dollars, time in months unless a name says so.
"""
