"""Deciding: the advisor, the capstone, and the decision record that both and the bake-off write.

May import: `learn` and everything before it.
"""
