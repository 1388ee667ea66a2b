"""llama.cpp through xllamacpp's prebuilt wheels: its server's slots, without HTTP, over a Q8_0 file."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.peers.jobs import NEW_TOKENS
from twolevers.bakeoff.handover import gguf_file

SLOTS = 8  # prompts in progress at once
CONTEXT = 512  # tokens a slot can hold


class LlamaCpp:
    """`Server.handle_completions`, greedy, prompts handed to the slots by as many threads."""

    def __init__(self, folder: str, scratch: str):
        import xllamacpp
        from transformers import AutoTokenizer

        from twolevers.paths import threads

        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        settings = xllamacpp.CommonParams()
        settings.model.path = str(gguf_file.write(Path(folder), Path(scratch) / "llama_cpp.gguf"))
        settings.n_parallel, settings.n_ctx, settings.n_batch = SLOTS, SLOTS * CONTEXT, 2048
        settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = threads()
        self.server = xllamacpp.Server(settings)
        self.pool = ThreadPoolExecutor(SLOTS)

    def run(self, chats: Sequence) -> list[str]:
        """Texts of the answers, in order."""
        prompts = [
            self.tokenizer.apply_chat_template(list(chat), tokenize=False, add_generation_prompt=True) for chat in chats
        ]
        return list(self.pool.map(self._answer, prompts))

    def keep(self, result: list[str]) -> list[str]:
        """The texts."""
        return result

    def _answer(self, prompt: str) -> str:
        asked = {"prompt": prompt, "max_tokens": NEW_TOKENS, "temperature": 0, "cache_prompt": True}
        return self.server.handle_completions(asked)["choices"][0]["text"].strip()
