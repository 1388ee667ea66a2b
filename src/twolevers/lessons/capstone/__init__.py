"""Lesson 14: a brief, a choice, and the contest that tests it."""
