"""What is derived from the notebooks: exercises from solutions, decks from executed lessons, site, guide, bundle.

May import every folder above it (data … bakeoff); only the command line and what it calls import from here.
"""
