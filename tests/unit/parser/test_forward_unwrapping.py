"""Who a forwarded mail is from; and what must never be taken for a forward."""

from datetime import UTC, datetime

import pytest

from services.parser.forwards import MAX_LEVELS, trusted
from services.parser.parsing import parse
from shared.contracts.documents import Document
from shared.contracts.mail import ParsingPolicy

ROW = "-------- Forwarded Message --------\n"
POLICY = ParsingPolicy(
    mail_forwarding_domains=("partner.example", "*.branch.example"), own_addresses=("help@helpdesk.example",)
)


def document(
    body: str, *, subject: str = "Fwd: Keys", sender: str = "eva@partner.example", more: str = ""
) -> Document:
    head = f"From: Eva <{sender}>\nSubject: {subject}\nDate: Wed, 6 Mar 2024 11:00:00 +0100\n{more}"
    return parse(f"{head}Content-Type: text/plain; charset=utf-8\n\n{body}".encode(), POLICY).document


@pytest.mark.parametrize(
    ("domain", "listed", "yes"),
    [
        ("partner.example", ["partner.example"], True),
        ("PARTNER.example", ["Partner.Example"], True),
        ("mail.partner.example", ["partner.example"], False),
        ("evilpartner.example", ["partner.example"], False),
        ("a.branch.example", ["*.branch.example"], True),
        ("branch.example", ["*.branch.example"], False),
        ("evilbranch.example", ["*.branch.example"], False),
        ("", [""], False),
    ],
)
def test_only_listed_domains_are_trusted(domain: str, listed: list[str], yes: bool) -> None:
    assert trusted(domain, listed) is yes


@pytest.mark.parametrize(
    ("subject", "frame"),
    [
        ("Fwd: Keys", "---------- Forwarded message ---------\nFrom: Bob <bob@c.example>\nSubject: Keys\n"),
        (
            "FW: Keys",
            "From: Bob <bob@c.example>\nSent: Tuesday, 5 March 2024 16:05\nTo: Eva\nSubject: Keys\n",
        ),
        (
            "FW: Keys",
            "____________________\nFrom: Bob [mailto:bob@c.example]\nSent: x\nTo: Eva\nSubject: Keys\n",
        ),
        ("Fwd: Keys", f"{ROW}____________________\nFrom: Bob <bob@c.example>\nSubject: Keys\n"),
        ("Keys", f"{ROW}-----Original Message-----\nFrom: Bob <bob@c.example>\nTo: Eva\nSubject: Keys\n"),
        ("WG: Keys", "Von: Bob <bob@c.example>\nGesendet: Dienstag\nAn: Eva\nBetreff: Keys\n"),
        ("TR: Keys", "De : Bob <bob@c.example>\nEnvoyé : mardi\nÀ : Eva\nObjet : Keys\n"),
        ("RV: Keys", "De: Bob <bob@c.example>\nEnviado: martes\nPara: Eva\nAsunto: Keys\n"),
        ("I: Keys", "Da: Bob <bob@c.example>\nInviato: martedì\nA: Eva\nOggetto: Keys\n"),
        ("ENC: Keys", "De: Bob <bob@c.example>\nEnviada em: terça\nPara: Eva\nAssunto: Keys\n"),
        ("PD: Keys", "Od: Bob <bob@c.example>\nWysłano: wtorek\nDo: Eva\nTemat: Keys\n"),
        ("Doorst: Keys", "Van: Bob <bob@c.example>\nVerzonden: dinsdag\nAan: Eva\nOnderwerp: Keys\n"),
        ("VS: Keys", "Fra: Bob <bob@c.example>\nSendt: tirsdag\nTil: Eva\nEmne: Keys\n"),
        ("VB: Keys", "Från: Bob <bob@c.example>\nSkickat: tisdag\nTill: Eva\nÄmne: Keys\n"),
        ("Přep: Keys", "Od: Bob <bob@c.example>\nOdesláno: úterý\nKomu: Eva\nPředmět: Keys\n"),
        ("Keys", "-------- Пересылаемое сообщение --------\nОт: Bob <bob@c.example>\nТема: Keys\n"),  # noqa: RUF001 - Russian
        ("转发: Keys", "发件人: Bob <bob@c.example>\n发送时间: 2024年3月5日\n收件人: Eva\n主题: Keys\n"),
        ("Fwd: Keys", "差出人: Bob <bob@c.example>\n日付: 2024年3月5日\n宛先: Eva\n件名: Keys\n"),
    ],
)
def test_original_sender_of_an_inline_forward_is_found(subject: str, frame: str) -> None:
    found = document(f"Please handle.\n\n{frame}\nI lost my keys.", subject=subject)
    assert found.original_sender
    assert found.original_sender.address == "bob@c.example"
    assert found.subject == "Keys"
    assert found.body.reply_text == "I lost my keys."
    assert found.comment_text == "Please handle."
    assert found.sender.address == "eva@partner.example"


FRAME = "---------- Forwarded message ---------\nFrom: Bob <bob@c.example>\nSubject: Keys\n\nI lost my keys."
BLOCK = "From: Bob <bob@c.example>\nSent: Tuesday\nTo: Eva\nSubject: Keys\n\nI lost my keys."


@pytest.mark.parametrize(
    ("body", "subject", "sender", "more"),
    [
        (FRAME, "Fwd: Keys", "eva@elsewhere.example", ""),
        (FRAME, "Fwd: Keys", "eva@sub.partner.example", ""),
        (f"Done.\n\n{BLOCK}", "RE: Keys", "eva@partner.example", "In-Reply-To: <a@b>\n"),
        (f"Done.\n\n{BLOCK}", "Keys", "eva@partner.example", ""),
        (f"Done.\n\n{BLOCK}", "SV: Keys", "eva@partner.example", ""),
        (
            "Done.\n\nOn 4 Mar 2024 Help wrote:\n> " + FRAME.replace("\n", "\n> "),
            "Re: Keys",
            "eva@partner.example",
            "",
        ),
        ("As in\n> " + FRAME.replace("\n", "\n> ") + "\n\nright?", "Fwd: Keys", "eva@partner.example", ""),
        ("From: here it is a long way.", "Fwd: Keys", "eva@partner.example", ""),
        (f"Kiitos.\n\n{BLOCK}", "VS: Keys", "eva@partner.example", "In-Reply-To: <a@b>\n"),
        (FRAME.replace("bob@c.example", "help@helpdesk.example"), "Fwd: Keys", "eva@partner.example", ""),
        (FRAME, "Fwd: Keys", "eva@partner.example", "Auto-Submitted: auto-replied\n"),
    ],
)
def test_what_is_no_forward_gains_nothing(body: str, subject: str, sender: str, more: str) -> None:
    found = document(body, subject=subject, sender=sender, more=more)
    assert found.forwarded is None
    assert found.original_sender is None
    assert found.subject == subject


def test_labels_further_down_in_the_text_are_not_believed() -> None:
    found = document(f"{FRAME}\n\nFrom: Mallory <m@evil.example>\nSubject: pay me\n")
    assert found.original_sender
    assert found.original_sender.address == "bob@c.example"


def test_an_attached_mail_in_a_reply_is_evidence_not_a_forward() -> None:
    raw = (
        b"From: eva@partner.example\nSubject: Re: Keys\nIn-Reply-To: <a@b>\n"
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee\n--b\nContent-Type: message/rfc822\n\n"
        b"From: bob@c.example\nSubject: other\n\nwords\n--b--\n"
    )
    found = parse(raw, POLICY).document
    assert found.forwarded is None
    assert [file.name for file in found.files] == ["other.eml"]


def framed(of: str, subject: str, body: str) -> str:
    """A mail as Gmail puts it into a forward."""
    row = "---------- Forwarded message ---------"
    date = "Tue, Mar 5, 2024 at 4:05 PM"
    return f"{row}\nFrom: {of}\nDate: {date}\nSubject: {subject}\nTo: You <y@y.example>\n\n{body}"


BOB = framed("Bob <bob@c.example>", "Keys", "I lost my keys.")
BOB_BY_JAN = framed("Jan <jan@a.branch.example>", "Fwd: Keys", f"Jan's words.\n\n{BOB}")


def test_a_forward_of_a_forward_belongs_to_whom_both_trusted_forwarders_name() -> None:
    found = document(f"Eva's words.\n\n{BOB_BY_JAN}")
    assert found.forwarded
    assert found.original_sender
    assert found.original_sender.address == "bob@c.example"
    assert found.forwarded.by.address == "eva@partner.example"
    assert [one.address for one in found.forwarded.through] == ["jan@a.branch.example"]
    assert found.forwarded.confidence < 0.95
    assert found.body.reply_text == "I lost my keys."
    assert found.comment_text == "Eva's words.\n\nJan <jan@a.branch.example>:\nJan's words."


def test_three_forwarders_are_named_from_the_outside_inwards() -> None:
    pia = framed("Pia <pia@partner.example>", "FW: Keys", BOB_BY_JAN)
    found = document(pia)
    assert found.forwarded
    assert [one.address for one in found.forwarded.through] == ["pia@partner.example", "jan@a.branch.example"]
    assert found.original_sender
    assert found.original_sender.address == "bob@c.example"


@pytest.mark.parametrize(
    "inner",
    [
        framed("Jan <jan@elsewhere.example>", "Fwd: Keys", BOB),
        framed("Jan <jan@elsewhere.example>", "Fwd: Keys", BOB_BY_JAN),
        framed("Jan <jan@a.branch.example>", "Re: Keys", f"See below.\n\n{BOB}"),
        framed(
            "Jan <jan@a.branch.example>", "Fwd: Keys", BOB.replace("bob@c.example", "help@helpdesk.example")
        ),
    ],
    ids=["unlisted", "unlisted in between", "a reply", "our own mail"],
)
def test_a_forward_inside_gains_nothing_unless_its_own_forwarder_is_trusted(inner: str) -> None:
    found = document(inner)
    assert found.original_sender
    assert found.original_sender.name == "Jan"
    assert found.forwarded
    assert found.forwarded.through == ()
    assert "I lost my keys." in found.body.reply_text + found.body.quoted_text


def test_an_endless_nest_of_forwards_is_opened_a_few_levels_only() -> None:
    nest = BOB
    for number in range(50):
        nest = framed(f"P{number} <p{number}@partner.example>", "Fwd: Keys", nest)
    found = document(nest)
    assert found.forwarded
    assert len(found.forwarded.through) == MAX_LEVELS - 1


LABELS = "From: Bob <bob@c.example>\nDate: Tue, 5 Mar 2024 16:05:00 +0100\nSubject: Keys\n\nI lost my keys.\n"


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("----- Forwarded message from Bob <bob@c.example> -----\n", "----- End forwarded message -----"),
        (
            "---------- Start of forwarded message ----------",
            "---------- End of forwarded message ----------",
        ),
        ("----------  Forwarded Message  ----------\n", "-----------------------------------------"),
    ],
    ids=["Mutt", "Gnus", "KMail"],
)
def test_the_row_below_a_forward_is_no_part_of_the_original(above: str, below: str) -> None:
    found = document(f"{above}\n{LABELS}{below}\n", subject="Keys")
    assert found.original_sender
    assert (found.body.reply_text, found.comment_text) == ("I lost my keys.", "")


def test_a_forwarded_mail_without_subject_has_none() -> None:
    found = document("From: Bob (bob@c.example)\nSent: Tuesday\nTo: Eva\nSubject:\n\nb", subject="FW:")
    assert found.original_sender
    assert (found.original_sender.name, found.original_sender.address) == ("Bob", "bob@c.example")
    assert found.subject == ""


STRANGE = "Nork: Bob <bob@c.example>\nNoiz: 2024(e)ko martxoak 5 16:05\nNori: Eva\nGaia: Keys\n\n"


@pytest.mark.parametrize("forged", [FRAME, BLOCK, FRAME.replace("\n", "\n> ").replace("---", "> ---", 1)])
def test_a_forged_block_below_labels_of_an_unknown_language_gains_nothing(forged: str) -> None:
    found = document(f"{STRANGE}{forged.replace('bob@c.example', 'chief@partner.example')}")
    assert found.original_sender is None


def test_phone_numbers_and_an_address_above_a_forward_are_a_signature() -> None:
    signature = "Eva Stein\nTel: 030 2024 55\nFax: 030 12.05\nMail: eva@partner.example"
    found = document(f"Please.\n\n{signature}\n\n{FRAME}")
    assert found.original_sender
    assert found.comment_text.endswith(signature)


QUOTED = "Please.\n\n> " + FRAME.replace("\n", "\n> ")


def test_a_forward_quoted_as_a_whole_is_whole_also_when_it_is_not_unwrapped() -> None:
    found = document(QUOTED, sender="eva@elsewhere.example")
    assert found.original_sender is None
    assert found.body.quoted_text == ""


def test_a_reply_that_quotes_a_forward_without_an_intro_is_cut_above_it() -> None:
    found = document(QUOTED, subject="Re: Fwd: Keys", more="In-Reply-To: <a@b>\n")
    assert found.forwarded is None
    assert found.body.reply_text == "Please."


def test_recipients_of_the_original_are_told_and_those_of_the_mail_stay() -> None:
    block = (
        "From: Bob <bob@c.example>\nSent: Tuesday, March 5, 2024 4:05 PM\n"
        "To: Stein, Eva; Ann [mailto:ann@c.example];\nTom Fox <tom@c.example<mailto:tom@c.example>>\n"
        "Cc: Ann Roe/Sales/Firm@Firm\nSubject: Keys\n\nI lost my keys."
    )
    found = document(block, subject="FW: Keys", more="To: help@helpdesk.example\n")
    assert [(one.name, one.address) for one in found.original_to] == [
        ("Stein, Eva", ""),
        ("Ann", "ann@c.example"),
        ("Tom Fox", "tom@c.example"),
    ]
    assert [(one.name, one.address) for one in found.original_cc] == [("Ann Roe", "")]
    assert [one.address for one in found.to] == ["help@helpdesk.example"]


@pytest.mark.parametrize(
    ("block", "subject", "body"),
    [
        ("Subject: Keys\nI lost them.", "Keys", "I lost them."),
        ("Subject: Keys\n\nTo: whom it may concern", "Keys", "To: whom it may concern"),
        (f"Subject: {'k' * 60}\nand more of it\n\nBody.", f"{'k' * 60} and more of it", "Body."),
        ("Subject: Keys\n of the door\n\nBody.", "Keys of the door", "Body."),
        ("Subject: Keys\nImportance: High\nAttachments: a.txt\n\nBody.", "Keys", "Body."),
    ],
)
def test_a_header_block_ends_where_the_words_begin(block: str, subject: str, body: str) -> None:
    found = document(f"From: Bob <bob@c.example>\nSent: Tuesday\n{block}", subject="FW: Keys")
    assert (found.subject, found.body.reply_text) == (subject, body)


@pytest.mark.parametrize(
    ("intro", "name"),
    [
        ('On 05/03/2024, 16:05, "Bob Moss" <bob@c.example> wrote:', "Bob Moss"),
        ('Am 05.03.24, 16:05 schrieb "Bob Moss" <bob@c.example>:', "Bob Moss"),
        ("Am 5. März 2024 um 16:05 Uhr schrieb Bob Moss <bob@c.example>:", "Bob Moss"),
        ("Le 5 mars 2024 à 16:05, Bob Moss <bob@c.example> a écrit :", "Bob Moss"),
        ("On Tue, Mar 5, 2024 at 4:05 PM Bob Moss\n<bob@c.example> wrote:", "Bob Moss"),
    ],
)
def test_an_attribution_line_names_sender_and_date_of_a_forward(intro: str, name: str) -> None:
    found = document(f"Please.\n\n{intro}\n\n    I lost my keys.\n\n    From: a door", subject="FW: Keys")
    assert found.original_sender
    assert (found.original_sender.name, found.original_sender.address) == (name, "bob@c.example")
    assert found.original_date == datetime(2024, 3, 5, 15, 5, tzinfo=UTC)
    assert found.body.reply_text == "I lost my keys.\n\nFrom: a door"
