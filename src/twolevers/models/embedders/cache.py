"""Sentence vectors of lists of texts that lessons embed again and again, kept on disk."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from twolevers import cache
from twolevers.models.embedders.protocol import Embedder
from twolevers.paths import write_atomically


def embed_once(embedder: Embedder, texts: Sequence[str]) -> np.ndarray:
    """The vectors (len(texts), dimension) of `texts`: computed once for an embedder and this list, then found again.

    A damaged entry is computed again, with a warning.
    """
    path = cache.place("embeddings", cache.code("models"), embedder.key, list(texts)).with_suffix(".safetensors")
    if path.exists():
        if (vectors := _read(path)) is not None:
            return vectors
        cache.damaged("The vectors", path)
    vectors = embedder.embed(texts)
    from safetensors.numpy import save

    write_atomically(path, save({"vectors": np.ascontiguousarray(vectors)}, {"sha256": _digest(vectors)}))
    return vectors


def _read(path: Path) -> np.ndarray | None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            vectors, digest = file.get_tensor("vectors"), (file.metadata() or {}).get("sha256")
    except (SafetensorError, OSError):
        return None
    return vectors if digest == _digest(vectors) else None


def _digest(vectors: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(vectors)).hexdigest()
