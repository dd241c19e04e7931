"""What the clients of each language write above an old mail, and what only looks like it."""

# ruff: noqa: RUF001 - letters of other scripts look like ours

import unicodedata

import pytest

from services.parser.lines import joined, text_lines
from services.parser.parsing import parse
from services.parser.quotes import split_lines
from services.parser.subjects import read_subject
from services.parser.vocabulary import vocabulary
from shared.contracts.mail import ParsingPolicy

INTROS = (
    ("hu", "Ügyfélszolgálat <help@helpdesk.example> ezt írta (időpont: 2024. márc. 4., H, 9:12):"),
    ("hu", "2024. 03. 04. 9:12 keltezéssel, Ügyfélszolgálat írta:"),
    ("hu", "Ügyfélszolgálat írta 2024. 03. 04. 9:12 dátummal:"),
    ("hu", "Kovács Éva <eva@desk.example> írta (2024. márc. 4., 9:12):"),
    ("ro", "În lun., 4 mar. 2024 la 09:12, Helpdesk <help@helpdesk.example> a scris:"),
    ("ro", "Pe 4 mar. 2024, la 09:12, Helpdesk <help@helpdesk.example> a scris:"),
    ("ro", "luni, 4 martie 2024 la 09:12:03 EET, Ana Pop <ana@desk.example> a scris:"),
    ("sk", "po 4. 3. 2024 o 9:12 Podpora <help@helpdesk.example> napísal(a):"),
    ("sk", "Dňa 4. 3. 2024 o 9:12 Podpora napísal(a):"),
    ("uk", "пн, 4 бер. 2024 р. о 09:12 Підтримка <help@helpdesk.example> пише:"),
    ("uk", "4 бер. 2024 р. о 09:12 Підтримка\n<help@helpdesk.example> пише:"),
    ("hr", "pon, 4. ožu 2024. u 09:12 Podrška <help@helpdesk.example> napisao je:"),
    ("hr", "Podrška <help@helpdesk.example> je napisao 04.03.2024. u 09:12:"),
    ("et", "Kontakt Kasutajatugi (<help@helpdesk.example>) kirjutas kuupäeval E, 4.\nmärts 2024 kell 09:12:"),
    ("et", "Kasutajatugi kirjutas 04.03.2024 kell 09:12:"),
    ("el", "Στις Δευ 4 Μαρ 2024 στις 9:12 π.μ., ο χρήστης Υποστήριξη\n<help@helpdesk.example> έγραψε:"),
    ("el", "Στις 4 Μαρ 2024, στις 9:12 π.μ., ο/η Υποστήριξη <help@helpdesk.example> έγραψε:"),
    ("ko", "2024년 3월 4일 (월) 오전 9:12, 고객지원 <help@helpdesk.example>님이 작성:"),
    ("ko", "2024. 3. 4. 오전 9:12, 고객지원 <help@helpdesk.example> 작성:"),
    ("ko", "2024. 3. 4. 오전 9:12에 고객지원 이(가) 쓴 글："),
    ("vi", "Vào Th 2, 4 thg 3, 2024 vào lúc 09:12 Hỗ trợ <help@helpdesk.example>\nđã viết:"),
    ("vi", "Vào lúc 09:12 ngày 04/03/2024, Hỗ trợ đã viết:"),
    (
        "he",
        (
            "\u202bבתאריך יום ב׳, 4 במרץ 2024 ב-9:12 מאת \u202aTmicha\u202c\u200f"
            " <\u202ahelp@helpdesk.example\u202c\u200f>:\u202c"
        ),
    ),
    ("he", "ב-4 במרץ 2024, בשעה 9:12, \u2068תמיכה\u2069 <help@helpdesk.example> כתב/ה:\u200f"),
    ("ar", "في الاثنين، ٤ مارس ٢٠٢٤ في ٩:١٢ ص تمت كتابة ما يلي بواسطة\nالدعم <help@helpdesk.example>:"),
    ("ar", "\u200fفي 4 مارس 2024، الساعة 9:12 ص، كتب الدعم <help@helpdesk.example>:"),
    ("ca", "Missatge de Suport <help@helpdesk.example> del dia dl., 4 de març 2024 a les\n9:12:"),
    ("ca", "El 4/3/24 a les 9:12, Suport ha escrit:"),
    ("ca", "El 4 març 2024, a les 9:12, Suport <help@helpdesk.example> va escriure:"),
    ("bg", "На пн, 4.03.2024 г. в 9:12 Поддръжка <help@helpdesk.example> написа:"),
    ("sl", "V V pon., 4. mar. 2024 ob 09:12 je oseba Podpora <help@helpdesk.example>\nnapisala:"),
    ("sl", "Dne 4. 03. 2024 ob 9:12 je Podpora napisal(a):"),
    ("lt", "2024-03-04, pr, 09:12 Pagalba <help@helpdesk.example> rašė:"),
    (
        "lv",
        "pirmd., 2024. g. 4. marts, plkst. 09:12 — lietotājs Palīdzība\n(<help@helpdesk.example>) rakstīja:",
    ),
    ("id", "Pada tanggal Sen, 4 Mar 2024 pukul 09.12 Bantuan <help@helpdesk.example>\nmenulis:"),
    ("id", "Pada 4 Mar 2024, pukul 09.12, Bantuan <help@helpdesk.example> menulis:"),
    ("pt-br", "Em seg., 4 de mar. de 2024 às 09:12, Suporte <help@helpdesk.example>\nescreveu:"),
    ("pt-br", "Em segunda-feira, 4 de março de 2024 09:12:03 BRT, Suporte <help@helpdesk.example> escreveu:"),
)

BLOCKS = (
    ("hu", "Feladó: {}", "Elküldve: {}", "Címzett: {}", "Tárgy: {}"),
    ("ro", "De la: {}", "Trimis: {}", "Către: {}", "Subiect: {}"),
    ("sk", "Od: {}", "Odoslané: {}", "Komu: {}", "Predmet: {}"),
    ("uk", "Від: {}", "Надіслано: {}", "Кому: {}", "Тема: {}"),
    ("hr", "Šalje: {}", "Poslano: {}", "Prima: {}", "Predmet: {}"),
    ("et", "Saatja: {}", "Saadetud: {}", "Adressaat: {}", "Teema: {}"),
    ("el", "Από: {}", "Στάλθηκε: {}", "Προς: {}", "Θέμα: {}"),
    ("ko", "보낸 사람: {}", "보낸 날짜: {}", "받는 사람: {}", "제목: {}"),
    ("vi", "Từ: {}", "Đã gửi: {}", "Đến: {}", "Chủ đề: {}"),
    ("he", "\u202bמאת: {}\u202c", "\u202bנשלח: {}\u202c", "\u202bאל: {}\u202c", "\u202bנושא: {}\u202c"),
    ("ar", "\u200fمن: {}", "\u200fتم الإرسال: {}", "\u200fإلى: {}", "\u200fالموضوع: {}"),
    ("ca", "De: {}", "Enviat el: {}", "Per a: {}", "Tema: {}"),
    ("bg", "От: {}", "Изпратено: {}", "До: {}", "Относно: {}"),
    ("sl", "Od: {}", "Poslano: {}", "Za: {}", "Zadeva: {}"),
    ("lt", "Nuo: {}", "Išsiųsta: {}", "Kam: {}", "Tema: {}"),
    ("lv", "No: {}", "Nosūtīts: {}", "Kam: {}", "Tēma: {}"),
    ("id", "Dari: {}", "Dikirim: {}", "Kepada: {}", "Subjek: {}"),
    ("pt-br", "De: {}", "Enviada em: {}", "Para: {}", "Assunto: {}"),
)

SEPARATORS = (
    "-------- Eredeti üzenet --------",
    "-------- Mesaj original --------",
    "-------- Pôvodná správa --------",
    "-------- Початкове повідомлення --------",
    "-------- Izvorna poruka --------",
    "-------- Algne kiri --------",
    "-------- Αρχικό μήνυμα --------",
    "-----원본 메시지-----",
    "-----Thư gốc-----",
    "-----הודעה מקורית-----",
    "-----الرسالة الأصلية-----",
    "-----Missatge original-----",
    "-------- Оригинално писмо --------",
    "-----Izvirno sporočilo-----",
    "-------- Pirminis laiškas --------",
    "-----Sākotnējais ziņojums-----",
    "-----Pesan asli-----",
    "-----Mensagem original-----",
)


def parts(text: str) -> tuple[str, str]:
    lines = text_lines(text)
    split = split_lines(lines, vocabulary(), forward=False)
    kept = [line for part in split.reply for line in lines[part.start : part.stop]]
    return joined(kept).strip(), split.rule


@pytest.mark.parametrize(
    ("language", "intro"), INTROS, ids=[f"{one[0]}-{at}" for at, one in enumerate(INTROS)]
)
@pytest.mark.parametrize("below", ["> old", "old, not marked"])
def test_intro_of_a_client_ends_the_reply(language: str, intro: str, below: str) -> None:
    assert parts(f"Yes.\n\n{intro}\n\n{below}") == ("Yes.", "intro"), language


@pytest.mark.parametrize("block", BLOCKS, ids=[one[0] for one in BLOCKS])
def test_header_block_of_outlook_ends_the_reply(block: tuple[str, ...]) -> None:
    values = ("Eva <eva@desk.example>", "4.3.2024 9:12", "Anna", "Keys")
    rows = [row.format(value) for row, value in zip(block[1:], values, strict=True)]
    head = "\n".join(rows)
    assert parts(f"Yes.\n\n{head}\n\nold") == ("Yes.", "header_block")


@pytest.mark.parametrize("row", SEPARATORS, ids=range(len(SEPARATORS)))
def test_separator_of_a_client_ends_the_reply(row: str) -> None:
    assert parts(f"Yes.\n\n{row}\nold") == ("Yes.", "separator")


@pytest.mark.parametrize(
    "text",
    [
        "The parcel:\nNo: 4711\nDate: 4.3.2024\nTo: Riga\nIt is lost.",
        "Kod: 12\nZa: dva dana\nRadi opet.",
        "Tema: der Drucker\nNo: nothing works",
        "Klockan 9:12 skrev jag: inget svar",
        "The contract of 4 March 2024 says:\nit is ours.",
        "Pada hari Senin saya menulis: rusak",
        "Kirjutas mulle:\nkatki.",
        "На складе написано:\nзакрыто.",
        "회신: 내일까지 주세요.",
        "Re: the lift\nit stands still.",
    ],
)
def test_words_that_are_labels_elsewhere_stay_text(text: str) -> None:
    assert parts(text) == (text, "none")


@pytest.mark.parametrize(
    "line",
    [
        "Sent from Riga yesterday.",
        "נשלח מהמחסן אתמול",
        "Dikirim dari gudang kemarin",
        "Poslano s krivim računom",
        "Odoslané z Bratislavy",
        "Gửi từ kho hôm qua",
        "Elküldve az ajánlat",
        "Nosūtīts no noliktavas",
        "Enviado pelo correio ontem",
        "تم الإرسال من المستودع",
    ],
)
def test_a_parcel_that_was_sent_is_no_signature(line: str) -> None:
    assert parts(f"Yes.\n\n{line}") == (f"Yes.\n\n{line}", "none")


@pytest.mark.parametrize(
    "line",
    [
        "Надіслано з iPhone",
        "נשלח מה-iPhone שלי",
        "나의 iPhone에서 보냄",
        "Trimis de pe iPhone-ul meu",
        "Dikirim dari iPhone saya",
        "Στάλθηκε από το iPhone μου",
        "Odoslané z iPhonu",
        "\u200fتم الإرسال من iPhone",
    ],
)
def test_line_of_a_phone_is_a_signature(line: str) -> None:
    assert parts(f"Yes.\n\n{line}") == ("Yes.", "none")


@pytest.mark.parametrize(
    ("subject", "automatic"),
    [
        ("Automatikus válasz: Kulcs", True),
        ("Răspuns automat: Cheie", True),
        ("Автоматична відповідь: Ключ", True),
        ("자동 회신: 열쇠", True),
        ("Trả lời tự động: Chìa khóa", True),
        ("\u200fرد تلقائي: المفتاح", True),
        ("תשובה אוטומטית: מפתח", True),
        ("Automātiskā atbilde: Atslēga", True),
        ("Odsotnost z dela v petek", False),
        ("자동 응답 시스템 고장", False),
        ("Εκτός γραφείου το φως δεν ανάβει", False),
        ("خارج المكتب الباب مكسور", False),
    ],
)
def test_absence_is_told_from_a_matter_of_work(subject: str, automatic: bool) -> None:
    raw = f"From: ann@firm.example\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\nx"
    assert (parse(raw.encode(), ParsingPolicy()).document.automatic is not None) is automatic


@pytest.mark.parametrize(
    ("subject", "plain", "reply", "forward"),
    [
        ("Vá: Kulcs", "Kulcs", True, False),
        ("Továbbítás: Kulcs", "Kulcs", False, True),
        ("Odg: Ključ", "Ključ", True, False),
        ("Prosl: Ključ", "Ključ", False, True),
        ("ΑΠ: Κλειδί", "Κλειδί", True, False),
        ("ΠΡΘ: Κλειδί", "Κλειδί", False, True),
        ("전달: 열쇠", "열쇠", False, True),
        ("회신： 열쇠", "열쇠", True, False),
        ("Trả lời: Chìa khóa", "Chìa khóa", True, False),
        ("Chuyển tiếp: Chìa khóa", "Chìa khóa", False, True),
        ("\u200fرد: المفتاح", "المفتاح", True, False),
        ("إعادة توجيه: المفتاح", "المفتاح", False, True),
        ("תגובה: מפתח", "מפתח", True, False),
        ("BLS: Kunci", "Kunci", True, False),
        ("TRS: Kunci", "Kunci", False, True),
        ("Ats: Raktas", "Raktas", True, False),
        ("Posr: Ključ", "Ključ", False, True),
        ("CT: the scanner is down", "CT: the scanner is down", False, False),
        ("TL: who leads", "TL: who leads", False, False),
        ("Reply late: yes", "Reply late: yes", False, False),
    ],
)
def test_prefixes_of_subjects(subject: str, plain: str, reply: bool, forward: bool) -> None:
    found = read_subject(subject, vocabulary())
    assert (found.plain, found.is_reply, found.is_forward) == (plain, reply, forward)


def test_letters_that_are_written_in_parts_are_the_same_words() -> None:
    """The Vietnamese charset of Windows writes a letter and its tone apart."""
    text = unicodedata.normalize("NFD", "Vâng.\n\nVào lúc 09:12 ngày 04/03/2024, Hỗ trợ đã viết:\n\ncũ")
    assert parts(text)[1] == "intro"
