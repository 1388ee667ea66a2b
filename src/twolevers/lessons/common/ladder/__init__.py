"""The ladder: each lesson's central contest, asked of models of several sizes; answers are kept and scored afresh.

`central`: how a lesson declares its contest. `record`: asks a model and writes the answers. `read`: finds recordings
and scores them. `table` and `figure`: verdicts by claim and size.
"""
