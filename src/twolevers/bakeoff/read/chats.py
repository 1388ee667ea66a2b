"""One example from a conversation or a prompt, in the forms that fine-tuning data comes in."""

from typing import Any

import regex

from twolevers.bakeoff.read.answers import NotUnderstood, literal, plain

CONVERSATIONS = ("messages", "conversations", "conversation", "dialog", "dialogue", "chat", "contents", "turns")
CHOSEN = ("chosen", "preferred_output", "chosen_response")
WANTED = (*CHOSEN, "completion", "completions", "response", "output", "answer", "reply", "target")
ASKED = ("prompt", "instruction", "input", "question")
ASSISTANT = frozenset({"assistant", "gpt", "chatgpt", "bot", "model", "ai", "bing", "bard", "agent", "chatbot"})
USER, SYSTEM = frozenset({"user", "human", "customer", "prompter"}), frozenset({"system", "developer"})
_SPOKEN = regex.compile(r"(?:^|\n\s*)(Human|User|Assistant|H|A):\s*")


def is_chat(value: Any) -> bool:
    """Whether a value is a list of messages, each with a role and its words."""
    value = literal(value) if isinstance(value, str) and value.lstrip()[:1] == "[" else value
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) and _role(each) for each in value)


def from_row(values: dict[str, Any]) -> tuple[str, str] | None:
    """What comes in and what should come out, of a row in a chat or preference form; None for a row of another form.

    OpenAI messages (also its preference pairs), ShareGPT, TRL prompt and completion, chosen and rejected. The last
    turn of the assistant is wanted; what was said before it comes in, each turn after the first with its speaker. A
    system message comes first. Raises NotUnderstood where a part is missing.
    """
    plain_keys = {key.casefold(): value for key, value in values.items()}
    given = _given(plain_keys)
    for name in CONVERSATIONS:
        if is_chat(plain_keys.get(name)):
            return _split([*given, *_messages(plain_keys[name])])
        if isinstance(plain_keys.get(name), list | dict) or (name in plain_keys and len(plain_keys) == 1):
            raise NotUnderstood(f"has {name} that are no list of a role and its words each")
    wanted = next((name for name in WANTED if name in plain_keys), "")
    if not wanted:
        return None
    asked = next((name for name in ASKED if name in plain_keys), "")
    coming, going = plain_keys.get(asked), plain_keys[wanted]
    if isinstance(coming, dict) and is_chat(coming.get("messages")):  # OpenAI's preference pairs
        coming = coming["messages"]
    if given and not is_chat(coming) and not is_chat(going) and wanted not in CHOSEN and asked:
        more = plain(plain_keys.get("input")) if asked == "instruction" else ""
        said = "\n\n".join(filter(None, (plain(coming), more)))
        return _split([*given, ("user", said), ("assistant", plain(going))])
    chatty = is_chat(coming) or is_chat(going)
    if wanted in CHOSEN and not asked and isinstance(going, str):
        return _split(_spoken(going))
    if not chatty and wanted not in CHOSEN:
        return None
    before = _messages(coming) if is_chat(coming) else [("user", plain(coming))] if coming else []
    after = _messages(going) if is_chat(going) else [("assistant", plain(going))]
    if before and after[: len(before)] == before:  # chosen repeats the prompt
        before = []
    return _split([*given, *before, *after])


def _given(values: dict[str, Any]) -> list[tuple[str, str]]:
    """What a row says beside its turns: a system message, and earlier turns as pairs (`history`)."""
    found = []
    for name in ("system", "systeminstruction", "system_instruction", "system_prompt"):
        value = values.get(name)
        value = value.get("parts") if isinstance(value, dict) else value
        if value and (text := _words(value)):
            found.append(("system", text))
            break
    history = values.get("history")
    history = literal(history) if isinstance(history, str) else history
    if isinstance(history, list) and all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in history):
        found += [turn for pair in history for turn in (("user", plain(pair[0])), ("assistant", plain(pair[1])))]
    return found


def _role(message: dict[str, Any]) -> str:
    role = message.get("role", message.get("from", message.get("speaker", "")))
    return role.casefold() if isinstance(role, str) else ""


def _messages(value: Any) -> list[tuple[str, str]]:
    value = literal(value) if isinstance(value, str) else value
    found = []
    for message in value:
        content = next(
            (message[key] for key in ("content", "value", "text", "parts", "message") if key in message), None
        )
        role = _role(message)
        role = "assistant" if role in ASSISTANT else "user" if role in USER else role
        found.append(("system" if role in SYSTEM else role, _words(content)))
    return found


def _words(content: Any) -> str:
    """The text of a message; of one in parts, its text parts."""
    if isinstance(content, list):
        texts = []
        for part in content:
            text = part if isinstance(part, str) else part.get("text") if isinstance(part, dict) else None
            if not isinstance(text, str):
                raise NotUnderstood("has a message with a picture or a part that is no text")
            texts.append(text)
        return plain("\n".join(texts))
    return plain(content)


def _spoken(text: str) -> list[tuple[str, str]]:
    """Turns of a text such as "Human: … Assistant: …"."""
    parts = _SPOKEN.split(text)
    if len(parts) < 3:
        raise NotUnderstood("has a chosen text and no prompt")
    roles = {"Human": "user", "User": "user", "H": "user"}
    return [(roles.get(parts[n], "assistant"), plain(parts[n + 1])) for n in range(1, len(parts) - 1, 2)]


def _split(turns: list[tuple[str, str]]) -> tuple[str, str]:
    last = max((place for place, (role, text) in enumerate(turns) if role == "assistant" and text), default=-1)
    if last < 0:
        raise NotUnderstood("has no words of the assistant")
    before = [(role, text) for role, text in turns[:last] if text]
    said = [each for each in before if each[0] != "system"]
    if not said:
        raise NotUnderstood("has no message before the assistant's words")
    system = [text for role, text in before if role == "system"]
    lines = [said[0][1]] if len(said) == 1 else [f"{role}: {text}" for role, text in said]
    return "\n\n".join([*system, *lines]), turns[last][1]
