"""The kinds of bake-off. Each task declares what it reads, how it divides it, its arms and adapters, and its scorer.

The engine runs them all; a task never asks, trains or measures by itself."""
