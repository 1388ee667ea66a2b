"""The bake-off: arms × questions on somebody's own data, from files to a report.

May import: `decide` and everything before it.
"""
