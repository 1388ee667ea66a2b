"""Lesson 09: is the prompt too long?"""
