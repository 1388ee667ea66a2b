"""OpenVINO GenAI: continuous batching over a GGUF file with 8-bit weights.

Its own converter (optimum-intel) wants an older transformers than the course's; it reads GGUF by itself, and its
guide recommends Q8_0 there. An adapter has to be merged before: beside a GGUF file one is ignored in silence.
"""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers.jobs import NEW_TOKENS
from twolevers.bakeoff.handover import gguf_file

STEP_TOKENS = 2048  # prompt tokens taken up together
CACHE_GB = 2
ROWS = 64


class OpenVino:
    """`LLMPipeline` with a scheduler: all prompts at once, the shared start of the prompts cached."""

    def __init__(self, folder: str, scratch: str):
        import openvino_genai
        from transformers import AutoTokenizer

        from twolevers.paths import threads

        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        weights = gguf_file.write(Path(folder), Path(scratch) / "openvino.gguf")
        scheduler = openvino_genai.SchedulerConfig()
        scheduler.cache_size, scheduler.max_num_seqs = CACHE_GB, ROWS
        scheduler.max_num_batched_tokens, scheduler.enable_prefix_caching = STEP_TOKENS, True
        self.pipeline = openvino_genai.LLMPipeline(
            str(weights), "CPU", scheduler_config=scheduler, INFERENCE_NUM_THREADS=threads()
        )
        self.settings = openvino_genai.GenerationConfig()
        self.settings.max_new_tokens, self.settings.do_sample = NEW_TOKENS, False
        self.settings.apply_chat_template = False
        self.settings.set_eos_token_id(self.tokenizer.eos_token_id)

    def run(self, chats: Sequence) -> list[str]:
        """Texts of the answers, in order."""
        prompts = [
            self.tokenizer.apply_chat_template(list(chat), tokenize=False, add_generation_prompt=True) for chat in chats
        ]
        return [text.strip() for text in self.pipeline.generate(prompts, self.settings).texts]

    def keep(self, result: list[str]) -> list[str]:
        """The texts."""
        return result
