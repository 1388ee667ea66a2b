"""transformers' own `generate`: batches of 16, sorted by length, left-padded, greedy."""

from collections.abc import Sequence

from benchmarks.peers.jobs import NEW_TOKENS

BATCH = 16


class Generate:
    """`AutoModelForCausalLM.generate` in float32 or bfloat16."""

    def __init__(self, folder: str, dtype: str):
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        from twolevers.paths import threads

        torch.set_num_threads(threads())
        self.tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype))

    def run(self, chats: Sequence) -> list[str]:
        """Texts of the answers, in order."""
        import torch

        texts = [
            self.tokenizer.apply_chat_template(list(chat), tokenize=False, add_generation_prompt=True) for chat in chats
        ]
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        answers = {}
        for begin in range(0, len(order), BATCH):
            rows = order[begin : begin + BATCH]
            batch = self.tokenizer(
                [texts[row] for row in rows], add_special_tokens=False, padding=True, return_tensors="pt"
            )
            with torch.inference_mode():
                written = self.model.generate(**batch, max_new_tokens=NEW_TOKENS, do_sample=False)
            new = self.tokenizer.batch_decode(written[:, batch["input_ids"].shape[1] :], skip_special_tokens=True)
            answers.update(zip(rows, new, strict=True))
        return [answers[row].strip() for row in range(len(texts))]

    def keep(self, result: list[str]) -> list[str]:
        """The texts."""
        return result
