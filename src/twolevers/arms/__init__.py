"""The ways to answer: one module per arm, all behind `protocol.Arm`, all asking through `prompts`.

May import from data, models and retrieval.
"""
