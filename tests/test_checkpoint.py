"""Reading a model folder without transformers gives what transformers reads."""

import json

import pytest
from tiny import save_tiny_model
from transformers import AutoConfig, AutoTokenizer

from twolevers.models.checkpoint import SIZES, ChatTokenizer, read_config, read_tokenizer

CHATS = [
    [{"role": "system", "content": "answer the question ."}, {"role": "user", "content": "how loud is the oven ?"}],
    [{"role": "user", "content": "Straße, naïve “43 dB” — <|im_end|> 12345 \n\n  tabs\t!  [1] 🙂"}],
    [{"role": "user", "content": "what ?"}, {"role": "assistant", "content": "31 dB"}, {"role": "user", "content": ""}],
]


def same_tokens(folder):
    ours, theirs = read_tokenizer(folder), AutoTokenizer.from_pretrained(folder)
    assert isinstance(ours, ChatTokenizer)
    assert ours.eos_token_id == theirs.eos_token_id
    for chat in CHATS:
        for ask in (False, True):
            text = theirs.apply_chat_template(chat, tokenize=False, add_generation_prompt=ask)
            assert ours.apply_chat_template(chat, add_generation_prompt=ask) == text
            ids = theirs.encode(text, add_special_tokens=False)
            assert ours.encode(text) == ids
            for skip in (False, True):
                assert ours.decode(ids, skip_special_tokens=skip) == theirs.decode(ids, skip_special_tokens=skip)


def test_a_tiny_model_is_read_alike(tmp_path):
    same_tokens(save_tiny_model(tmp_path))
    ours, theirs = read_config(tmp_path), AutoConfig.from_pretrained(tmp_path)
    assert {name: getattr(ours, name) for name in SIZES} == {name: getattr(theirs, name) for name in SIZES}


@pytest.mark.model
def test_the_courses_model_is_read_alike(models):
    same_tokens(models / "SmolLM2-135M-Instruct")
    assert not isinstance(read_config(models / "SmolLM2-135M-Instruct"), type(AutoConfig))


def test_what_the_files_leave_open_is_left_to_transformers(tmp_path):
    folder = save_tiny_model(tmp_path)
    settings = json.loads((folder / "config.json").read_text())
    del settings["head_dim"]
    (folder / "config.json").write_text(json.dumps(settings))
    assert read_config(folder).head_dim == 8  # hidden_size / num_attention_heads
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings["clean_up_tokenization_spaces"] = True
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    assert not isinstance(read_tokenizer(folder), ChatTokenizer)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer_config.json"])
def test_a_damaged_file_is_a_value_error(tmp_path, name):
    folder = save_tiny_model(tmp_path)
    (folder / name).write_text('{"cut')
    with pytest.raises(ValueError):
        (read_config if name == "config.json" else read_tokenizer)(folder)


def test_a_template_reaches_nothing_and_may_refuse(tmp_path):
    folder = save_tiny_model(tmp_path)
    for template in ("{{ raise_exception('no tools') }}", "{{ messages.__class__.__mro__[1].__subclasses__() }}"):
        (folder / "chat_template.jinja").write_text(template)
        with pytest.raises(Exception, match=r"no tools|unsafe"):
            read_tokenizer(folder).apply_chat_template(CHATS[0])
