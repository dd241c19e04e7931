"""Who a forwarded mail is from; and what must never be taken for a forward."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.parser.dates import written_date
from services.parser.forwards import trusted
from services.parser.parsing import parse
from services.parser.vocabulary import vocabulary
from shared.contracts.documents import Document
from shared.contracts.mail import ParsingPolicy

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
        ("As in\n> " + FRAME.replace("\n", "\n> "), "Fwd: Keys", "eva@partner.example", ""),
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


@pytest.mark.parametrize(
    "text",
    [
        "Tue, 5 Mar 2024 16:05:00 +0100",
        "Dienstag, 5. März 2024 16:05",
        "Tuesday, March 5, 2024 4:05 PM",
        "mardi 5 mars 2024 16:05",
        "martes, 5 de marzo de 2024 16:05",
        "5.3.2024 klo 16.05",
        "05/03/2024 16:05",
        "3/5/2024 4:05 PM",
        "2024-03-05 16:05",
        "2024年3月5日 16:05",
        "вторник, 5 марта 2024 г. в 16:05",  # noqa: RUF001 - Russian
        "Tue, Mar 5, 2024 at 3:05 PM GMT",
    ],
)
def test_dates_of_many_languages_are_one_moment(text: str) -> None:
    berlin = timezone(timedelta(hours=1))
    assert written_date(text, vocabulary().months, berlin) == datetime(2024, 3, 5, 15, 5, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "99.99.2024", "5 o'clock", "2024"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert written_date(text, vocabulary().months) is None
