"""Lesson 11: the article's table, as measured here."""
