"""Greedy answering of many prompts at once: prompts are read in parts, then every row writes one token at a time."""

from collections.abc import Sequence

import torch
from torch import Tensor

from twolevers.models.decoder import Decoder, Past
from twolevers.models.fused import attend, attend_part, rotate
from twolevers.models.packing import packs, up

READ_TOKENS = 1023  # prompt tokens read together, with one of padding: large enough for fast products, little memory
CACHE_TOKENS = 6144  # tokens of all rows that write together: bounds the keys and values kept
MOST_ROWS = 64
SLACK = 1.25  # of the tokens above, rather than a group more
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
    width = int(lengths.max())
    cache, last = _read(decoder, prompts, pasts, up(width + limit, SLOTS))
    seen = torch.arange(cache[0][0].shape[2]) < lengths[:, None]
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


def _read(
    decoder: Decoder, prompts: Sequence[list[int]], pasts: list[Past] | None, room: int
) -> tuple[list[Past], Tensor]:
    """Keys and values of the prompts, (rows, kv_heads, room, D) per layer, and each row's last state."""
    shape, start = decoder.shape, pasts[0][0].shape[2] if pasts else 0
    size = (len(prompts), shape.kv_heads, room, shape.head_dim)
    # Zeros, not whatever memory holds: a masked infinity would still spoil the sums.
    cache = [(torch.zeros(size, dtype=decoder.dtype), torch.zeros(size, dtype=decoder.dtype)) for _ in decoder.layers]
    last = torch.empty(len(prompts), shape.hidden, dtype=decoder.dtype)
    lengths = [len(ids) for ids in prompts]
    for part in packs(lengths, READ_TOKENS):
        packing = decoder.packing([lengths[row] for row in part], past=start).prepare(decoder.dtype)
        ids = packing.pack([prompts[row] for row in part])
        row = torch.tensor(part).repeat_interleave(torch.tensor([lengths[row] for row in part]))
        slot = packing.positions[: packing.total] - start
        at = ((row[:, None] * shape.kv_heads + torch.arange(shape.kv_heads)) * room + slot[:, None]).flatten()

        def keep(layer: int, *fresh: Tensor, total: int = packing.total, at: Tensor = at) -> None:
            for kept, new in zip(cache[layer], fresh, strict=True):
                kept.view(-1, shape.head_dim).index_copy_(0, at, new[:total].reshape(-1, shape.head_dim))

        ends = torch.tensor(packing.begins) + torch.tensor([lengths[row] for row in part]) - 1
        last[part] = decoder.read(ids, packing, pasts, packing.padded(ends), keep)[: len(part)]
    return cache, last


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
