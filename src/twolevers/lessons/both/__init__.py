"""Lesson 12: both levers together."""
