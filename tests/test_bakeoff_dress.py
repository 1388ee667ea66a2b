"""The same data in other dress: forms of public sets, tables with lines above, options, labels, other languages."""

import pytest
from stand_ins import save

from twolevers.bakeoff.read.answers import NotUnderstood, accepted
from twolevers.bakeoff.read.documents import read_documents
from twolevers.bakeoff.read.examples import read_labelled, read_replies
from twolevers.bakeoff.read.questions import read_questions
from twolevers.errors import UsageError

OPTIONS = "Which gas?\nA) argon\nB) neon\nC) xenon"


@pytest.mark.parametrize(
    ("name", "content", "asked", "wanted"),
    [
        ("m.jsonl", [{"question": "Which gas?", "choices": ["argon", "neon", "xenon"], "answer": 2}], OPTIONS, "xenon"),
        ("o.csv", "question,A,B,C,answer\nWhich gas?,argon,neon,xenon,b\n", OPTIONS, "neon"),
        ("t.csv", "question,option1,option2,option3,answer\nWhich gas?,argon,neon,xenon,Neon\n", OPTIONS, "neon"),
        (
            "d.jsonl",
            [{"question": "Which gas?", "options": {"A": "argon", "B": "neon", "C": "xenon"}, "answer_idx": "C"}],
            OPTIONS,
            "xenon",
        ),
        (
            "k.jsonl",
            [
                {
                    "question": {
                        "stem": "Which gas?",
                        "choices": [
                            {"text": t, "label": n} for t, n in zip(("argon", "neon", "xenon"), "ABC", strict=True)
                        ],
                    },
                    "answerKey": "A",
                }
            ],
            OPTIONS,
            "argon",
        ),
        ("n.jsonl", [{"inputs": {"question": "How deep?"}, "outputs": {"answer": "4 m"}}], "How deep?", "4 m"),
        (
            "e.jsonl",
            [{"input": [{"role": "system", "content": "x"}, {"role": "user", "content": "How deep?"}], "ideal": "4 m"}],
            "How deep?",
            "4 m",
        ),
        (
            "c.jsonl",
            [{"messages": [{"role": "user", "content": "How deep?"}, {"role": "assistant", "content": "4 m"}]}],
            "How deep?",
            "4 m",
        ),
        ("l.json", [["question", "answer"], ["How deep?", "4 m"]], "How deep?", "4 m"),
        ("above.csv", "List of the pool,\n,\nquestion,answer\nHow deep?,4 m\n", "How deep?", "4 m"),
        ("remark.csv", "# kept by Ida\nquestion;answer\nHow deep?;4 m\n", "How deep?", "4 m"),
        ("rule.md", "| question | answer |\n|:--|--:|\n| How deep? | 4 m |\n", "How deep?", "4 m"),
        ("de.csv", "Frage;Antwort\nWie tief?;4 m\n", "Wie tief?", "4 m"),
        ("ja.csv", "質問,回答\n深さは？,4 m\n", "深さは？", "4 m"),
        ("hi.csv", "प्रश्न,उत्तर\nकितना गहरा?,4 m\n", "कितना गहरा?", "4 m"),
        ("gold.csv", "question,answer,goldAnswer\nHow deep?,9 m,4 m\n", "How deep?", "4 m"),
        ("human.csv", "question,llm_answer,human\nHow deep?,9 m,4 m\n", "How deep?", "4 m"),
    ],
)
def test_questions(tmp_path, name, content, asked, wanted):
    (question,), _ = read_questions(save(tmp_path / name, content))
    assert question.text == asked
    assert wanted in question.answers and "9 m" not in question.answers


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("{'text': array(['oak', 'elm tree'], dtype=object), 'answer_start': array([3, 9])}", ("oak", "elm tree")),
        ({"number": "", "date": {"day": "2", "month": "June", "year": "1911"}, "spans": []}, ("2 June 1911",)),
        ("3 + 4 = 7 trees.\n#### 7", ("7",)),
        ("oak | common oak", ("oak", "common oak")),
        ([], ()),
    ],
)
def test_cells(cell, wanted):
    assert accepted(cell) == wanted


def test_a_mapping_that_cannot_be_read_is_no_text():
    with pytest.raises(NotUnderstood, match="cannot be read"):
        accepted("{'text': nan, 'start': <NA>}")


def test_a_column_in_the_plural_holds_several_answers(tmp_path):
    path = save(tmp_path / "q.csv", "question,Correct Answers\nWhich tree?,oak; common oak\n")
    assert read_questions(path)[0][0].answers == ("oak", "common oak")
    path = save(tmp_path / "r.csv", "question,answer\nWhich trees?,oak; elm\n")
    assert read_questions(path)[0][0].answers == ("oak; elm",)


def test_an_answer_that_is_no_option_is_a_reason(tmp_path):
    rows = [{"question": f"Which {n}?", "choices": ["a", "b", "c"], "answer": wanted} for n, wanted in ((1, 7), (2, 0))]
    questions, unused = read_questions(save(tmp_path / "q.jsonl", rows))
    assert len(questions) == 1 and "none of its options" in unused[0].reason


def test_a_source_that_names_no_document_is_left_aside(tmp_path):
    path = save(tmp_path / "q.csv", "question,answer,source\nHow deep?,4 m,https://example.org\n")
    (question,), remarks = read_questions(path, ["pool.md"])
    assert question.doc_ids == () and any("none of the documents" in each.reason for each in remarks)


@pytest.mark.parametrize(
    ("row", "came", "went"),
    [
        (
            {
                "system": "Be calm.",
                "messages": [{"role": "user", "content": "Hm"}, {"role": "assistant", "content": "Ah"}],
            },
            "Be calm.\n\nHm",
            "Ah",
        ),
        (
            {
                "systemInstruction": {"parts": [{"text": "Be calm."}]},
                "contents": [{"role": "user", "parts": [{"text": "Hm"}]}, {"role": "model", "parts": [{"text": "Ah"}]}],
            },
            "Be calm.\n\nHm",
            "Ah",
        ),
        (
            {"instruction": "Now?", "input": "noon", "output": "Yes", "history": [["Hm", "Ah"]], "system": "Be calm."},
            "Be calm.\n\nuser: Hm\n\nassistant: Ah\n\nuser: Now?\n\nnoon",
            "Yes",
        ),
        (
            {"messages": [{"role": "User", "content": "Hm"}, {"role": "Chatbot", "content": "Ah"}]},
            "Hm",
            "Ah",
        ),
        ([{"role": "user", "content": "Hm"}, {"role": "assistant", "content": "Ah"}], "Hm", "Ah"),
        ({"customer_message": "Hm", "agent_reply": "Ah"}, "Hm", "Ah"),
    ],
)
def test_replies(tmp_path, row, came, went):
    (pair,), _ = read_replies(save(tmp_path / "x.json", [row]))
    assert (pair.text, pair.target) == (came, went)


def test_labels_in_words_and_in_one_spelling(tmp_path):
    found, _ = read_labelled(save(tmp_path / "n.csv", "text,label,label_name\nMoo,0,cow\nBaa,1,sheep\n"))
    assert [pair.target for pair in found] == ["cow", "sheep"]
    found, remarks = read_labelled(save(tmp_path / "c.csv", "Text;Kategorie\nMuh;Kuh\nMuuh;kuh\nMuhh;Kuh\nBäh;Schaf\n"))
    assert [pair.target for pair in found] == ["Kuh", "Kuh", "Kuh", "Schaf"]
    assert "more than one way" in remarks[0].reason


@pytest.mark.parametrize(
    ("name", "content", "title", "text"),
    [
        ("a.html", "<ol start=4><li>cut</li><li>sew</li></ol><p>10<sup>3</sup> l", "a", "4. cut\n\n5. sew\n\n10³ l"),
        ("b.html", "<p style='opacity: 0'>no</p><dialog>no</dialog><p style='left:-9999px'>no</p>yes", "b", "yes"),
        ("c.html", "<span style='display:block'>one</span>two<button>three</button>", "c", "one\n\ntwo\n\nthree"),
        ("d.txt", "<!DOCTYPE html><p>plain <i>page</i></p>", "d", "plain page"),
        ("e.md", "---\r\ntitle: Kiln\r\n---\r\nHot.\r\n", "Kiln", "---\ntitle: Kiln\n---\nHot."),
        ("f.md", '{"title": "Loom"}\n\nWide.\n', "Loom", '{"title": "Loom"}\n\nWide.'),
        ("g.md", "> # said by others\n\nText\n", "g", "> # said by others\n\nText"),
        ("h.txt", "焼き物の窯です。".encode("iso2022_jp"), "h", "焼き物の窯です。"),
        ("i.html", b"<meta charset=no-such>" + "Füße, Größe".encode("cp1252"), "i", "Füße, Größe"),
        ("j.txt", "Maïs, café".encode("cp850"), "j", "Maïs, café"),
        ("k.txt", "Öğüt: şükür".encode("cp1254"), "k", "Öğüt: şükür"),
        ("l.txt", "Αθήνα".encode("iso8859-7"), "l", "Αθήνα"),
        (
            "m.html",
            "<ul><li>one<li>two</ul><table><tr><td>a<br>b<td>c<tr><td>d<td>e</table>",
            "m",
            "- one\n\n- two\n\na b | c\n\nd | e",
        ),
    ],
)
def test_documents(tmp_path, name, content, title, text):
    save(tmp_path / name, content)
    (document,), _ = read_documents(tmp_path)
    assert (document.title, document.text) == (title, text)


def test_raised_digits_of_a_word_document(tmp_path):
    from docx import Document

    made = Document()
    paragraph = made.add_paragraph("The tank holds 10")
    paragraph.add_run("4").font.superscript = True
    paragraph.add_run(" litres.")
    made.save(tmp_path / "tank.docx")
    assert read_documents(tmp_path)[0][0].text == "The tank holds 10⁴ litres."


def test_a_few_bytes_that_are_no_text_are_said(tmp_path):
    save(tmp_path / "a.txt", b"\x00\x01\x02\x7fELF")
    save(tmp_path / "b.txt", "words")
    _, unused = read_documents(tmp_path)
    assert "holds no text" in unused[0].reason


def test_a_page_that_is_a_picture_with_its_number_is_named(tmp_path):
    from pypdf import PdfWriter
    from pypdf.generic import DictionaryObject, NameObject, NumberObject, StreamObject

    def stream(content, **entries):
        made = StreamObject()
        made._data = content
        made.update({NameObject(f"/{name}"): value for name, value in entries.items()})
        return writer._add_object(made)

    writer = PdfWriter()
    for text in ("The lease of the barn ends in the autumn of 2031.", "2"):
        page = writer.add_blank_page(300, 300)
        font = {"Type": "Font", "Subtype": "Type1", "BaseFont": "Helvetica"}
        font = DictionaryObject({NameObject(f"/{name}"): NameObject(f"/{value}") for name, value in font.items()})
        sizes = {"Width": NumberObject(1), "Height": NumberObject(1), "BitsPerComponent": NumberObject(8)}
        picture = stream(b"0", Subtype=NameObject("/Image"), ColorSpace=NameObject("/DeviceGray"), **sizes)
        page[NameObject("/Resources")] = DictionaryObject(
            {
                NameObject("/Font"): DictionaryObject({NameObject("/F"): writer._add_object(font)}),
                NameObject("/XObject"): DictionaryObject({NameObject("/I"): picture}),
            }
        )
        page[NameObject("/Contents")] = stream(f"BT /F 12 Tf 20 200 Td ({text}) Tj ET /I Do".encode())
    writer.write(tmp_path / "lease.pdf")
    (document,), remarks = read_documents(tmp_path)
    assert "2031" in document.text
    assert [(each.where, "hardly any text" in each.reason) for each in remarks] == [("lease.pdf page 2", True)]


def test_a_workbook_with_a_title_and_a_hidden_sheet(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    hidden = book.active
    hidden.title, hidden.sheet_state = "Old", "hidden"
    for row in (["question", "answer"], ["How deep was it?", "3 m"]):
        hidden.append(row)
    shown = book.create_sheet("FAQ")
    for row in (["Questions of the pool"], [], ["Frage", "Antwort"], ["Wie tief?", "4 m"]):
        shown.append(row)
    book.active = 1
    book.save(tmp_path / "q.xlsx")
    (question,), remarks = read_questions(tmp_path / "q.xlsx")
    assert (question.text, question.answers) == ("Wie tief?", ("4 m",))
    assert [each.reason for each in remarks] == ["stands above the header", "is a hidden sheet: save it apart"]


def test_an_exponent_of_a_formula(tmp_path):
    from docx import Document
    from docx.oxml import parse_xml

    space = "http://schemas.openxmlformats.org/officeDocument/2006/math"
    inside = "<m:sSup><m:e><m:r><m:t>10</m:t></m:r></m:e><m:sup><m:r><m:t>6</m:t></m:r></m:sup></m:sSup>"
    made = Document()
    made.add_paragraph("At most ")._p.append(parse_xml(f'<m:oMath xmlns:m="{space}">{inside}</m:oMath>'))
    made.save(tmp_path / "a.docx")
    assert read_documents(tmp_path)[0][0].text == "At most 10⁶"


def test_flags_and_contexts_are_no_reference(tmp_path):
    path = save(tmp_path / "f.csv", "question,model_answer,correct\nA?,x,True\nB?,y,False\n")
    with pytest.raises(UsageError, match="no column for the answers"):
        read_questions(path)
    path = save(tmp_path / "g.csv", "question,expected_contexts,answer\nHow deep?,some page,4 m\n")
    assert read_questions(path)[0][0].answers == ("4 m",)
    path = save(tmp_path / "h.csv", "Frage,Antwort,Richtige Antwort\nWie tief?,9 m,4 m\n")
    assert read_questions(path)[0][0].answers == ("4 m",)


def test_scalars_of_numpy(tmp_path):
    assert [accepted(cell) for cell in ("np.True_", "np.int64(7)", "np.str_('oak')", "[np.int64(7), np.int64(8)]")] == [
        *(("yes",), ("7",), ("oak",), ("7", "8")),
    ]


def test_why_there_is_but_one_label(tmp_path):
    path = save(tmp_path / "l.jsonl", [{"text": "moo", "label": {"name": "cow"}}, {"text": "baa", "label": "sheep"}])
    with pytest.raises(UsageError, match=r"only one label.*holds a mapping of name"):
        read_labelled(path)
    found, _ = read_labelled(save(tmp_path / "p.csv", "prompt,completion\nMoo ->, cow\nBaa ->, sheep\n"))
    assert [pair.target for pair in found] == ["cow", "sheep"]
