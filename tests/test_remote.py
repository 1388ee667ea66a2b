"""A model on a server, against a local one that misbehaves in every way that servers do."""

import functools
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tiny_gguf import write_tiny_gguf

from twolevers import cache
from twolevers.arms.choosing import Choosing
from twolevers.arms.few_shot import FewShot
from twolevers.arms.prompt import Prompt
from twolevers.arms.rag import Rag
from twolevers.data.records import Question
from twolevers.errors import TwoLeversError, UsageError
from twolevers.models import server as asking
from twolevers.models.adapter import Recipe
from twolevers.models.api import Example, load
from twolevers.models.remote import RemoteModel
from twolevers.models.server import Address, Server
from twolevers.retrieval.chunking import Passage

SECRET = "sk-very-secret-123"
CHATS = [[{"role": "user", "content": f"question {number}"}] for number in range(6)]
GOOD = {
    "choices": [{"message": {"role": "assistant", "content": " fine "}}],
    "usage": {"prompt_tokens": 11, "completion_tokens": 2},
}


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer(200, {"data": self.server.models})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.server.lock:
            self.server.asked.append((body, dict(self.headers)))
            step = self.server.script.pop(0) if self.server.script else self.server.always
        step(self, body)

    def answer(self, status, content, kind="application/json", **headers):
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"content-type": kind, "content-length": str(len(data)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)


def good(handler, body):
    handler.answer(200, GOOD)


def says(status, content, kind="application/json", **headers):
    return lambda handler, body: handler.answer(status, content, kind, **headers)


def hangs(handler, body):
    time.sleep(1.5)


def drips(handler, body):
    handler.send_response(200)
    handler.end_headers()
    for _ in range(40):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def cut_off(handler, body):
    handler.send_response(200)
    handler.send_header("content-length", "100")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [{"mess')


def closes(handler, body):
    handler.connection.close()


@pytest.fixture
def server(home, monkeypatch):
    for name in ("TWOLEVERS_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    found = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.daemon_threads = True
    found.asked, found.script, found.always, found.lock = [], [], good, threading.Lock()
    found.models = [{"id": "tiny", "meta": {"n_ctx_train": 512}}]
    found.url = f"http://127.0.0.1:{found.server_address[1]}/v1"
    threading.Thread(target=found.serve_forever, args=(0.02,), daemon=True).start()
    yield found
    found.shutdown()
    found.server_close()


def connect(server, waits=None, seconds=5.0, url=None):
    """The model, with waits that are noted and not waited."""
    make = functools.partial(Server, seconds=seconds, sleep=(waits if waits is not None else []).append)
    return RemoteModel.connect(url or server.url, make)


def test_it_answers_in_order_with_the_servers_counts(server):
    def echo(handler, body):
        text = f"<think>hm</think> {body['messages'][0]['content']}"
        handler.answer(200, GOOD | {"choices": [{"message": {"content": text}}]})

    server.always = echo
    model, ticks = load(server.url), []
    found = model.generate(CHATS, 5, tick=ticks.append)
    assert [done.text for done in found] == [chat[0]["content"] for chat in CHATS] and sum(ticks) == len(CHATS)
    assert all((done.prompt_tokens, done.new_tokens) == (11, 2) and done.seconds > 0 for done in found)
    assert (model.name, model.device, model.trains, model.max_length) == ("tiny", "remote", False, 512)
    body, headers = server.asked[0]
    assert (body["temperature"], body["max_tokens"], body["model"]) == (0, 5, "tiny")
    assert "authorization" not in {name.lower() for name in headers}


def test_arms_ask_it_as_any_model(server):
    class Shelf:
        key = "shelf"

        def search(self, queries, k):
            return [[Passage("p1", "oven", "The oven is loud.", 0)] for _ in queries]

    model, asked = connect(server), [Question("q1", "how loud?", ("43 dB",), "fact", (), "oven", "test", "")]
    example = Example([{"role": "system", "content": "s"}, {"role": "user", "content": "u"}], "a")
    for arm in (Prompt(model), FewShot(model, [example]), Rag(model, Shelf(), k=1)):
        (answer,) = arm.answer(asked)
        assert answer.text == "fine" and answer.usage.prompt_tokens == 11
    assert "The oven is loud." in json.dumps(server.asked[-1][0])


def test_what_a_server_cannot_do_is_one_line(server):
    model = connect(server)
    for call in (
        lambda: model.fit([], Recipe()),
        lambda: model.adapted(None),
        lambda: model.label_logprobs(CHATS, ["a", "b"]),
    ):
        with pytest.raises(UsageError, match="answers over the network and cannot") as caught:
            call()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("step", [says(500, b"oops"), says(502, b"<html>", "text/html"), says(429, {})])
def test_a_fault_that_passes_is_waited_for(server, step):
    server.script, waits = [step, step], []
    assert connect(server, waits).generate(CHATS[:1])[0].text == "fine"
    assert len(server.asked) == 3 and len(waits) == 2 and 0.7 < waits[0] < 1.3 < waits[1] < 3.7


@pytest.mark.parametrize("step", [says(200, b'{"choices": [{"mess'), cut_off, closes, says(200, {"choices": []})])
def test_half_an_answer_is_asked_for_again(server, step):
    server.script = [step]
    assert connect(server).generate(CHATS[:1])[0].text == "fine"
    assert len(server.asked) == 2


def test_retry_after_is_honoured(server):
    server.script, waits = [says(429, {}, retry_after="17")], []
    connect(server, waits).generate(CHATS[:1])
    assert 16 < waits[0] <= 17
    at = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 40))
    server.script, waits = [says(503, {}, retry_after=at)], []
    connect(server, waits).generate(CHATS[1:2])
    assert 35 < waits[0] <= 41
    server.script = [says(429, {}, retry_after="86400")]
    with pytest.raises(TwoLeversError, match=r"asks to wait 86400 s\. What was answered is kept"):
        connect(server).generate(CHATS[2:3])


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (says(500, b"Traceback\n\n..."), r"HTTP 500, 6 times"),
        (says(429, {"error": {"message": "slow down"}}), r"HTTP 429, 6 times"),
        (hangs, r"no answer in 0 s, 3 times"),
        (drips, r"no (whole )?answer in 0 s, 3 times"),
        (says(200, b"<!doctype html><p>Welcome", "text/html"), "answers with a web page"),
        (says(404, b"<html>Not found", "text/html"), "answers with a web page"),
        (says(200, b'{"choices": [{"mess'), r"half an answer \(no valid JSON\), 3 times"),
        (cut_off, r"no answer \(.*\), 3 times"),
        (says(200, {"choices": []}), r"an answer without a choice, 3 times"),
        (says(200, {"choices": [{"message": {"content": 7}}]}), r"whose content is no text, 3 times"),
        (says(200, [1]), r"JSON that is no object, 3 times"),
        (says(200, {"error": {"message": "out of\nmemory"}}), r"an error \(out of memory\), 3 times"),
        (says(401, {"error": {"message": f"Incorrect API key provided: {SECRET}"}}), "wants a key .HTTP 401.: set TWO"),
        (says(400, {"error": {"message": "the request exceeds the context size"}}), r"HTTP 400: the request exceeds"),
        (says(404, {"error": "no such model"}), r"HTTP 404: no such model"),
        (says(307, b"", location="http://127.0.0.1:1/"), "sends elsewhere"),
    ],
    ids=lambda value: None,
)
def test_a_server_that_stays_broken_is_one_line(server, step, said):
    server.always = step
    began = time.perf_counter()
    with pytest.raises(TwoLeversError, match=said) as caught:
        connect(server, seconds=0.3).generate(CHATS[:1])
    text = str(caught.value)
    assert "\n" not in text and server.url in text and len(text) < 400 and time.perf_counter() - began < 10


def test_no_server_is_one_line(home):
    with pytest.raises(
        TwoLeversError, match=r"http://127.0.0.1:9/v1 gave no answer .*, 3 times: check the server"
    ) as caught:
        RemoteModel.connect("http://127.0.0.1:9", functools.partial(Server, sleep=lambda seconds: None))
    assert "\n" not in str(caught.value)


def test_what_was_answered_is_kept_and_the_next_call_goes_on(server, monkeypatch):
    monkeypatch.setenv("TWOLEVERS_REQUESTS_AT_ONCE", "1")
    server.script, server.always = [good, good], says(500, b"")
    with pytest.raises(TwoLeversError, match="give the same command again"):
        connect(server).generate(CHATS)
    server.always, before = good, len(server.asked)
    assert [done.text for done in connect(server).generate(CHATS)] == ["fine"] * 6
    assert len(server.asked) - before == 4, "two were kept"
    assert not list((cache.folder() / "remote").iterdir()), "a whole call needs them no longer"


def test_a_damaged_answer_is_asked_for_again(server, monkeypatch):
    monkeypatch.setenv("TWOLEVERS_REQUESTS_AT_ONCE", "1")
    server.script, server.always = [good, good], says(500, b"")
    with pytest.raises(TwoLeversError):
        connect(server).generate(CHATS)
    for kept in (cache.folder() / "remote").iterdir():
        kept.write_text('{"cut')
    server.always, before = good, len(server.asked)
    assert len(connect(server).generate(CHATS)) == 6 == len(server.asked) - before


def test_the_journal_of_a_run_keeps_what_a_broken_server_answered(server, tmp_path):
    from twolevers.evaluate.run import run
    from twolevers.evaluate.scorers.facts import FACTS

    asked = [Question(f"q{n}", f"how loud {n}?", ("fine",), "fact", (), "", "test", "") for n in range(40)]
    given = {"journal": tmp_path / "answers.jsonl", "key": "k", "batch_size": 8}
    server.script = [*[good] * 20, *[says(500, b"")] * 50]
    with pytest.raises(TwoLeversError):
        run([Prompt(connect(server))], asked, FACTS, **given)
    assert len((tmp_path / "answers.jsonl").read_text().splitlines()) == 16
    server.script, before = [], len(server.asked)
    frame = run([Prompt(connect(server))], asked, FACTS, **given)
    assert len(frame) == 40 and frame["correct"].all() and len(server.asked) - before == 20


def test_no_more_requests_in_a_minute_than_allowed(server, monkeypatch):
    monkeypatch.setenv("TWOLEVERS_REQUESTS_PER_MINUTE", "30")
    waits = []
    connect(server, waits).generate(CHATS[:4])
    assert len(waits) == 4 and [round(wait / 2) for wait in sorted(waits)] == [1, 2, 3, 4], "after the list of models"
    monkeypatch.setenv("TWOLEVERS_REQUESTS_PER_MINUTE", "many")
    with pytest.raises(UsageError, match="not a positive whole number"):
        connect(server)


def test_the_key_is_sent_and_never_written_or_said(server, monkeypatch, home, capfd):
    monkeypatch.setenv("TWOLEVERS_API_KEY", SECRET)
    model = connect(server)
    model.generate(CHATS[:2])
    assert server.asked[0][1]["Authorization"] == f"Bearer {SECRET}"
    monkeypatch.setattr(model, "_at_once", 1)
    server.script = [good]  # kept, when the next one fails
    for step in (says(401, {"error": SECRET}), says(400, {"error": SECRET}), says(200, {"error": f"bad {SECRET}"})):
        server.always = step
        with pytest.raises(TwoLeversError) as caught:
            model.generate(CHATS[2:4])
        assert SECRET not in str(caught.value)
    assert SECRET not in repr(model._server.address) + model.key + model.name + "".join(capfd.readouterr())
    files = [path for path in home.rglob("*") if path.is_file()]
    assert files and not any(SECRET.encode() in path.read_bytes() for path in files)


def test_whom_a_key_is_shown(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.delenv("TWOLEVERS_API_KEY", raising=False)
    assert Address.of("https://api.openai.com/v1#gpt").key == SECRET
    for url in ("http://api.openai.com/v1", "https://openai.com.example.org/v1", "https://example.org/openai.com/v1"):
        assert Address.of(url).key == ""
    monkeypatch.setenv("TWOLEVERS_API_KEY", "mine")
    assert Address.of("https://example.org").key == "mine"
    monkeypatch.setenv("TWOLEVERS_API_KEY", "bad\nkey")
    with pytest.raises(UsageError, match="signs that no key has") as caught:
        Address.of("https://example.org")
    assert "bad" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://me:word@host/v1", "http://host/v1?key=abc", "http:///v1", "http://"])
def test_a_url_with_a_key_in_it_is_refused_without_repeating_it(url, home):
    with pytest.raises(UsageError, match="goes into TWOLEVERS_API_KEY") as caught:
        load(url)
    assert "word" not in str(caught.value) and "abc" not in str(caught.value)


@pytest.mark.parametrize("tail", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
def test_the_url_may_be_written_in_any_usual_way(tail):
    assert Address.of(f"http://localhost:8080{tail}#m") == Address("http://localhost:8080/v1", "m")


def test_a_server_with_several_models_is_told_which(server):
    server.models = [{"id": "small"}, {"id": "large"}]
    with pytest.raises(UsageError, match=rf"small, large\. Name one: {server.url}#MODEL"):
        connect(server)
    with pytest.raises(UsageError, match="has no model 'huge'; it lists small, large"):
        connect(server, url=f"{server.url}#huge")
    assert connect(server, url=f"{server.url}#large").name == "large"
    assert connect(server, url=f"{server.url}#large").key != connect(server, url=f"{server.url}#small").key


def test_a_model_that_is_called_by_its_file_is_named_without_the_folders(server):
    server.models = [{"id": "/home/me/models/small.Q8_0.gguf"}]
    model = connect(server)
    model.generate(CHATS[:1])
    assert model.name == "small.Q8_0.gguf" and server.asked[0][0]["model"] == "/home/me/models/small.Q8_0.gguf"


def test_what_a_server_does_not_know_is_left_out(server):
    def strict(handler, body):
        for name in ("chat_template_kwargs", "temperature", "max_tokens"):
            if name in body:
                hint = " Use 'max_completion_tokens' instead." * (name == "max_tokens")
                handler.answer(400, {"error": {"message": f"Unsupported parameter: '{name}'.{hint}"}})
                return
        handler.answer(200, GOOD)

    server.always = strict
    model = connect(server)
    assert [done.text for done in model.generate(CHATS)] == ["fine"] * 6
    before = len(server.asked)
    model.generate([[{"role": "user", "content": "another"}]])
    assert len(server.asked) == before + 1, "it is learned once"


def test_counts_that_a_server_leaves_out_are_estimated(server):
    server.always = says(200, {"choices": GOOD["choices"]})
    (done,) = connect(server).generate([[{"role": "user", "content": "how loud is the oven?"}]])
    assert done.prompt_tokens == 6 and done.new_tokens == 1


def test_texts_can_be_cut_without_a_tokenizer(server):
    tokenizer = connect(server).tokenizer
    text = "Wie laut ist der Ofen? 43 dB — ½ so laut\nwie …"
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert text.startswith(tokenizer.decode(tokenizer.encode(text)[:5]))


def test_the_last_seconds_of_tries_are_bounded():
    assert asking.FEWER < asking.TRIES and asking.FIRST_WAIT * 2**asking.TRIES < 2 * asking.LONGEST_WAIT


@pytest.mark.model
def test_a_bakeoff_leaves_the_arms_that_train_out_and_says_so(server, home_with_models, tmp_path):
    from test_bakeoff import save_inputs

    from twolevers.bakeoff.command import compare
    from twolevers.bakeoff.tasks.questions import Questions

    docs, questions = save_inputs(tmp_path)
    given = {"model": server.url, "report": lambda line: None, "minutes": 1}
    with pytest.raises(UsageError, match="cannot be trained, which tuned, both would need"):
        compare(Questions(docs, questions), tmp_path / "none", arms=["tuned", "both"], **given)
    found = compare(Questions(docs, questions), tmp_path / "out", **given)
    assert set(found["arms"]) == {"prompt", "rag"} and found["model"] == "tiny"
    assert any("cannot be trained: left out tuned, both, stacked" in note for note in found["notes"])
    assert found["arms"]["rag"]["prompt_tokens"] == 11 and found["arms"]["rag"]["latency_ms"]["p50"] > 0
    assert [line["what"] for line in found["arms"]["rag"]["costs"]] == ["hosted gpt-4o-mini"]
    right = found["arms"]["rag"]["per_right_answer"]
    assert right is None or right["cpu_seconds"] is None
    assert "left out tuned" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.model
def test_a_bakeoff_whose_server_breaks_off_goes_on_at_the_next_call(server, home_with_models, tmp_path):
    from test_bakeoff import save_inputs

    from twolevers.bakeoff.command import compare
    from twolevers.bakeoff.tasks.questions import Questions

    task, out = Questions(*save_inputs(tmp_path)), tmp_path / "out"
    given = {"model": server.url, "report": lambda line: None, "minutes": 1, "arms": ["prompt", "rag"]}
    server.script, server.always = [good] * 40, says(200, b"<!doctype html><p>Welcome", "text/html")
    with pytest.raises(TwoLeversError, match="answers with a web page") as error:
        compare(task, out, **given)
    assert "\n" not in str(error.value)
    answered = (out / "answers.jsonl").read_bytes()
    assert answered.count(b"\n") >= 8 and not (out / "results.json").exists()
    server.always = good
    found = compare(task, out, **given)
    assert set(found["arms"]) == {"prompt", "rag"} and (out / "report.html").exists()
    journal = (out / "answers.jsonl").read_bytes()
    keys = [json.loads(line)["key"] for line in journal.splitlines()]
    assert journal.startswith(answered) and len(keys) == len(set(keys)), "nothing was asked twice"


def test_a_server_writes_its_labels(server):
    words = iter(["Label: RED.", "blue or red", "blue green!", "I cannot tell", "redder", "Blue"])
    server.always = lambda handler, body: handler.answer(
        200, GOOD | {"choices": [{"message": {"content": next(words)}}]}
    )
    model = connect(server)
    model._at_once = 1
    found = Choosing(model, ["red", "blue", "blue green"]).generate(CHATS)
    assert [done.text for done in found] == ["red", "blue or red", "blue green", "I cannot tell", "redder", "blue"]


def test_a_real_llama_cpp_server_answers_as_our_engine_does(home, tmp_path, monkeypatch):
    llama = pytest.importorskip("xllamacpp", reason="xllamacpp (extra: bench) is not installed")
    monkeypatch.setenv("TWOLEVERS_DTYPE", "float32")
    file = write_tiny_gguf(tmp_path / "tiny.gguf")
    settings = llama.CommonParams()
    settings.model.path, settings.n_ctx, settings.n_parallel, settings.cpuparams.n_threads = str(file), 256, 2, 1
    settings.warmup = settings.fit_params = False
    running = llama.Server(settings)  # keeps the server while it is held
    there, here = load(running.listening_address), load(str(file), "cpu")
    asked = [[{"role": "user", "content": text}] for text in ("a b", "hello", "1 2 3")]
    told = [
        [(done.text, done.prompt_tokens, done.new_tokens) for done in each.generate(asked, 6)] for each in (there, here)
    ]
    assert told[0] == told[1] and there.name == "tiny.gguf" and there.max_length == here.max_length == 64


@pytest.mark.model
@pytest.mark.slow
def test_a_real_llama_cpp_server_reads_the_courses_own_model(home_with_models, tmp_path, monkeypatch):
    """Whole weights in the file, for llama.cpp rounds what it multiplies with 4-bit ones."""
    from twolevers.bakeoff.handover import gguf_file, weights
    from twolevers.decide.weights import stored

    llama = pytest.importorskip("xllamacpp", reason="xllamacpp is not installed")
    monkeypatch.setenv("TWOLEVERS_HOME", str(home_with_models))
    monkeypatch.setenv("TWOLEVERS_DTYPE", "float32")
    folder = weights.write(stored(""), None, tmp_path / "model")
    gguf_file.write(folder, tmp_path / "whole.gguf", "F16")
    settings = llama.CommonParams()
    settings.model.path, settings.n_ctx = str(tmp_path / "whole.gguf"), 1024
    settings.n_parallel = settings.cpuparams.n_threads = 1
    settings.warmup = settings.fit_params = False
    running = llama.Server(settings)
    told = {"role": "system", "content": "Answer in a few words."}
    asked = ["What is the capital of France?", "How many legs has a spider?", "What colour is a ripe tomato?"]
    chats = [[told, {"role": "user", "content": each}] for each in asked]
    there, here = load(running.listening_address), load("", "cpu")
    answers = [[(done.text, done.prompt_tokens) for done in each.generate(chats, 12)] for each in (there, here)]
    assert answers[0] == answers[1]
