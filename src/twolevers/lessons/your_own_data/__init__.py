"""Lesson 15: checks of its exercise. What the notebook runs is in `bakeoff`, which a lesson may not import."""
