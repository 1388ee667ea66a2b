"""`transformers.Trainer` with a peft LoRA on all linear layers: what most tutorials do."""

import json
from dataclasses import asdict
from pathlib import Path

from benchmarks.peers.jobs import TrainJob
from twolevers.paths import write_atomically

IGNORED = -100  # a label that counts for nothing in the loss


class PeftTrainer:
    """Trainer's defaults but for batch size, epochs, learning rate and seed; with `bf16` also `bf16=True` (autocast).

    Defaults: float32, AdamW, linear decay, random order, padding to the longest of a batch. Nothing is saved or
    logged while the clock runs.
    """

    def __init__(self, folder: str, scratch: str, bf16: bool = False):
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        from twolevers.paths import threads

        torch.set_num_threads(threads())
        self.scratch, self.bf16 = Path(scratch), bf16
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.base = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)

    def run(self, job: TrainJob):
        """Train one adapter, from chats to matrices."""
        from peft import LoraConfig, get_peft_model
        from transformers import Trainer, TrainingArguments, set_seed

        recipe = job.recipe
        set_seed(recipe.seed)
        lora = LoraConfig(task_type="CAUSAL_LM", r=recipe.rank, lora_alpha=recipe.alpha, target_modules="all-linear")
        model = get_peft_model(self.base, lora)
        arguments = TrainingArguments(
            output_dir=str(self.scratch / "trainer"),
            per_device_train_batch_size=recipe.batch_size,
            num_train_epochs=recipe.epochs,
            learning_rate=recipe.learning_rate,
            seed=recipe.seed,
            bf16=self.bf16,
            use_cpu=True,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        rows = [self._encode(example) for example in job.examples]
        Trainer(model, arguments, train_dataset=rows, data_collator=self._collate).train()
        return job, model

    def keep(self, result) -> str:
        """The folder of the saved adapter; the base model is freed of it."""
        job, model = result
        folder = self.scratch / f"{job.name}-trainer-{'bf16' if self.bf16 else 'fp32'}-{job.recipe.seed}"
        model.save_pretrained(folder)
        # What our reader of peft's format asks for beyond peft's own settings.
        settings = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        settings["twolevers_recipe"] = asdict(job.recipe)
        write_atomically(folder / "adapter_config.json", json.dumps(settings))
        self.base = model.unload()
        return str(folder)

    def _encode(self, example) -> dict[str, list[int]]:
        prompt = self.tokenizer.apply_chat_template(list(example.chat), tokenize=False, add_generation_prompt=True)
        prompt = self.tokenizer.encode(prompt, add_special_tokens=False)
        answer = self.tokenizer.encode(example.answer, add_special_tokens=False)
        ids = [*prompt, *answer, self.tokenizer.eos_token_id]
        return {"input_ids": ids, "labels": [IGNORED] * len(prompt) + ids[len(prompt) :]}

    def _collate(self, rows: list[dict[str, list[int]]]) -> dict:
        """Right-padded tensors."""
        import torch

        width = max(len(row["input_ids"]) for row in rows)

        def padded(name: str, filler: int) -> torch.Tensor:
            return torch.tensor([row[name] + [filler] * (width - len(row[name])) for row in rows])

        mask = torch.tensor([[1] * len(row["input_ids"]) + [0] * (width - len(row["input_ids"])) for row in rows])
        ids = padded("input_ids", self.tokenizer.pad_token_id)
        return {"input_ids": ids, "attention_mask": mask, "labels": padded("labels", IGNORED)}
