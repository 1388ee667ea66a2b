"""Arm `long_prompt`: the untouched model with all that it needs to know in the instruction."""

from twolevers.arms.prompt import Prompt


class LongPrompt(Prompt):
    """Asks with the rules, or the guide to the labels, in words."""

    name = "long_prompt"
