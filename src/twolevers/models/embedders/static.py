"""A sentence embedder without a network at work: one vector per token, distilled from the real embedder.

The method is model2vec's (Tulkens and van Dongen 2024, https://github.com/MinishLab/model2vec): every token of
the vocabulary goes through the sentence embedder alone, the vectors are reduced by PCA and weighted so that
frequent tokens count less (SIF: Arora, Liang and Ma 2017), and a text is the mean of its tokens' vectors.
"""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from twolevers.errors import UsageError
from twolevers.models.embedders.sentence import SentenceEmbedder
from twolevers.paths import home, write_atomically

if TYPE_CHECKING:
    from tokenizers import Tokenizer

DIMENSION = 256
SIF = 1e-4  # model2vec's default
BATCH = 4_096
VERSION = 1  # raise when the vectors change, so that they are distilled again


class StaticEmbedder:
    """Turns texts into unit vectors by table look-up, some hundred times as fast as `SentenceEmbedder`.

    Word order and context are lost: "the brush of the filter" is "the filter of the brush".
    """

    def __init__(self, table: np.ndarray, tokenizer: "Tokenizer", key: str):
        """`table` is (size of the vocabulary, d), float32: each token's vector, weighted."""
        import torch

        self.table, self.tokenizer, self.key = torch.from_numpy(table), tokenizer, key

    @classmethod
    def load(cls, embedder: SentenceEmbedder | None = None) -> "StaticEmbedder":
        """The static form of `embedder` (default: the course's own), distilled once and then found in the cache.

        A damaged one is distilled again. Distilling takes some 15 seconds on two cores.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file, save

        embedder = embedder or SentenceEmbedder.load()
        key = hashlib.sha256(f"{VERSION} {DIMENSION} {SIF} {embedder.key}".encode()).hexdigest()[:16]
        path = home() / "cache" / "static" / f"{key}.safetensors"
        try:
            table = load_file(path)["table"]
        except (FileNotFoundError, SafetensorError, KeyError):
            table = distil(embedder)
            write_atomically(path, save({"table": table}))
        return cls(table, embedder.tokenizer, key)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self.table.shape[1]

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors (len(texts), dimension), float32, each of length one; a text without tokens gives zeros.

        Tokens past the embedder's limit (256) are not read. Raises UsageError unless `texts` is a list of strings.
        """
        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
            raise UsageError("embed() takes a list of texts: wrap a single one as [text].")
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for start in range(0, len(texts), BATCH):
            vectors[start : start + BATCH] = self._batch(texts[start : start + BATCH])
        return vectors

    def _batch(self, texts: Sequence[str]) -> np.ndarray:
        import torch

        tokens = [encoding.ids for encoding in self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
        lengths = np.array([len(row) for row in tokens])
        ids = np.fromiter((token for row in tokens for token in row), np.int64, lengths.sum())
        starts = torch.from_numpy(np.cumsum(lengths) - lengths)
        sums = torch.nn.functional.embedding_bag(torch.from_numpy(ids), self.table, starts, mode="sum")
        return torch.nn.functional.normalize(sums).numpy()  # of the sum as of the mean


def distil(embedder: SentenceEmbedder, dimension: int = DIMENSION) -> np.ndarray:
    """One weighted vector for each token of the embedder's vocabulary: (size, at most `dimension`), float32.

    A token's vector is its last state between the marks of start and end. Token number i is taken to have the
    probability p of Zipf's law at rank i + 2 (a WordPiece vocabulary is ordered by frequency) and gets the
    weight SIF / (SIF + p).
    """
    vectors = _states(embedder)
    vectors -= vectors.mean(axis=0)
    _, directions = np.linalg.eigh(np.cov(vectors.T))  # ascending
    reduced = vectors @ directions[:, ::-1][:, :dimension]
    zipf = 1 / (np.arange(len(vectors)) + 2)
    weights = SIF / (SIF + zipf / zipf.sum())
    return np.ascontiguousarray(reduced * weights[:, None], np.float32)


def _states(embedder: SentenceEmbedder) -> np.ndarray:
    """The state of every token that stands alone: (size of the vocabulary, width of the network), float32."""
    import torch

    start, end = embedder.tokenizer.encode("").ids
    size = embedder.tokenizer.get_vocab_size()
    rows = torch.stack([torch.full((size,), start), torch.arange(size), torch.full((size,), end)], dim=1)
    batches = [embedder.encoder(batch, torch.full((len(batch),), 3))[:, 1] for batch in rows.split(512)]
    return torch.cat(batches).numpy()
