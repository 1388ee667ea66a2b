"""Greedy answering of many prompts at once: prompts are read in parts, then every row writes one token at a time."""

from collections.abc import Callable, Sequence
from itertools import chain

import torch
from torch import Tensor

from twolevers.models.native.decoder import Decoder, Past
from twolevers.models.native.fused import attend, attend_part, rotate
from twolevers.models.native.packing import packs, up

READ_TOKENS = 1023  # prompt tokens read together, with one of padding: large enough for fast products, little memory
CACHE_TOKENS = 6144  # tokens of all rows that write together: bounds the keys and values kept
MOST_ROWS = 64
SLACK = 1.25  # of the tokens above, rather than a group more
LONG_START = 128  # tokens from which a shared start is attended to once for all rows: a shorter one is copied to each
LEAST_SAVED = 64  # tokens that reading a beginning once must save: it is a step more
ROWS, SLOTS = 8, 32  # rows and slots of a cache are multiples of these: few shapes


def continue_greedily(
    decoder: Decoder, prompts: Sequence[list[int]], pasts: list[Past] | None, limit: int, end: int
) -> list[list[int]]:
    """Up to `limit` greedy tokens after each prompt, before `end`; all prompts follow the start held in `pasts`."""
    start = pasts[0][0].shape[2] if pasts else 0
    written: list[list[int]] = [[] for _ in prompts]
    rows = torch.arange(_rounded(len(prompts)))
    going = rows < len(prompts)
    prompts = [*prompts, *[[end]] * (len(rows) - len(prompts))]
    lengths = torch.tensor([len(ids) for ids in prompts])
    held = start if start < LONG_START else 0
    width = held + int(lengths.max())
    reading = Reading(decoder, prompts, pasts, up(width + limit, SLOTS), held)
    cache, last = reading.cache, reading.last
    pasts = None if held else pasts
    seen = torch.arange(cache[0][0].shape[2]) < held + lengths[:, None]
    for step in range(limit):
        token = decoder.logits(last).argmax(-1)
        going &= token != end
        for row, new in zip(rows[going].tolist(), token[going].tolist(), strict=True):
            written[row].append(new)
        if step == limit - 1 or not going.any():
            break
        # Finished rows are let go a quarter at a time, to a round number of rows: copying the cache is not free.
        fewer = _rounded(int(going.sum()))
        if fewer <= 0.75 * len(rows):
            kept = torch.cat([going.nonzero()[:, 0], (~going).nonzero()[:, 0]])[:fewer]
            rows, token, lengths, seen, going = (each[kept] for each in (rows, token, lengths, seen, going))
            cache = [(keys[kept], values[kept]) for keys, values in cache]
        seen[:, width + step] = True
        last = _step(decoder, token, start + lengths + step, width + step, seen, cache, pasts)
    return written


def batches(lengths: Sequence[int], limit: int) -> list[list[int]]:
    """Row numbers grouped by length, longest first, each group of about `limit` padded tokens at most."""
    groups: list[list[int]] = []
    for row in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
        # Rows come longest first, so a group's first row is its padded width.
        if groups and len(groups[-1]) < MOST_ROWS and (len(groups[-1]) + 1) * lengths[groups[-1][0]] <= limit:
            groups[-1].append(row)
        else:
            groups.append([row])
    if len(groups) > 1:
        # A few rows left over would take as many steps as a whole group: they go along, or take half.
        last = groups[-2] + groups[-1]
        for rows in (len(last), -(-len(last) // 2)):
            if rows <= MOST_ROWS and rows * lengths[last[0]] <= SLACK * limit:
                groups[-2:] = [last[:rows], last[rows:]] if rows < len(last) else [last]
                break
    return groups


def _rounded(rows: int) -> int:
    return rows if rows <= ROWS // 2 else up(rows, ROWS)


def beginnings(prompts: Sequence[list[int]]) -> list[tuple[list[int], int]]:
    """Groups of prompts that begin alike: row numbers, and how many tokens they share (0 for a row by itself).

    At least one token is left to each row. In the order of the tokens, a row joins the group before it as long as that
    saves more reading than it costs the others.
    """
    groups: list[tuple[list[int], int]] = []
    for row in sorted(range(len(prompts)), key=lambda row: prompts[row]):
        if groups:
            rows, shared = groups[-1]
            alike = common(prompts[rows[-1]], prompts[row])
            alike = min(alike, shared) if len(rows) > 1 else alike
            if len(rows) * alike >= max(LEAST_SAVED, (len(rows) - 1) * shared):
                groups[-1] = ([*rows, row], alike)
                continue
        groups.append(([row], 0))
    return groups


def common(first: Sequence[int], second: Sequence[int]) -> int:
    """Number of tokens that both begin with; at least one is left to each."""
    most = min(len(first), len(second)) - 1
    return next((place for place in range(most) if first[place] != second[place]), max(0, most))


class Reading:
    """Prompts read into a cache: keys and values (rows, kv_heads, room, D) per layer, and each row's last state.

    What a group of prompts begins with is read once and copied; then each row reads the rest. The first `held` slots
    of each row are a copy of the start held in `pasts`, all of it or nothing.
    """

    def __init__(
        self, decoder: Decoder, prompts: Sequence[list[int]], pasts: list[Past] | None, room: int, held: int = 0
    ):
        shape = decoder.shape
        self.decoder, self.pasts, self.room = decoder, None if held else pasts, room
        self.before = (pasts[0][0].shape[2] if pasts else 0) - held  # tokens before the first slot
        size = (len(prompts), shape.kv_heads, room, shape.head_dim)
        # Zeros, not whatever memory holds: a masked infinity would still spoil the sums.
        self.cache = [tuple(torch.zeros(size, dtype=decoder.dtype) for _ in range(2)) for _ in decoder.layers]
        if held:
            for kept, known in zip(chain(*self.cache), chain(*pasts), strict=True):
                kept[:, :, :held] = known
        self.last = torch.empty(len(prompts), shape.hidden, dtype=decoder.dtype)
        groups = [(rows, shared) for rows, shared in beginnings(prompts) if shared]
        begun = torch.full((len(prompts),), held)  # slots of each row that are filled already
        self._read([rows[0] for rows, _ in groups], [prompts[rows[0]][:shared] for rows, shared in groups], begun)
        for rows, shared in groups:
            for kept in chain(*self.cache):
                kept[rows[1:], :, held : held + shared] = kept[rows[0], :, held : held + shared]
            begun[rows] += shared
        for some in ((begun == held).nonzero()[:, 0].tolist(), (begun > held).nonzero()[:, 0].tolist()):
            self._read(some, [prompts[row][begun[row] - held :] for row in some], begun)

    def _read(self, rows: Sequence[int], texts: Sequence[Sequence[int]], begun: Tensor) -> None:
        """Read the texts of some rows, behind the slots of each row that are filled already."""
        decoder, kv_heads, lengths = self.decoder, self.decoder.shape.kv_heads, [len(text) for text in texts]
        for part in packs(lengths, READ_TOKENS):
            own, many = torch.tensor([rows[place] for place in part]), torch.tensor([lengths[place] for place in part])
            packing, row = decoder.packing(many.tolist(), past=self.before), own.repeat_interleave(many)
            packing.positions[: packing.total] += begun[row]
            slot = packing.positions[: packing.total] - self.before
            at = ((row[:, None] * kv_heads + torch.arange(kv_heads)) * self.room + slot[:, None]).flatten()

            def keep(layer: int, *fresh: Tensor, total: int = packing.total, at: Tensor = at) -> None:
                for kept, new in zip(self.cache[layer], fresh, strict=True):
                    kept.view(-1, kept.shape[-1]).index_copy_(0, at, new[:total].reshape(-1, kept.shape[-1]))

            seen, follow = self._behind(own, begun[own], packing.seen())
            ends = torch.tensor(packing.begins) + many - 1
            ids = packing.pack([texts[place] for place in part])
            packing.prepare(decoder.dtype, seen)
            read = decoder.read(ids, packing, self.pasts, packing.padded(ends), keep, follow)
            self.last[own] = read[: len(part)]

    def _behind(self, rows: Tensor, begun: Tensor, seen: Tensor) -> tuple[Tensor, Callable[[int], Past] | None]:
        """What the rows' filled slots add to what is `seen` (R, T, keys), and to each layer: see `Decoder.read`."""
        most = int(begun.max())
        if not most:
            return seen, None
        width = most if most == int(begun.min()) else min(up(most, SLOTS), self.room)
        filled = (torch.arange(width) < begun[:, None])[:, None].expand(-1, seen.shape[1], -1)

        def follow(layer: int) -> Past:
            return tuple(kept[rows, :, :width].flatten(0, 1) for kept in self.cache[layer])

        return torch.cat([filled, seen], dim=2), follow


def _step(
    decoder: Decoder,
    token: Tensor,
    positions: Tensor,
    slot: int,
    seen: Tensor,
    cache: list[Past],
    pasts: list[Past] | None,
) -> Tensor:
    """One new token per row: writes its keys and values at `slot`, returns hidden states (rows, hidden).

    All of the cache is read, the empty slots under the mask: a part of it would be copied for each product.
    """
    shape, rows = decoder.shape, len(token)
    hidden, rotary = decoder.embed(token), decoder.rotary(positions)
    mask = torch.zeros(seen.shape, dtype=decoder.dtype).masked_fill_(~seen, float("-inf"))
    mask = mask.repeat_interleave(shape.kv_heads, 0)[:, None].expand(-1, shape.heads // shape.kv_heads, -1)
    for index, (layer, (keys, values)) in enumerate(zip(decoder.layers, cache, strict=True)):
        turned = rotate(decoder.project(layer, hidden), *rotary, shape.kv_heads)
        query, key, value = turned.split([shape.heads, shape.kv_heads, shape.kv_heads], dim=1)
        keys[:, :, slot], values[:, :, slot] = key, value
        by_row = query.reshape(rows * shape.kv_heads, -1, shape.head_dim), keys.flatten(0, 1), values.flatten(0, 1)
        if pasts:
            attended = decoder.after(query, pasts[index], attend_part(*by_row, mask))
        else:
            attended = attend(*by_row, mask)[0].view(rows, -1)
        hidden = decoder.finish(layer, hidden, attended)
    return hidden
