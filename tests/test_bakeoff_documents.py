"""Documents as people keep them: pages, Word files, PDFs, Markdown, code pages, links, answer keys beside them."""

import io
import json
import os
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stand_ins import save

from twolevers.bakeoff.read.decode import decode, decoded
from twolevers.bakeoff.read.documents import read_documents
from twolevers.bakeoff.read.html import page
from twolevers.bakeoff.read.key import without_keys
from twolevers.bakeoff.read.markdown import markdown
from twolevers.bakeoff.read.questions import read_questions
from twolevers.errors import UsageError


def rows(text):
    return [line for line in text.splitlines() if line]


def test_a_page_breaks_at_blocks_alone():
    text, title = page(
        "<title>Shop</title><h1>The <em>kettle</em></h1><p>It holds <b>1</b>,<i>7</i> l<sup>a</sup>.<br>It is "
        "<span>r</span>ed.</p><ul><li>one <b>two</b></li></ul><pre>a  b\n c</pre><div>end<div>inner</div>tail</div>"
    )
    assert title == "The kettle"
    assert rows(text) == [
        "The kettle",
        "It holds 1,7 la.",
        "It is red.",
        "- one two",
        *["a  b", " c"],
        *("end", "inner", "tail"),
    ]


def test_a_row_of_a_table_is_a_line():
    text, title = page(
        "<table><caption>Ovens</caption><tr><th>Name</th><th>Watts</th></tr><tr><td><p>A</p></td><td>900 W</td></tr>"
        "<tr><td colspan=2>both <b>black</b></td></tr><tr><td>B<td>800 W</table>"
    )
    assert rows(text) == ["Ovens", "Name | Watts", "A | 900 W", "both black", "B | 800 W"] and title == ""
    assert rows(page("<table><tr><td><h1>A</h1><p>b</p></td></tr></table>")[0]) == ["A", "b"]  # a frame


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>secret</p>",
        '<div style="color:red; display : none">secret</div>',
        '<span style="visibility:hidden">secret</span>',
        "<!-- secret -->",
        "<template>secret</template>",
        "<style>.off, #x { display:none }</style><p class='a off'>secret</p><p id=x>secret</p>",
        "<script>secret</script><noscript>secret</noscript>",
    ],
)
def test_what_no_reader_sees_is_left_out(hidden):
    assert rows(page(f"<p>seen</p>{hidden}<p>seen too</p>")[0]) == ["seen", "seen too"]


def test_a_style_for_print_hides_nothing():
    assert "seen" in page("<style>@media print { p { display: none } }</style><p>seen</p>")[0]


def test_a_deep_page_is_read():
    assert "core" in page("<div>" * 3000 + "core")[0]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("```sh\n# not this\n```\n# This *one*\n", "This one"),
        ("~~~\n# no\n```\n# no\n~~~\n\nThat one\n===\n", "That one"),
        ("    # code\n\n# Title #\n", "Title"),
        ("---\ntags: [x]\ntitle: 'Front: page'\n---\n# Heading\n", "Front: page"),
        ("---\n# a remark\nx: 1\n---\n\n# Heading\n", "Heading"),
        ('+++\ntitle = "Toml"\n+++\ntext', "Toml"),
        ("<!-- # hidden -->\n\n<h1 align=center>Big <b>one</b></h1>\n", "Big one"),
        ("## Second level\ntext", ""),
        ("---\n\nA rule, no front matter.\n", ""),
    ],
)
def test_titles_of_markdown(text, title):
    assert markdown(text)[1] == title


def test_comments_of_markdown_are_left_out_and_code_is_kept():
    text, _ = markdown("a <!-- gone\ngone --> b\n\n```html\n<!-- kept -->\n```\n")
    assert "gone" not in text and "<!-- kept -->" in text


def docx(build):
    from docx import Document

    stream = io.BytesIO()
    letter = Document()
    build(letter)
    letter.save(stream)
    return stream.getvalue()


def xml(inner):
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    return parse_xml(f"<w:p {nsdecls('w')} xmlns:v='urn:schemas-microsoft-com:vml'>{inner}</w:p>")


def run(text):
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def test_a_word_document_is_read_in_its_order(tmp_path):
    def build(letter):
        letter.sections[0].header.paragraphs[0].text = "Edition 3"
        letter.sections[0].footer.paragraphs[0].text = "Page foot"
        letter.add_paragraph("Before.")
        table = letter.add_table(rows=3, cols=2)
        table.cell(0, 0).merge(table.cell(0, 1)).text = "Prices"
        table.cell(1, 0).text, table.cell(1, 1).text = "Oven", "900 EUR"
        inner = table.cell(2, 1).add_table(rows=1, cols=2)
        table.cell(2, 0).text, inner.cell(0, 0).text, inner.cell(0, 1).text = "Kettle", "small", "40 EUR"
        letter.add_paragraph("After.")
        body = letter.element.body
        content = f"<w:sdt><w:sdtContent>{run('in a control')}</w:sdtContent></w:sdt>"
        changes = (
            f"<w:ins w:id='1'>{run('put in')}</w:ins><w:del w:id='2'><w:r><w:delText>gone</w:delText></w:r></w:del>"
        )
        held = f"<w:txbxContent><w:p>{run('boxed')}</w:p></w:txbxContent>"
        box = f"<w:r><w:pict><v:shape><v:textbox>{held}</v:textbox></v:shape></w:pict></w:r>"
        veiled = "<w:r><w:rPr><w:vanish/></w:rPr><w:t>veiled</w:t></w:r>"
        body.insert(len(body) - 1, xml(run("It is ") + content + run(", ") + changes + veiled + run(" here.") + box))

    save(tmp_path / "a.docx", docx(build))
    (found,), _ = read_documents(tmp_path)
    assert rows(found.text) == [
        *("Edition 3", "Before.", "Prices", "Oven | 900 EUR", "Kettle", "small | 40 EUR", "After."),
        *("It is in a control, put in here.", "boxed", "Page foot"),
    ]


def test_cells_merged_downwards_stand_once(tmp_path):
    def build(letter):
        table = letter.add_table(rows=2, cols=2)
        table.cell(0, 0).merge(table.cell(1, 0)).text = "Both"
        table.cell(0, 1).text, table.cell(1, 1).text = "one", "two"

    (found,), _ = read_documents(save(tmp_path / "a.docx", docx(build)))
    assert rows(found.text) == ["Both | one", "two"]


def pdf(pages, password=None, owner="owner"):
    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject(f"/{key}"): NameObject(f"/{value}")
            for key, value in (("Type", "Font"), ("Subtype", "Type1"), ("BaseFont", "Helvetica"))
        }
    )
    for text in pages:
        sheet = writer.add_blank_page(300, 200)
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET".encode() if text else b"")
        sheet[NameObject("/Contents")] = writer._add_object(stream)
        sheet[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
    if password is not None:
        writer.encrypt(password, owner, algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_pages_without_text_are_listed(tmp_path):
    save(tmp_path / "a.pdf", pdf(["First", "", "", "", "Last", ""]))
    (found,), unused = read_documents(tmp_path)
    assert rows(found.text) == ["First", "Last"]
    assert [(each.where, each.reason) for each in unused] == [("a.pdf pages 2 to 4, 6", "hold no text")]


def test_an_encrypted_file_that_opens_is_read_and_a_locked_one_named(tmp_path):
    save(tmp_path / "open.pdf", pdf(["Opens by itself"], password=""))
    save(tmp_path / "shut.pdf", pdf(["Secret"], password="x"))
    (found,), unused = read_documents(tmp_path)
    assert found.text == "Opens by itself"
    assert [(each.where, each.reason) for each in unused] == [
        ("shut.pdf", "is locked with a password: save a copy without one")
    ]


TEXTS = [
    ("cp1250", "Zaměstnanci mají nárok na dovolenou v délce pěti týdnů, není-li dohodnuto jinak."),
    ("iso8859_2", "Żółty ser należy przechowywać w chłodnym miejscu, najlepiej w lodówce."),
    ("cp1251", "Насос следует чистить раз в месяц, перед этим отключите питание."),
    ("koi8_r", "Насос следует чистить раз в месяц, перед этим отключите питание."),
    ("cp1253", "Ο φούρνος καθαρίζεται μία φορά τον μήνα με ζεστό νερό."),
    ("cp1254", "Fırın ayda bir kez ılık suyla temizlenir, ardından kapağı açık bırakılır."),
    ("cp1255", "יש לנקות את התנור פעם בחודש במים חמים."),
    ("cp1252", "Der Ofen wird einmal im Monat gesäubert, große Flächen zuerst."),
    ("shift_jis", "オーブンは月に一度、温かい水で掃除してください。"),
    ("gb18030", "请每个月用温水清洗一次烤箱，清洗前先断开电源。"),
    ("euc_kr", "오븐은 한 달에 한 번 따뜻한 물로 청소하십시오."),
]


@pytest.mark.parametrize(("encoding", "text"), TEXTS)
def test_code_pages_are_guessed_named_and_honoured(tmp_path, encoding, text):
    found = decoded(text.encode(encoding), "x.txt")
    assert found.text == text and found.guessed
    save(tmp_path / "a.txt", text, encoding)
    (document,), unused = read_documents(tmp_path)
    assert document.text == unicodedata.normalize("NFC", text) and unused[0].used and "a guess" in unused[0].reason
    declared = save(tmp_path / "b.html", f'<meta charset="{encoding}"><p>{text[:12]}</p>', encoding)
    (document,), unused = read_documents(declared)
    assert document.text == text[:12].strip() and not unused


@pytest.mark.parametrize("text", ["café", "Das heiße Öl, die Straße: naß, daß", "à", "a menu, où?", "Fin é"])
def test_an_accent_at_the_end_is_not_a_file_cut_off(text):
    assert decode(text.encode("latin-1"), "x.txt") == text
    assert decode("Größe ".encode() + "ü".encode()[:1], "x.txt") == "Größe \ufffd"


def test_utf_8_is_kept_although_a_page_declares_another(tmp_path):
    (found,), _ = read_documents(save(tmp_path / "a.html", '<meta charset="iso-8859-1"><p>Größe</p>'))
    assert found.text == "Größe"


@pytest.mark.parametrize(
    "text", ["One line, with commas, and more.", "[Note] text\nmore", "{curly} text", "id of, the\ntext"]
)
def test_a_text_file_alone_is_a_document(tmp_path, text):
    (found,), _ = read_documents(save(tmp_path / "a.txt", text))
    assert found.text == text and found.doc_id == "a.txt"


def test_links_stay_within_the_folder(tmp_path):
    docs = tmp_path / "docs"
    save(docs / "a.md", "Inside.")
    save(tmp_path / "outside.md", "Outside.")
    save(tmp_path / "far" / "b.md", "Far.")
    os.symlink(tmp_path / "outside.md", docs / "out.md")
    os.symlink(tmp_path / "far", docs / "far")
    os.symlink(docs, docs / "loop")
    os.symlink(tmp_path / "none.md", docs / "none.md")
    os.mkfifo(docs / "pipe.md")
    found, unused = read_documents(docs)
    assert [each.doc_id for each in found] == ["a.md"]
    assert {each.where for each in unused} == {"out.md", "far", "loop", "none.md", "pipe.md"}


def test_odd_names_are_ids_in_one_composition(tmp_path):
    save(tmp_path / "Ku\u0308che 1%.md", "Kitchen.")
    save(tmp_path / "a\nb.md", "Break.")
    (tmp_path / os.fsdecode(b"\xff.md")).write_text("Bytes.")
    found, _ = read_documents(tmp_path)
    assert {each.doc_id for each in found} == {"Küche 1%.md", "a\ufffdb.md", "\ufffd.md"}
    questions = save(tmp_path / "q.csv", "question,answer,doc_id\nWhat?,a kitchen,Küche 1%.md\n")
    assert len(read_questions(questions, [each.doc_id for each in found])[0]) == 1


def test_what_a_bake_off_wrote_and_the_key_are_no_documents(tmp_path):
    for n in range(4):
        save(tmp_path / f"d{n}.md", f"The oven {n} draws {n}00 W.")
    table = "question;answer\n" + "".join(f"What does oven {n} draw?;{n}00 W\n" for n in range(4))
    questions = save(tmp_path / "questions.txt", table)
    save(tmp_path / "copy.txt", table.replace(";", "\t"))
    save(tmp_path / "faq.md", "".join(f"What does oven {n} draw?\n\nIt draws {n}00 W.\n\n" for n in range(4)))
    save(tmp_path / "out" / "report.html", "<p>All answers</p>")
    save(tmp_path / "earlier" / "results.json", json.dumps({"schema": 1, "arms": {}, "recommendation": {}}))
    save(tmp_path / "earlier" / "decision-record.md", "# All answers")
    save(tmp_path / "earlier" / "own.md", "A document of mine.")
    documents, unused = read_documents(tmp_path, [questions, tmp_path / "out"])
    asked, _ = read_questions(questions)
    documents, keys = without_keys(documents, asked)
    assert {each.doc_id for each in documents} == {"d0.md", "d1.md", "d2.md", "d3.md", "faq.md", "earlier/own.md"}
    assert {each.where for each in (*unused, *keys)} == {
        *("questions.txt", "out", "copy.txt", "earlier/results.json", "earlier/decision-record.md")
    }
    with pytest.raises(UsageError, match="nothing but the questions"):
        without_keys([each for each in read_documents(tmp_path / "copy.txt")[0]], asked)


def test_a_table_of_documents_refuses_mappings(tmp_path):
    lines = [json.dumps({"id": "a", "text": {"x": 1}}), json.dumps({"id": "b", "text": "fine"})]
    (found,), unused = read_documents(save(tmp_path / "d.jsonl", "\n".join(lines)))
    assert found.doc_id == "b" and unused[0].where == "d.jsonl line 1"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(st.sampled_from("<>/=\"' abptdrh1!-#~`\n\u00e9"), max_size=120), st.sampled_from([".html", ".md", ".txt"])
)
def test_any_markup_is_read_or_refused_in_one_line(tmp_path, text, suffix):
    try:
        found, unused = read_documents(save(tmp_path / f"any{suffix}", text))
    except UsageError as error:
        assert "\n" not in str(error)
    else:
        assert found and all(each.reason for each in unused)
