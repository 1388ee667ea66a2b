"""Somebody's files as they are: documents, tables, questions, examples; what is not used is listed with the reason.

One module for each format. May import `data`, `evaluate` and `errors`; the rest of the bake-off imports from here.
"""
