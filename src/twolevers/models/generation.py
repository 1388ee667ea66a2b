"""Greedy answering of many prompts at once: prompts are read in parts, then every row writes one token at a time."""

from collections.abc import Sequence

import torch
from torch import Tensor

from twolevers.models.decoder import Decoder, Past, attend, hide

READ_TOKENS = 1024  # prompt tokens read together: large enough for fast products, little memory
CACHE_TOKENS = 6144  # tokens of all rows that write together: bounds the keys and values kept
MOST_ROWS = 64


def continue_greedily(
    decoder: Decoder, prompts: Sequence[list[int]], pasts: list[Past] | None, limit: int, end: int
) -> list[list[int]]:
    """Up to `limit` greedy tokens after each prompt, before `end`; all prompts follow the start held in `pasts`.

    Rows should come longest first, as from `batches`.
    """
    start = pasts[0][0].shape[2] if pasts else 0
    lengths = torch.tensor([len(ids) for ids in prompts])
    width = start + int(lengths.max())
    cache, last = _read(decoder, prompts, lengths, pasts, width + limit)
    slots = torch.arange(width + limit)
    mask = hide(slots < start + lengths[:, None], decoder.dtype)[:, None, None, None]
    rows, written = torch.arange(len(prompts)), [[] for _ in prompts]
    for step in range(limit):
        token = decoder.logits(last).argmax(-1)
        going = token != end
        for row, new in zip(rows[going].tolist(), token[going].tolist(), strict=True):
            written[row].append(new)
        if step == limit - 1 or not going.any():
            break
        # Finished rows are let go once a quarter of the batch is done: copying the cache is not free.
        if going.sum() <= 0.75 * len(rows):
            rows, token, lengths, mask = rows[going], token[going], lengths[going], mask[going]
            cache = [(keys[going], values[going]) for keys, values in cache]
        else:
            for row in rows[~going].tolist():
                written[row].append(end)
        mask[..., width + step] = 0
        last = _step(decoder, token, start + lengths + step, width + step, mask, cache)
    return [new[: new.index(end)] if end in new else new for new in written]


def batches(lengths: Sequence[int], limit: int) -> list[list[int]]:
    """Row numbers grouped by length, longest first, each group of at most `limit` padded tokens."""
    groups: list[list[int]] = []
    for row in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
        # Rows come longest first, so a group's first row is its padded width.
        if groups and len(groups[-1]) < MOST_ROWS and (len(groups[-1]) + 1) * lengths[groups[-1][0]] <= limit:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def pad(rows: Sequence[Sequence[int]]) -> Tensor:
    """Right-padded ids (rows, longest). Pad tokens are never attended to: they come last."""
    width = max(len(row) for row in rows)
    return torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])


def _read(
    decoder: Decoder, prompts: Sequence[list[int]], lengths: Tensor, pasts: list[Past] | None, room: int
) -> tuple[list[Past], Tensor]:
    """Keys and values of start and prompts, (rows, kv_heads, room, D) per layer, and each row's last state."""
    shape, start = decoder.shape, pasts[0][0].shape[2] if pasts else 0
    size = (len(prompts), shape.kv_heads, room, shape.head_dim)
    # Zeros, not whatever memory holds: a masked infinity would still spoil the sums.
    cache = [(torch.zeros(size, dtype=decoder.dtype), torch.zeros(size, dtype=decoder.dtype)) for _ in decoder.layers]
    last = torch.empty(len(prompts), shape.hidden, dtype=decoder.dtype)
    for place, past in enumerate(pasts or []):
        for kept, fresh in zip(cache[place], past, strict=True):
            kept[:, :, :start] = fresh
    for part in batches(lengths.tolist(), READ_TOKENS):
        ids = pad([prompts[row] for row in part])
        last[part], fresh = decoder.prefill(ids, pasts, (torch.arange(len(part)), lengths[part] - 1))
        for kept, new in zip(cache, fresh, strict=True):
            kept[0][part, :, start : start + ids.shape[1]] = new[0]
            kept[1][part, :, start : start + ids.shape[1]] = new[1]
    return cache, last


def _step(decoder: Decoder, token: Tensor, positions: Tensor, slot: int, mask: Tensor, cache: list[Past]) -> Tensor:
    """One new token per row: writes its keys and values at `slot`, returns hidden states (rows, hidden).

    All of the cache is read, the empty slots under the mask: a part of it would be copied for each product.
    """
    hidden = decoder.embed(token[:, None])
    rotary = decoder.rotary(positions[:, None])
    for layer, (keys, values) in zip(decoder.layers, cache, strict=True):
        query, key, value = decoder.project(layer, hidden, rotary)
        keys[:, :, slot], values[:, :, slot] = key[:, :, 0], value[:, :, 0]
        attended = attend(query, keys, values, mask)
        hidden = decoder.finish(layer, hidden, attended.transpose(1, 2).flatten(2))
    return hidden[:, 0]
