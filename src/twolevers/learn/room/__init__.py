"""Seeing the room: the files that learners hand in, read with suspicion, and one page for the instructor.

May import the rest of learn/; only the command line imports from here.
"""

from twolevers.learn.room.page import build

__all__ = ["build"]
