"""Lesson 10: how many examples do we have?"""
