"""What a team needs to go on with the arm that a bake-off chose: weights, search, prompts, test set, record, a check.

`answer.py` is copied into the handover and runs there by itself: it imports nothing of this package.
"""
