"""Does this model answer here as it did where it was measured? `python answer.py` asks five recorded questions.

Needs torch and transformers; --engine adapter also peft, --engine gguf also xllamacpp (llama.cpp). It does not need
the course, for a team's own server will not have it: the prompts are recorded whole, with the passages that were found.
Only --ask needs `twolevers`, for the search.

    python answer.py                                    model/, weights with the adapter merged in
    python answer.py --engine adapter --base FOLDER     adapter/ on the base model, through peft
    python answer.py --engine gguf                      model.gguf through llama.cpp
    python answer.py --ask "How late is it open?"       a question of yours

Exit code 0: all answers as recorded; 1: another answer; 2: something is missing.
"""

import argparse
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Transformers:
    """model/, or adapter/ on its base model: greedy answers in float32."""

    def __init__(self, base=None):
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.torch = torch
        self.tokenizer = AutoTokenizer.from_pretrained(HERE / "model")
        model = AutoModelForCausalLM.from_pretrained(base or HERE / "model", dtype=torch.float32)
        if base:
            from peft import PeftModel

            model = PeftModel.from_pretrained(model, HERE / "adapter")
        self.model = model.eval()

    def answer(self, chat, room):
        """The answer of up to `room` tokens."""
        ids = self._encoded(chat)
        end = self.tokenizer.eos_token_id
        settings = {"max_new_tokens": room, "do_sample": False, "eos_token_id": end, "pad_token_id": end}
        with self.torch.no_grad():
            written = self.model.generate(ids, attention_mask=self.torch.ones_like(ids), **settings)
        return self.tokenizer.decode(written[0, ids.shape[1] :], skip_special_tokens=True).strip()

    def choose(self, chat, labels):
        """The likeliest of `labels`: the sum of its tokens' log-probabilities, the end where one begins another."""
        prompt = self._encoded(chat)
        rows = [self.tokenizer.encode(label, add_special_tokens=False) for label in labels]
        if any(a != b and b[: len(a)] == a for a in rows for b in rows):
            rows = [[*row, self.tokenizer.eos_token_id] for row in rows]
        sums = []
        for row in rows:
            ids = self.torch.cat([prompt, self.torch.tensor([row])], dim=1)
            with self.torch.no_grad():
                chances = self.model(ids).logits[0, prompt.shape[1] - 1 : -1].log_softmax(-1)
            sums.append(float(chances[range(len(row)), row].sum()))
        return labels[sums.index(max(sums))]

    def _encoded(self, chat):
        text = self.tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        return self.torch.tensor([self.tokenizer.encode(text, add_special_tokens=False)])


class LlamaCpp:
    """model.gguf through llama.cpp."""

    def __init__(self, file="model.gguf"):
        import xllamacpp
        from transformers import AutoTokenizer

        self.tokenizer = AutoTokenizer.from_pretrained(HERE / "model")  # for the chat template
        settings = xllamacpp.CommonParams()
        settings.model.path = str(HERE / file)
        settings.n_ctx, settings.n_parallel = 4096, 1
        self.server = xllamacpp.Server(settings)

    def answer(self, chat, room):
        """The answer of up to `room` tokens."""
        text = self.tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        asked = {"prompt": text, "max_tokens": room, "temperature": 0}
        return self.server.handle_completions(asked)["choices"][0]["text"].strip()

    def choose(self, chat, labels):
        """Not to be had here."""
        sys.exit("Choosing among labels needs their probabilities: use --engine merged.")


def prompt(question, about):
    """The chat that asks `question`."""
    if about["retrieves"]:
        try:
            from twolevers.bakeoff.handover.search import chat
        except ImportError:
            sys.exit("A question of yours needs the search: pip install twolevers, or search index/ by your own means.")
        return chat(HERE, question, about)
    if not about["chat"]:
        sys.exit("This arm looks up examples for each question (see handover.json): that needs code of yours.")
    return [{**turn, "content": turn["content"].replace("{question}", question)} for turn in about["chat"]]


def main():
    """Check the recorded answers, or answer one question."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("merged", "adapter", "gguf"), default="merged")
    parser.add_argument("--base", help="folder or id of the base model, for --engine adapter")
    parser.add_argument("--ask", metavar="QUESTION", help="answer this instead")
    given = parser.parse_args()
    lacking = {"merged": "model", "adapter": "adapter", "gguf": "model.gguf"}[given.engine]
    if not (HERE / lacking).exists():
        parser.error(f"there is no {lacking} in this handover: see README.md")
    if given.engine == "adapter" and not given.base:
        parser.error("--engine adapter needs --base, the model that the adapter was trained on: see README.md")
    about = json.loads((HERE / "handover.json").read_text("utf-8"))
    asked = prompt(given.ask, about) if given.ask else None
    engine = LlamaCpp() if given.engine == "gguf" else Transformers(given.base if given.engine == "adapter" else None)

    def answer(chat):
        return engine.choose(chat, about["labels"]) if about["labels"] else engine.answer(chat, about["max_new_tokens"])

    if asked:
        print(answer(asked))
        return 0
    rows = [json.loads(line) for line in (HERE / "expected.jsonl").read_text("utf-8").splitlines()]
    same = 0
    for row in rows:
        found = answer(row["chat"])
        same += found == row["answer"]
        print(f"{'equal' if found == row['answer'] else 'OTHER'}  {row['question']}\n       {found}")
        if found != row["answer"]:
            print(f"       recorded: {row['answer']}")
    print(f"{same} of {len(rows)} answers as recorded ({given.engine})")
    return 0 if same == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
