"""Lesson 07: must it sound like us?"""
