"""Lesson 05: must it know today?"""
