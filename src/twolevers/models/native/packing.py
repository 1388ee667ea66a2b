"""Rows of different lengths laid end to end, so that the large products meet a handful of sizes and no padding.

oneDNN compiles a product for every new shape, which costs more than the product itself. All that a decoder does to
one token at a time runs over (tokens, features) padded to a round number; only attention sees rows.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

ROUND = 128  # tokens of a pack are padded to a multiple of this
WIDTH = 32  # and rows, for attention, to a multiple of this


class Packing:
    """Where the tokens of a pack lie: `start` tokens that all rows begin with, then the rows, then padding.

    Rows may also follow `past` tokens whose keys and values are known already: these only move their positions. In
    attention each row is R in (R, kv_heads, group, T) queries against start and its own T keys; the start itself is
    cut into rows.
    """

    def __init__(self, lengths: Sequence[int], heads: int, kv_heads: int, start: int = 0, past: int = 0):
        self.start, self.total = start, start + sum(lengths)
        self.kv_heads, self.group = kv_heads, heads // kv_heads
        # One token of padding at least: what stands in for empty places must be nobody's.
        self.size = up(self.total + 1, ROUND) if self.total >= ROUND // 2 else up(self.total + 1, 16)
        self.width = width = up(max(lengths), WIDTH if self.total >= ROUND // 2 else 8)
        pieces = [(first, min(width, start - first), True) for first in range(0, start, width)]
        first = start
        self.begins = []  # where each row begins in the pack
        for length in lengths:
            self.begins.append(first)
            pieces.append((first, length, False))
            first += length
        self.rows = len(pieces)
        self.opening = len(pieces) - len(lengths)  # rows of attention that hold the start
        begin, length = (torch.tensor(column) for column in list(zip(*pieces, strict=True))[:2])
        steps = torch.arange(width)
        inside = steps < length[:, None]
        self.tokens = torch.where(inside, begin[:, None] + steps, self.size - 1)  # (R, T): the token of each place
        self.places = torch.zeros(self.size, dtype=torch.long)  # (N): the place of each token, flat over (R, T)
        self.places[self.tokens[inside]] = torch.arange(self.rows * width).view(self.rows, width)[inside]
        self.positions = torch.zeros(self.size, dtype=torch.long)
        self.positions[:start] = past + torch.arange(start)
        own = torch.cat([torch.arange(length) for length in lengths])
        self.positions[start : self.total] = past + start + own
        self._begin = begin

    def pack(self, rows: Sequence[Sequence[int]], start: Sequence[int] = ()) -> Tensor:
        """Token ids (N) of the pack."""
        flat = [*start, *(token for row in rows for token in row)]
        return torch.tensor(flat + [0] * (self.size - len(flat)))

    def seen(self) -> Tensor:
        """What each place may look at, boolean (R, T, start + T): what is before it, and itself."""
        steps = torch.arange(self.width)
        seen = torch.ones(self.rows, self.width, self.start + self.width, dtype=torch.bool)
        seen[:, :, self.start :] = steps <= steps[:, None]
        for row in range(self.opening):
            at = self._begin[row] + steps[:, None]
            seen[row, :, : self.start] = torch.arange(self.start) <= at
            seen[row, :, self.start :] = False
        return seen

    def prepare(self, dtype: torch.dtype, seen: Tensor | None = None) -> "Packing":
        """Make ready for attention in `dtype`, with another `seen` where the rows are no plain text."""
        seen = self.seen() if seen is None else seen
        mask = torch.zeros(seen.shape, dtype=dtype).masked_fill_(~seen, float("-inf"))
        batch, keys = self.rows * self.kv_heads, seen.shape[2]
        mask = mask[:, None, None].expand(-1, self.kv_heads, self.group, -1, -1)
        self.mask = mask.reshape(batch, self.group * self.width, keys)
        # Row numbers of one gather from (tokens · all heads, head_dim) to queries, keys and values as attention
        # wants them: (R, kv_heads, group, T), then (R, kv_heads, start + T) twice.
        heads, queries = (self.group + 2) * self.kv_heads, self.group * self.kv_heads
        row = self.tokens[:, None, None] * heads
        group = torch.arange(queries).view(self.kv_heads, self.group, 1)
        self._queries = (row + group).flatten()
        shared = torch.arange(self.start).expand(self.rows, -1)
        row = torch.cat([shared, self.tokens], dim=1)[:, None] * heads
        key = (row + queries + torch.arange(self.kv_heads)[:, None]).flatten()
        self._gather = torch.cat([self._queries, key, key + self.kv_heads])
        # And back: the outputs (R, kv_heads, group, T) to (N, heads).
        row, step = self.places // self.width, self.places % self.width
        head = torch.arange(queries)
        self._outputs = ((row[:, None] * queries + head) * self.width + step[:, None]).flatten()
        head = torch.arange(self.kv_heads)
        step = (step + self.start)[:, None]
        self._own = ((row[:, None] * self.kv_heads + head) * (self.start + self.width) + step).flatten()
        token = self.tokens[:, None, None] * queries
        self._spread = (token + torch.arange(queries).view(self.kv_heads, self.group, 1)).flatten()
        return self

    def padded(self, tokens: Tensor, step: int = 16) -> Tensor:
        """Token numbers with padding tokens behind them, to a multiple of `step`."""
        return torch.nn.functional.pad(tokens, (0, up(len(tokens), step) - len(tokens)), value=self.size - 1)

    def split(self, fused: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries (R · kv_heads, group · T, D), keys and values (R · kv_heads, start + T, D) of (N, all heads, D)."""
        dim, batch = fused.shape[-1], self.rows * self.kv_heads
        places = fused.reshape(-1, dim).index_select(0, self._gather)
        queries, keys = len(self._queries), batch * (self.start + self.width)
        query, key, value = places.split([queries, keys, keys])
        return query.view(batch, -1, dim), key.view(batch, -1, dim), value.view(batch, -1, dim)

    def gather(self, outputs: Tensor) -> Tensor:
        """Outputs of attention (R · kv_heads, group · T, D) as (N, heads · D)."""
        return outputs.reshape(-1, outputs.shape[-1]).index_select(0, self._outputs).view(self.size, -1)

    def spread(self, gradient: Tensor, dim: int) -> Tensor:
        """The way back of `gather`: (N, heads · D) to (R · kv_heads, group · T, D), zero where no token is."""
        return gradient.reshape(-1, dim).index_select(0, self._spread).view(self.rows * self.kv_heads, -1, dim)

    def merge(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """The way back of `split` for gradients: (N, all heads, D), what rows share added up, zero for padding."""
        dim = query.shape[-1]
        parts = [query.reshape(-1, dim).index_select(0, self._outputs).view(self.size, -1, dim)]
        for each in (key, value):
            own = each.reshape(-1, dim).index_select(0, self._own).view(self.size, -1, dim)
            if self.start:
                shared = each.view(self.rows, self.kv_heads, -1, dim)[:, :, : self.start].sum(0)
                own[: self.start] = shared.transpose(0, 1)
            parts.append(own)
        merged = torch.cat(parts, dim=1)
        merged[self.total :] = 0
        return merged


def packs(lengths: Sequence[int], limit: int) -> list[list[int]]:
    """Row numbers in groups of at most `limit` tokens (or one row), longest first, groups of about equal size."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    groups: list[list[int]] = []
    tokens = 0
    for row in order:
        if groups and tokens + lengths[row] <= limit:
            groups[-1].append(row)
            tokens += lengths[row]
        else:
            groups.append([row])
            tokens = lengths[row]
    return groups


def up(number: int, step: int) -> int:
    """The next multiple of `step`."""
    return -(-number // step) * step
