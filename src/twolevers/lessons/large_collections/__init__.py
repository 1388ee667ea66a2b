"""Lesson 04: how much is there?"""
