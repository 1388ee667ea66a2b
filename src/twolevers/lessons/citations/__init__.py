"""Lesson 03: must answers be checked?"""
