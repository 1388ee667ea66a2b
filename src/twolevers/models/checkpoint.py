"""What a model folder holds beside the weights: sizes, tokenizer, chat template.

transformers reads any of them, but importing it takes longer than loading the model. So files that say everything
themselves are read directly, and it is asked only about the others.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from twolevers.errors import TwoLeversError, UsageError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# With all of these in config.json, no default of transformers is needed.
SIZES = {"model_type", "num_hidden_layers", "hidden_size", "num_attention_heads", "num_key_value_heads", "head_dim"}
SIZES |= {"intermediate_size", "rms_norm_eps", "rope_parameters"}
GENERIC = {"TokenizersBackend", "PreTrainedTokenizerFast"}  # classes that add nothing to tokenizer.json


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Say in one line that a model folder is damaged or of a kind that nobody here knows."""
    from safetensors import SafetensorError

    try:
        yield
    except (SafetensorError, OSError, ValueError, KeyError, ImportError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise TwoLeversError(
            f"The model in {folder} cannot be read ({reason}): run `twolevers models --verify`, or name another."
        ) from error


def fingerprint(folder: Path, files: Sequence[Path], how: str) -> str:
    """Content key of a model folder, run as `how` says: its weights (by the manifest's hashes where there is one),
    settings, tokenizer and template.
    """
    digest = hashlib.sha256(how.encode())
    # What a prompt becomes belongs to the model as its weights do.
    for name in ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"):
        if (folder / name).exists():
            digest.update((folder / name).read_bytes())
    for path in (folder / "chat_template.jinja", folder / "manifest.json"):
        if path.exists():
            digest.update(path.read_bytes())
    if not (folder / "manifest.json").exists():
        for file in files:
            with file.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:12]


def chat_text(tokenizer: Any, chat: Sequence[dict[str, str]]) -> str:
    """The text of a chat up to where the assistant's answer starts; models that think are asked not to.

    Where a template knows no system turn, the first question begins with its content. Raises UsageError when the
    template refuses the chat.
    """
    from jinja2 import TemplateError

    forms = [list(chat)]
    if len(chat) > 1 and chat[0]["role"] == "system":
        first = {"role": chat[1]["role"], "content": f"{chat[0]['content']}\n\n{chat[1]['content']}"}
        forms.append([first, *chat[2:]])
    for form in forms:
        try:
            # A template that does not ask about thinking never looks at the last of these.
            return tokenizer.apply_chat_template(
                form, tokenize=False, add_generation_prompt=True, enable_thinking=False
            )
        except (TemplateError, ValueError, TypeError) as error:
            refused = error
    reason = (str(refused).strip().splitlines() or [type(refused).__name__])[0][:120]
    raise UsageError(f"The model's chat template refuses the conversation ({reason}): choose another model.")


def end_of_turn(tokenizer: Any) -> int:
    """The token with which the chat template closes an answer, which need not be the end of a text."""
    chat = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "¤"}]
    try:
        rest = tokenizer.apply_chat_template(chat, tokenize=False).rpartition("¤")[2]
    except Exception:  # a template raises what it likes
        return tokenizer.eos_token_id
    special = {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    ids = tokenizer.encode(rest, add_special_tokens=False)
    return next((token for token in ids if token in special | {tokenizer.eos_token_id}), tokenizer.eos_token_id)


def read_config(folder: Path):
    """The configuration in `folder`, an object with transformers' names. Raises OSError or ValueError."""
    settings = json.loads((folder / "config.json").read_text("utf-8"))
    if settings.keys() >= SIZES:
        return SimpleNamespace(**settings)
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(folder)


def read_tokenizer(folder: Path) -> "ChatTokenizer":
    """The tokenizer in `folder`: ours, or transformers' own (with the same methods) where its class does more.

    Raises OSError or ValueError, and UsageError where there is no chat template.
    """
    tokenizer = _tokenizer(folder)
    if not tokenizer.chat_template:
        raise UsageError(f"The model in {folder} has no chat template: choose an instruction-tuned model.")
    return tokenizer


def _tokenizer(folder: Path) -> "ChatTokenizer":
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
        self,
        chat: Sequence[dict[str, str]],
        *,
        tokenize: bool = False,
        add_generation_prompt: bool = False,
        **variables: object,
    ) -> str:
        """The text of a chat; it is not cut into tokens here. `variables` are the template's own."""
        given = {"messages": chat, "add_generation_prompt": add_generation_prompt, **self.special}
        return self._template.render(**given, **variables)

    @property
    def added_tokens_decoder(self) -> dict[int, Any]:
        """The tokens that are no words, by id; `special` says which never stand in a text."""
        return self.core.get_added_tokens_decoder()

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
