"""Lesson 08: one narrow task."""
