"""What a model folder holds beside the weights: sizes, tokenizer, chat template.

transformers reads any of them, but importing it takes longer than loading the model. So files that say everything
themselves are read directly, and it is asked only about the others.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# With all of these in config.json, no default of transformers is needed.
SIZES = {"model_type", "num_hidden_layers", "hidden_size", "num_attention_heads", "num_key_value_heads", "head_dim"}
SIZES |= {"intermediate_size", "rms_norm_eps", "rope_parameters"}
GENERIC = {"TokenizersBackend", "PreTrainedTokenizerFast"}  # classes that add nothing to tokenizer.json


def read_config(folder: Path):
    """The configuration in `folder`, an object with transformers' names. Raises OSError or ValueError."""
    settings = json.loads((folder / "config.json").read_text("utf-8"))
    if settings.keys() >= SIZES:
        return SimpleNamespace(**settings)
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(folder)


def read_tokenizer(folder: Path) -> "ChatTokenizer":
    """The tokenizer in `folder`: ours, or transformers' own (with the same methods) where its class does more.

    Raises OSError or ValueError.
    """
    names = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
    if all((folder / name).is_file() for name in names):
        settings = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
        plain = settings.get("tokenizer_class") in GENERIC and not settings.get("clean_up_tokenization_spaces")
        if plain and isinstance(settings.get("eos_token"), str):
            return _read(folder, settings)
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


class ChatTokenizer:
    """Text to token ids and back, and chats to text. The methods bear transformers' names and arguments."""

    def __init__(self, core: "Tokenizer", chat_template: str, special: dict[str, str]):
        self.core, self.chat_template, self.special = core, chat_template, special
        self.eos_token_id = core.token_to_id(special["eos_token"])
        self._template = _compiled(chat_template)

    def apply_chat_template(
        self, chat: Sequence[dict[str, str]], *, tokenize: bool = False, add_generation_prompt: bool = False
    ) -> str:
        """The text of a chat; it is not cut into tokens here."""
        return self._template.render(messages=chat, add_generation_prompt=add_generation_prompt, **self.special)

    def encode(self, text: str, *, add_special_tokens: bool = False) -> list[int]:
        """Token ids of `text`."""
        return self.core.encode(text, add_special_tokens=add_special_tokens).ids

    def decode(self, ids: Sequence[int], *, skip_special_tokens: bool = False) -> str:
        """The text of token ids."""
        return self.core.decode(list(ids), skip_special_tokens=skip_special_tokens)


def _read(folder: Path, settings: dict) -> ChatTokenizer:
    from tokenizers import Tokenizer

    text = (folder / "tokenizer.json").read_text("utf-8")
    try:
        core = Tokenizer.from_str(text)
    except Exception as error:  # the library raises the bare class
        raise ValueError(f"tokenizer.json: {error}") from error
    core.no_padding()
    core.no_truncation()
    special = {name: token for name, token in settings.items() if name.endswith("_token") and isinstance(token, str)}
    return ChatTokenizer(core, (folder / "chat_template.jinja").read_text("utf-8"), special)


def _compiled(template: str):
    """A chat template, which may come from anyone, compiled so that it can reach nothing and change nothing."""
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def refuse(reason: str):
        raise ValueError(reason)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.globals["raise_exception"] = refuse
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment.from_string(template)
