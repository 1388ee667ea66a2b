"""What several tests share: files in any form, an embedder, a search."""

import hashlib
import json

import numpy as np


def save(path, content, encoding="utf-8"):
    """Write a file and its folders: bytes and texts as they are, rows of .jsonl a line each, all else as JSON."""
    if isinstance(content, list) and path.suffix == ".jsonl":
        content = "\n".join(json.dumps(each, ensure_ascii=False) for each in content)
    elif not isinstance(content, str | bytes):
        content = json.dumps(content, ensure_ascii=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


class LetterEmbedder:
    """A stand-in that is quick on many texts: how often each letter occurs."""

    key = "letters"

    def __init__(self):
        self.calls = 0

    def embed(self, texts):
        self.calls += 1
        codes = [np.frombuffer(text.lower().encode("ascii", "replace"), np.uint8) % 32 for text in texts]
        counts = np.array([np.bincount(code, minlength=32)[:32] for code in codes], np.float32)
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)


class Words:
    """Vectors by hashed words: enough to find a page by its title."""

    key, calls = "words", 0

    def embed(self, texts):
        self.calls += 1
        vectors = np.full((len(texts), 64), 1e-3, np.float32)
        for row, text in enumerate(texts):
            for word in text.casefold().split():
                vectors[row, hashlib.sha256(word.encode()).digest()[0] % 64] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class Finds:
    """A search that returns the same passages for any question."""

    name = key = "finds"

    def __init__(self, *passages):
        self.passages = list(passages)

    def search(self, queries, k=3):
        return [self.passages[:k] for _ in queries]
