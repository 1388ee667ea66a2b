"""How people decline to answer in other languages: "not in the documents", "not stated", "no information"."""

# A text without any of these words or signs holds none of the phrases: most texts are told from it at once.
CUES = (
    r"\b(?:nicht|nichts|kein|weiss|k\. ?a\.|unbekannt|pas|non|aucune|inconnu|no|sin|desconocid|desconhecid|não|sem"
    r"|nessun|sconosciut|niet|geen|onbekend|ikke|inte|ej|ingen|nie|brak|nevím|není|không|tidak)|бе|не|yok|bil|belirtil|bahsed"
    r"|لا|غير|لم|ليس|לא|אין|नह|[没沒未无無不]|ません|な[いしか]|없|모[르릅]|몰|않|ไม่|情報|回答|知"
)
_UP_TO = r"[^.!?。！？]{0,80}?"

OTHERS = (
    # German
    rf"{_UP_TO}\b(?:nicht|nichts|kein\w*) (?:\w+ ){{0,3}}?(?:in|im|aus) (?:(?:den|dem|der|diesen|diesem|meinen) )?"
    r"(?:dokument|text|quelle|passage|unterlage|kontext|auszug|auszügen)",
    rf"{_UP_TO}\bnicht (?:angegeben|erwähnt|genannt|bekannt|enthalten|aufgeführt|beantwortbar|zu beantworten)\b",
    r"(?:ich )?weiss (?:ich |es )?(?:leider )?nicht\b|(?:das )?weiss ich (?:leider )?nicht\b"
    r"|(?:dazu |hierzu |darüber )?(?:gibt es |liegen |habe ich |finde ich )?(?:leider )?keine? "
    r"(?:angaben?|informationen?|antwort|auskunft|hinweise?)\b|k\. ?a\.|unbekannt(?=\W*$)",
    r"(?:die|das|der) (?:dokumente?|texte?|kontext|quellen?|unterlagen) (?:enthalten|enthält|geben|gibt|nennen|nennt"
    r"|sagen|sagt) (?:\w+ )?(?:kein\w*|nicht\w*)\b",
    # French
    r"je (?:ne |n')?(?:le )?sais pas|je n'ai pas (?:cette|l'|d')\s?(?:information|réponse)",
    rf"{_UP_TO}\b(?:pas|non) (?:mentionnée?s?|précisée?s?|indiquée?s?|spécifiée?s?|disponibles?|connue?s?|dans"
    rf" (?:les?|l'|ces?)"
    r"\s?(?:documents?|textes?|passages?|contexte|extraits?))",
    r"(?:les?|l'|ces?)\s?(?:documents?|textes?|contexte|passages?) ne (?:\w+ ){1,2}?pas\b"
    r"|(?:il n'y a )?aucune (?:information|réponse|mention|indication)\b|inconnue?(?=\W*$)",
    # Spanish, Portuguese, Italian
    rf"no (?:lo )?sé\b|sin (?:información|respuesta)\b|no hay (?:información|datos|respuesta)\b"
    rf"|desconocido(?=\W*$)|{_UP_TO}"
    r"\bno (?:se (?:menciona|indica|especifica|dice)|(?:está|aparece|figura|consta) en (?:los|el|la)s?"
    r" (?:documento|texto|contexto))",
    rf"(?:eu )?não (?:o )?sei\b|não há (?:informaç\w+|dados|resposta)|sem (?:informaç\w+|resposta)\b"
    rf"|{_UP_TO}\bnão (?:é |está "
    r"|foi |são )?(?:consta|mencionad|indicad|especificad|informad|encontrad|aparece n)|desconhecido(?=\W*$)",
    rf"non (?:lo )?so\b|nessuna (?:informazione|risposta)\b|{_UP_TO}\bnon (?:è |sono |viene |vengono"
    rf" )?(?:indicat|menzionat|specificat"
    r"|riportat|presente ne|disponibil|c'è ne)|sconosciuto(?=\W*$)",
    # Dutch and Scandinavian
    rf"(?:dat )?(?:ik )?weet (?:ik )?(?:het )?niet\b|geen (?:informatie|antwoord)\b|onbekend(?=\W*$)"
    rf"|{_UP_TO}\bniet (?:vermeld|genoemd|aangegeven"
    r"|bekend|in de (?:documenten|tekst))",
    rf"(?:det )?(?:jeg |jag )?v(?:ed|et|eit) (?:jeg |jag )?(?:det )?(?:ikke|inte)\b|ingen (?:information"
    rf"|informasjon|oplysninger|opplysninger|uppgift)\b"
    rf"|{_UP_TO}\b(?:ikke|inte|ej) (?:nævnt|nevnt|nämn\w*|angivet|oppgitt|oplyst|i dokument\w*|i tekst\w*|i text\w*)",
    # Polish, Czech, Russian, Ukrainian, Turkish
    rf"nie wiem\b|brak (?:informacji|danych|odpowiedzi)\b|{_UP_TO}\bnie (?:podano|ma (?:tego )?w (?:dokument"
    rf"|tekśc)|wspomniano|określono)"
    r"|nevím\b|není uvedeno\b",
    rf"(?:я )?не знаю\b|нет (?:информации|данных|ответа|сведений)\b|неизвестно(?=\W*$)|{_UP_TO}\bне (?:указан"
    rf"|упомина|упомянут|сказано|говорится"
    rf"|содержится|найден)|{_UP_TO}\bв (?:документ|текст|контекст)\w* (?:этого |об этом |такой информации"
    rf" )?(?:нет|не )|(?:я )?не знаю\b|немає інформації",
    rf"bil(?:m|in)(?:iyorum|iyor)\b|bilinmiyor\b|bilgi (?:yok|bulunmuyor|verilmemiş)|{_UP_TO}\b(?:belirtilmemiş"
    rf"|bahsedilmiyor|bahsedilmemiş)"
    rf"|{_UP_TO}\b(?:belge|doküman|metin)\w* (?:yok|bulunmuyor|geçmiyor)",
    # Arabic, Hebrew, Hindi
    rf"لا (?:أعرف|أعلم|أدري|ندري|توجد (?:معلومات|إجابة)|يوجد (?:جواب|معلومات|ذكر))|غير (?:مذكور|محدد|معروف|متوفر"
    rf"|متاح)|{_UP_TO}(?:لم (?:يذكر|ترد|يرد|تذكر)"
    r"|لا (?:تذكر|يذكر|تحتوي) )|ليس(?:ت)? في (?:الوثائق|المستندات|النص)",
    r"אני לא יודע|לא (?:יודע|ידוע|צוין|מצוין|מוזכר|נמצא ב)|אין (?:מידע|תשובה)",
    rf"मुझे (?:यह )?(?:नहीं पता|पता नहीं|मालूम नहीं|नहीं मालूम)|पता नहीं|(?:\S+ )?(?:जानकारी|उत्तर|सूचना) (?:उपलब्ध )?(?:नहीं"
    rf"|मौजूद नहीं)|{_UP_TO}(?:दस्तावेज|पाठ|संदर्भ)\S*"
    rf" में (?:\S+ ){{0,3}}?नहीं|{_UP_TO}(?:उल्लेख|बताया|दिया) (?:गया )?नहीं|{_UP_TO}नहीं (?:बताया|दिया|लिखा) गया",
    # Chinese, Japanese, Korean, Thai, Vietnamese, Indonesian
    r"[^。]{0,40}(?:没有提[到及]|沒有提[到及]|未提[到及供]|未提及|没有(?:相关)?信息|沒有(?:相關)?(?:資訊|信息)"
    r"|无相关信息|無相關資訊|无法(?:回答|确定|得知)"
    r"|無法(?:回答|確定|得知)|不知道|不清楚|不确定|不確定|[不没沒未]在(?:文件|文档|文檔|资料|資料|文本|上下文)"
    r"|(?:文件|文档|文檔|资料|資料|文中|文本)(?:中|里|裡)?(?:并|並)?[没沒]有"
    r"|[没沒]有(?:記載|记载|說明|说明|答案)|未(?:說明|说明|記載|记载|知)(?=\W*$))",
    r"[^。]{0,40}(?:記載(?:され|が|は)?(?:て)?(?:い|あり)?ません|記載(?:が|は)?な[しい]|書かれていな?(?:い"
    r"|ません)|書いて(?:い)?(?:ない|ありません)"
    r"|[分わ]かりません|[分わ]からない|不明(?:です)?(?=\W*$)|情報[はが](?:ありません|ない|なし)|情報なし"
    r"|回答できません|知りません|見つかりません|載っていません"
    r"|述べられていません|言及されていません)",
    r".{0,40}(?:알 수 없|모르겠|모릅니다|몰라|언급(?:되지|이) (?:않|없)|문서에(?:는)? (?:\S+ )?(?:없|나와)"
    r"|정보가 없|정보 없음|나와 ?있지 않|찾을 수 없|답변할 수 없|명시되(?:어 있)?지 않)",
    r".{0,40}(?:ไม่ทราบ|ไม่รู้|ไม่มีข้อมูล|ไม่ได้ระบุ|ไม่ได้กล่าวถึง|ไม่อยู่ในเอกสาร)",
    r"(?:tôi )?không (?:biết|có thông tin|được (?:đề cập|nêu))|(?:saya )?tidak (?:tahu|ada informasi|disebutkan"
    r"|diketahui)",
)
