"""Lesson 06: what does it cost?"""
