"""Arm `stacked`: a closed-book adapter with retrieval bolted on, as teams do when they add one lever to the other."""

from twolevers.arms.rag import Rag


class Stacked(Rag):
    """Retrieves, and asks a model that was tuned without ever seeing a passage."""

    name = "stacked"
