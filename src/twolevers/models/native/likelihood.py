"""How likely a model finds each label as its answer: all labels of a batch of prompts in one forward pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from twolevers.errors import UsageError
from twolevers.models.api import Chat, LanguageModel, within
from twolevers.models.memory import give_back
from twolevers.models.native.decoder import Past
from twolevers.models.native.generation import READ_TOKENS
from twolevers.models.native.model import shared_start
from twolevers.models.native.packing import packs

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
        """The tree of `labels`."""
        rows = label_rows(model.tokenizer, labels, model.end)
        nodes: dict[tuple[int, ...], int] = {(): 0}
        for row in rows:
            for length in range(1, len(row)):
                nodes.setdefault(row[:length], len(nodes))
        inner = list(nodes)[1:]
        above = tuple(tuple(nodes[begin[:length]] for length in range(1, len(begin) + 1)) for begin in inner)
        steps = tuple(tuple((nodes[row[:place]], token) for place, token in enumerate(row)) for row in rows)
        return cls(tuple(begin[-1] for begin in inner), above, steps)


def label_rows(tokenizer: Any, labels: Sequence[str], end: int) -> list[tuple[int, ...]]:
    """Token ids of each label. The end of turn counts only where a label is the beginning of another.

    Raises UsageError when there is nothing to choose from.
    """
    rows = [tuple(tokenizer.encode(label, add_special_tokens=False)) for label in labels]
    if len(labels) < 2 or len(set(rows)) < len(rows) or not all(rows):
        raise UsageError("Labels to choose from must be two or more, different and not empty.")
    beginnings = {row[:length] for row in rows for length in range(1, len(row))}
    return [(*row, end) for row in rows] if beginnings & set(rows) else rows


@torch.no_grad()
def log_likelihoods(model: LanguageModel, chats: Sequence[Chat], labels: Sequence[str]) -> np.ndarray:
    """Natural log of the probability of each label as the answer to each chat, (chats, labels).

    The start that all chats share is read once; each prompt is read once, with the labels' tokens behind it under a
    mask that hides the labels from each other. The same numbers as one pass per label (but for the end of turn, see
    `LabelTree`), at a fraction of the time.
    """
    tree = LabelTree.build(model, labels)
    prompts = [model.encode(chat) for chat in chats]
    within(model, prompts, max((len(path) for path in tree.above), default=0))
    start = shared_start(prompts) if prompts else 0
    pasts = model.reader.prefill([prompts[0][:start]])[1] if start else None
    found = np.empty((len(prompts), len(labels)))
    rests = [ids[start:] for ids in prompts]
    for rows in packs([len(ids) + len(tree.tokens) for ids in rests], READ_TOKENS):
        found[rows] = _read(model, [rests[row] for row in rows], pasts, tree)
    give_back()
    return found


def _read(model: LanguageModel, prompts: Sequence[list[int]], pasts: list[Past] | None, tree: LabelTree) -> np.ndarray:
    """Log-likelihoods (rows, labels) of one pack of prompts that follow the start held in `pasts`."""
    decoder, size = model.reader, len(tree.tokens)
    start = pasts[0][0].shape[2] if pasts else 0
    lengths = torch.tensor([len(ids) for ids in prompts])
    packing = decoder.packing([len(ids) + size for ids in prompts], past=start)
    first = torch.tensor(packing.begins) + lengths  # each row's first node
    nodes = first[:, None] + torch.arange(size)
    depth = torch.tensor([len(path) for path in tree.above], dtype=torch.long)
    packing.positions[nodes] = start + lengths[:, None] + depth - 1
    seen = packing.seen()
    for row, length in enumerate(lengths.tolist()):
        # A label's token sees the whole prompt and its own beginning.
        for node, path in enumerate(tree.above):
            seen[row, length + node, length:] = False
            seen[row, length + node, [length + step - 1 for step in path]] = True
    wanted = packing.padded(torch.cat([first[:, None] - 1, nodes], dim=1).flatten())
    ids = packing.pack([[*ids, *tree.tokens] for ids in prompts])
    hidden = decoder.read(ids, packing.prepare(decoder.dtype, seen), pasts, wanted)
    tokens = torch.tensor(sorted({token for path in tree.steps for _, token in path}))
    chances = [decoder.logits(part).log_softmax(-1)[:, tokens] for part in hidden.split(STATES)]
    table = torch.cat(chances)[: nodes.numel() + len(prompts)].view(len(prompts), 1 + size, -1).numpy()
    column = {token: place for place, token in enumerate(tokens.tolist())}
    return np.stack([sum(table[:, node, column[token]] for node, token in path) for path in tree.steps], axis=1)
