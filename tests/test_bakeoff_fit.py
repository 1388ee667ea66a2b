"""No prompt is longer than the model's context: passages, questions and texts are cut by tokens."""

from types import SimpleNamespace

from stand_ins import Finds
from tiny import save_tiny_model

from twolevers.arms.prompts import INSTRUCTION, build
from twolevers.bakeoff.tasks import fit
from twolevers.data.records import Question
from twolevers.models.checkpoint import read_tokenizer
from twolevers.retrieval.chunking import Passage


def test_a_text_is_cut_at_its_tokens(tmp_path):
    tokenizer = read_tokenizer(save_tiny_model(tmp_path / "tiny"))
    text = "the oven is red . " * 500
    short = fit.cut(text, 64, tokenizer)
    assert text.startswith(short.strip()[:20]) and 0 < len(tokenizer.encode(short, add_special_tokens=False)) <= 66
    assert fit.cut("short", 64, tokenizer) == "short"


def test_a_prompt_of_long_passages_fits(tmp_path):
    tokenizer = read_tokenizer(save_tiny_model(tmp_path / "tiny"))
    model = SimpleNamespace(tokenizer=tokenizer, max_length=512)
    long = Passage("a#0", "a", "", "the oven is red . " * 2000)
    search = fit.Fitted(Finds(long, long), tokenizer, fit.limit(model, 15) // fit.SHARE)
    asked = [Question("q", "how red is " * 900, ("red",), "question", (), "", "", "")]
    questions, said = fit.shortened(asked, fit.limit(model, 15) // fit.SHARE, tokenizer, "questions")
    (passages,) = search.search([questions[0].text], 2)
    chat = build(questions[0].text, passages, INSTRUCTION)
    assert len(tokenizer.encode("".join(turn["content"] for turn in chat), add_special_tokens=False)) < 512
    assert "1 questions are longer than 128 tokens" in said[0]
    texts, said = fit.shortened(asked, 10, tokenizer, "texts")
    assert said and len(texts[0].text) < 100


def test_the_limit_is_the_models_own_or_a_safe_one():
    tokenizer = SimpleNamespace(model_max_length=10**30)
    assert fit.limit(SimpleNamespace(tokenizer=tokenizer), 15) == fit.USUAL
    assert fit.limit(SimpleNamespace(tokenizer=tokenizer, max_length=4096), 15) == 4096
    assert fit.limit(SimpleNamespace(tokenizer=tokenizer, max_length=131_072), 15) == fit.MOST
    assert fit.limit(SimpleNamespace(tokenizer=tokenizer, max_length=131_072), 1) == fit.LEAST
    assert fit.limit(SimpleNamespace(tokenizer=tokenizer, max_length=256), 1) == 256
