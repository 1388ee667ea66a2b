"""Lesson 01: what does each lever do?"""
