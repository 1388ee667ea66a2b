"""What is derived from the notebooks: exercises from solutions, decks from executed lessons.

May import every folder above it (data … bakeoff); only the command line imports from here.
"""
