"""Lesson 02: how often does it change?"""
