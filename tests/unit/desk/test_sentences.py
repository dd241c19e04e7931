"""Sentences, counts and numbers as readers of several languages get them; programs get English."""

from collections.abc import Callable
from contextvars import copy_context
from datetime import UTC, datetime, timedelta

import pytest
from starlette.requests import Request

from services.desk.languages import gettext
from services.desk.reader import Preferences, read_by
from services.desk.wording.amounts import counted, number, size, tally
from services.desk.wording.plain import sentence
from services.desk.wording.reported import reported
from services.desk.wording.signs import field_word, priority_sign, status_sign
from services.desk.wording.times import ago, waited

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def said_to(language: str, say: Callable[[], str], path: str = "/tickets") -> str:
    def asked() -> str:
        scope = {"type": "http", "path": path, "headers": [(b"accept-language", language.encode())]}
        read_by(Request(scope), Preferences())
        return say()

    return copy_context().run(asked)


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [
        ("en", "1 ticket", "1,234 tickets"),
        ("nl", "1 ticket", "1.234 tickets"),
        ("de-AT", "1 Ticket", "1.234 Tickets"),
    ],
)
def test_a_count_is_said_with_its_plural_and_written_as_the_reader_does(
    language: str, one: str, many: str
) -> None:
    def say(count: int) -> Callable[[], str]:
        return lambda: counted(count, "%(count)s ticket", "%(count)s tickets")

    assert said_to(language, say(1)) == one
    assert said_to(language, say(1234)).replace("\xa0", ".") == many


def test_gaps_of_a_sentence_are_filled() -> None:
    assert (
        said_to("de", lambda: gettext("There is no ticket #%(number)s.", number=7))
        == "Ein Ticket #7 gibt es nicht."
    )
    assert said_to("nl", lambda: gettext("")) == ""


def test_spans_are_said_in_the_language() -> None:
    since = NOW - timedelta(minutes=5)
    assert said_to("en", lambda: ago(since, NOW)) == "5 min ago"
    assert said_to("de", lambda: ago(since, NOW)) == "vor 5 Min."
    assert said_to("nl", lambda: waited(NOW - timedelta(hours=3), NOW)) == "3u"


def test_words_of_ours_are_translated_and_those_of_a_tenant_are_not() -> None:
    assert said_to("de", lambda: status_sign("open").word) == "Offen"
    assert said_to("de", lambda: status_sign("with_us", "open", "Open").word) == "Open"
    assert said_to("nl", lambda: priority_sign("urgent").word) == "Urgent"
    assert said_to("de", lambda: field_word("fields.subject", {"fields.subject": "subject"})) == "subject"


def test_programs_are_told_in_english_whatever_they_accept() -> None:
    assert (
        said_to("de", lambda: gettext("There is nothing here"), "/api/v1/tickets") == "There is nothing here"
    )
    assert said_to("de", lambda: gettext("There is nothing here")) == "Hier ist nichts"


def test_more_than_are_counted_are_many() -> None:
    assert said_to("de", lambda: tally(None)) == "viele"
    assert said_to("de", lambda: tally(5000, 1000)) == "1.000+"
    assert said_to("en", lambda: number(10_000)) == "10,000"


@pytest.mark.parametrize(
    ("language", "small", "large"),
    [("en", "1.5 MB", "31 MB"), ("nl", "1,5 MB", "31 MB"), ("de", "1,5 MB", "31 MB")],
)
def test_bytes_are_said_with_the_point_of_the_reader(language: str, small: str, large: str) -> None:
    assert (said_to(language, lambda: size(1_500_000)), said_to(language, lambda: size(31_000_000))) == (
        small,
        large,
    )
    assert said_to(language, lambda: size(999)) == "999 B"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "ticket 12 was merged already: undo that first",
            "Ticket 12 wurde schon zusammengeführt: das zuerst rückgängig machen.",
        ),
        (
            "automatic mail is not sent: mail to it came back as undeliverable",
            "Automatische Mail wird nicht gesendet: Mail dorthin kam als unzustellbar zurück.",
        ),
        (
            "its subject names this ticket, but its sender is new to it",
            "Der Betreff nennt dieses Ticket, aber der Absender ist darauf neu.",
        ),
        (
            "a name has 1 to 80 characters; tags are a list of words",
            "Ein Name hat 1 bis 80 Zeichen; Schlagwörter sind eine Liste von Wörtern.",
        ),
        (
            "another service has a new reason, but nobody translated it",
            "Another service has a new reason, but nobody translated it.",
        ),
    ],
)
def test_what_other_services_say_is_told_in_the_language_of_the_reader(text: str, said: str) -> None:
    assert said_to("de", lambda: reported(text)) == said
    assert said_to("en", lambda: reported(text)).lower() == sentence(text).lower()
