"""Lesson 13: four broken projects."""
