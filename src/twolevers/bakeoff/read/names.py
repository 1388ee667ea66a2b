"""Names that people give to the columns of questions and examples, in English and other languages."""

# A column that says it is the truth comes before one that may hold what a model said.
REFERENCES = (
    *("ground_truth", "ground_truths", "ground_truth_answer", "ground_truth_answers", "gold", "gold_answer"),
    *("gold_answers", "golden_answer", "golden_answers", "gold_standard", "reference", "references"),
    *("reference_answer", "reference_answers", "expected", "expected_answer", "expected_answers", "expected_output"),
    *("expected_response", "correct_answer", "correct_answers", "correct_response", "true_answer", "ideal"),
    *(
        "ideal_answer",
        "human_answer",
        "human_answers",
        "answer_key",
        "accepted_answers",
        "acceptable_answers",
        "target",
    ),
    *("targets", "best_answer", "real_answer", "right_answer", "model_solution", "solution"),
    *(
        "richtige_antwort",
        "musterantwort",
        "réponse_attendue",
        "bonne_réponse",
        "respuesta_correcta",
        "risposta_corretta",
    ),
    *(
        "правильный_ответ",
        "正解",
        "模範解答",
        "标准答案",
        "標準答案",
        "参考答案",
        "參考答案",
        "正确答案",
        "正確答案",
        "모범답안",
    ),
)
SAID = (
    *("answers", "answer", "response", "output", "completion", "a"),
    *("antwort", "antworten", "réponse", "réponses", "respuesta", "respuestas", "risposta", "risposte", "resposta"),
    *(
        "antwoord",
        "svar",
        "odpowiedź",
        "odpověď",
        "ответ",
        "відповідь",
        "cevap",
        "回答",
        "答案",
        "答え",
        "解答",
        "답변",
    ),
    *("답", "정답", "उत्तर", "जवाब", "الإجابة", "إجابة", "الجواب", "jawaban", "câu trả lời"),
)
# Words that, as a part of a column's name, say that it is the truth, or that a model made it.
TRUE, MADE = (
    {"gold", "golden", "truth", "reference", "expected", "correct", "ideal", "human"},
    {
        *("model", "generated", "predicted", "prediction", "gpt", "gpt4", "llm", "bot", "rag", "score", "count", "is"),
        *("id", "doc", "document", "context", "source", "url", "incorrect", "wrong", "best"),
    },
)
ASKED = (
    *("query", "prompt", "ask", "question_text", "user_input", "text", "input", "q", "questions", "user_question"),
    *("frage", "fragen", "pregunta", "domanda", "pergunta", "vraag", "fråga", "spørgsmål", "spørsmål", "pytanie"),
    *(
        "otázka",
        "вопрос",
        "питання",
        "soru",
        "質問",
        "質問文",
        "問い",
        "問題",
        "问题",
        "问",
        "질문",
        "문제",
        "प्रश्न",
        "सवाल",
    ),
    *("السؤال", "سؤال", "pertanyaan", "câu hỏi"),
)
LABELS = (
    *(
        "label_text",
        "label_name",
        "completion",
        "intent",
        "category",
        "class",
        "target",
        "tag",
        "sentiment",
        "queue",
        "topic",
    ),
    *("kategorie", "klasse", "catégorie", "étiquette", "categoría", "etiqueta", "categoria", "etichetta", "категория"),
    *(
        "метка",
        "kategori",
        "ラベル",
        "カテゴリ",
        "分類",
        "分类",
        "标签",
        "類別",
        "类别",
        "라벨",
        "분류",
        "श्रेणी",
        "الفئة",
    ),
)
TEXTS = (
    *("utterance", "message", "query", "sentence", "input", "content", "body", "review", "review_text", "comment"),
    *("nachricht", "satz", "texte", "phrase", "texto", "testo", "tekst", "текст", "metin", "テキスト", "文章", "文"),
    *("文本", "내용", "텍스트", "문장", "पाठ", "النص", "email", "ticket", "description", "prompt"),
)
MESSAGES = (
    *("question", "prompt", "query", "message", "user", "input", "customer_message", "user_message", "customer"),
    *("body", "inquiry", "email", "ticket", "anfrage", "nachricht", "frage", "mensaje", "pregunta", "domanda"),
    *("質問", "問い合わせ", "问题", "질문", "вопрос", "प्रश्न", "سؤال"),
)
ANSWERED = (
    *("reply", "answer", "output", "completion", "target", "chosen", "assistant", "agent_reply", "agent_response"),
    *("agent", "assistant_response", "antwort", "réponse", "respuesta", "risposta", "回答", "返信", "答案", "回复"),
    *("답변", "ответ", "उत्तर", "الإجابة"),
)
YES = {"true", "yes", "y", "1", "1.0", "wahr", "ja", "vrai", "oui", "sí", "si", "verdadero", "vero", "да", "是", "はい"}
NO = {"false", "no", "n", "0", "0.0", "falsch", "nein", "faux", "non", "falso", "нет", "否", "いいえ"}
