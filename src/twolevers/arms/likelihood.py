"""How likely a model finds each label as its answer: all labels of a batch of prompts in one forward pass."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from twolevers.errors import UsageError
from twolevers.models.decoder import Past, causal, hide
from twolevers.models.generation import READ_TOKENS, batches, pad
from twolevers.models.language_model import Chat, LanguageModel, shared_start
from twolevers.models.memory import give_back

STATES = 256  # states whose scores over the whole vocabulary are held at once: 50 MB


@dataclass(frozen=True)
class LabelTree:
    """Labels as paths of tokens from the end of a prompt, beginnings that labels share stored once.

    Node 0 is the prompt's last token; node i > 0 holds `tokens[i - 1]` and sees its own beginning, `above[i - 1]`
    (itself included). `steps[label]` lists where each of its tokens is predicted: (node, token).
    """

    tokens: tuple[int, ...]
    above: tuple[tuple[int, ...], ...]
    steps: tuple[tuple[tuple[int, int], ...], ...]

    @classmethod
    def build(cls, model: LanguageModel, labels: Sequence[str]) -> "LabelTree":
        """The tree of `labels`. The end of turn counts only where a label is the beginning of another."""
        rows = [tuple(model.tokenizer.encode(label, add_special_tokens=False)) for label in labels]
        if len(labels) < 2 or len(set(rows)) < len(rows) or not all(rows):
            raise UsageError("Labels to choose from must be two or more, different and not empty.")
        beginnings = {row[:length] for row in rows for length in range(1, len(row))}
        if beginnings & set(rows):
            rows = [(*row, model.end) for row in rows]
        nodes: dict[tuple[int, ...], int] = {(): 0}
        for row in rows:
            for length in range(1, len(row)):
                nodes.setdefault(row[:length], len(nodes))
        inner = list(nodes)[1:]
        above = tuple(tuple(nodes[begin[:length]] for length in range(1, len(begin) + 1)) for begin in inner)
        steps = tuple(tuple((nodes[row[:place]], token) for place, token in enumerate(row)) for row in rows)
        return cls(tuple(begin[-1] for begin in inner), above, steps)


@torch.no_grad()
def log_likelihoods(model: LanguageModel, chats: Sequence[Chat], labels: Sequence[str]) -> np.ndarray:
    """Natural log of the probability of each label as the answer to each chat, (chats, labels).

    The start that all chats share is read once; each prompt is read once, with the labels' tokens behind it under a
    mask that hides the labels from each other. The same numbers as one pass per label (but for the end of turn, see
    `LabelTree`), at a fraction of the time.
    """
    tree = LabelTree.build(model, labels)
    prompts = [model.encode(chat) for chat in chats]
    start = shared_start(prompts) if prompts else 0
    pasts = model.decoder.prefill(torch.tensor([prompts[0][:start]]))[1] if start else None
    found = np.empty((len(prompts), len(labels)))
    rests = [ids[start:] for ids in prompts]
    for rows in batches([len(ids) + len(tree.tokens) for ids in rests], READ_TOKENS):
        found[rows] = _read(model, [rests[row] for row in rows], pasts, tree)
    give_back()
    return found


def _read(model: LanguageModel, prompts: Sequence[list[int]], pasts: list[Past] | None, tree: LabelTree) -> np.ndarray:
    """Log-likelihoods (rows, labels) of one batch of prompts that follow the start held in `pasts`."""
    decoder, size = model.decoder, len(tree.tokens)
    start = pasts[0][0].shape[2] if pasts else 0
    ids, lengths = pad(prompts), torch.tensor([len(row) for row in prompts])
    rows, width = ids.shape
    depth = torch.tensor([len(path) for path in tree.above], dtype=torch.long)
    ids = torch.cat([ids, torch.tensor(tree.tokens, dtype=torch.long).expand(rows, size)], dim=1)
    places = torch.cat([torch.arange(width).expand(rows, width), lengths[:, None] + depth - 1], dim=1)
    rotary = decoder.rotary(start + places)
    mask = _mask(lengths, width, start, tree, decoder.dtype)
    last = torch.cat([lengths[:, None] - 1, torch.arange(width, width + size).expand(rows, size)], dim=1)
    wanted = (torch.arange(rows).repeat_interleave(1 + size), last.flatten())
    hidden = decoder.embed(ids)
    for index, layer in enumerate(decoder.layers):
        only = wanted if index == len(decoder.layers) - 1 else None
        hidden, _ = decoder.block(layer, hidden, rotary, mask, pasts[index] if pasts else None, only)
    tokens = torch.tensor(sorted({token for path in tree.steps for _, token in path}))
    chances = [decoder.logits(part).log_softmax(-1)[:, tokens] for part in hidden.split(STATES)]
    table = torch.cat(chances).view(rows, 1 + size, -1).numpy()
    column = {token: place for place, token in enumerate(tokens.tolist())}
    return np.stack([sum(table[:, node, column[token]] for node, token in path) for path in tree.steps], axis=1)


def _mask(lengths: torch.Tensor, width: int, start: int, tree: LabelTree, dtype: torch.dtype) -> torch.Tensor:
    """What to add to the scores, (rows, 1, 1, width + nodes, start + width + nodes)."""
    rows, size = len(lengths), len(tree.tokens)
    seen = torch.zeros(rows, width + size, start + width + size, dtype=torch.bool)
    seen[:, :, :start] = True
    seen[:, :width, : start + width] = causal(width, start) == 0
    # A label's token sees the whole prompt, not the padding behind it, and its own beginning.
    seen[:, width:, start : start + width] = (torch.arange(width) < lengths[:, None])[:, None]
    for node, path in enumerate(tree.above):
        seen[:, width + node, [start + width + step - 1 for step in path]] = True
    return hide(seen, dtype)[:, None, None]
