"""CTranslate2 with 8-bit weights: converted once, two replicas of one thread each rather than one of two."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers.jobs import NEW_TOKENS

BATCH = 16


class CTranslate2:
    """`Generator.generate_batch`, greedy; it sorts by length and batches by itself."""

    def __init__(self, folder: str, scratch: str):
        import ctranslate2
        from transformers import AutoTokenizer

        from twolevers.paths import threads

        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        converted = str(Path(scratch) / "ctranslate2")
        ctranslate2.converters.TransformersConverter(folder).convert(converted, quantization="int8", force=True)
        self.generator = ctranslate2.Generator(
            converted, device="cpu", compute_type="int8", inter_threads=threads(), intra_threads=1
        )

    def run(self, chats: Sequence) -> list[str]:
        """Texts of the answers, in order."""
        prompts = []
        for chat in chats:
            text = self.tokenizer.apply_chat_template(list(chat), tokenize=False, add_generation_prompt=True)
            prompts.append(self.tokenizer.tokenize(text, add_special_tokens=False))
        found = self.generator.generate_batch(
            prompts,
            max_batch_size=BATCH,
            max_length=NEW_TOKENS,
            sampling_topk=1,
            include_prompt_in_result=False,
            end_token=self.tokenizer.eos_token,
        )
        return [self.tokenizer.decode(each.sequences_ids[0], skip_special_tokens=True).strip() for each in found]

    def keep(self, result: list[str]) -> list[str]:
        """The texts."""
        return result
