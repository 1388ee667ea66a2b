"""Texts to unit vectors: a sentence embedder, its static form, and vectors kept on disk.

May import models/, not the native engine.
"""
