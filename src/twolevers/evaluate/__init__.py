"""Scores, intervals, paired tests, verdicts and the run that produces them: from answers to evidence.

May import from data, models, retrieval and arms."""
