"""What pydantic finds is told in words of ours, in the reader's language, and names stay as they are."""

from collections.abc import Callable
from contextvars import copy_context
from typing import Any

import pytest
from pydantic import JsonValue, ValidationError
from starlette.requests import Request

from services.desk.configuration.mailboxes import MailboxSettings
from services.desk.configuration.options import Wrong, check
from services.desk.configuration.statuses import StatusSettings
from services.desk.forms.plugins import problems_of
from services.desk.forms.values import in_words
from services.desk.reader import Preferences, read_by
from services.desk.wording.accounts import fact_value
from services.desk.wording.plain import sentence


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"mail_scan_frequency": "0"}, "At least 1 is needed."),
        ({"close_ticket_after_days": "soon"}, "A whole number is needed."),
        ({"load_full_timeline": "perhaps"}, "True or false is needed."),
        (
            {"response_to_closed_ticket_action": "shred"},
            "Choose one of these: create_new_ticket, reopen_old_ticket.",
        ),
        ({"time_zone": "zz"}, "'zz' is not a time zone; write one such as Europe/Vienna."),
        ({"no_option": 1}, "There is no option of this name."),
    ],
)
def test_what_an_option_needs_is_said_in_words(typed: dict[str, object], said: str) -> None:
    wrong = check(typed)
    assert isinstance(wrong, Wrong)
    assert list(wrong.errors.values()) == [said]


def said_to(language: str, say: Callable[[], object]) -> object:
    def asked() -> object:
        scope = {"type": "http", "path": "/", "headers": [(b"accept-language", language.encode())]}
        read_by(Request(scope), Preferences())
        return say()

    return copy_context().run(asked)


def test_it_is_said_in_the_language_of_the_reader() -> None:
    wrong = said_to("de", lambda: check({"mail_scan_frequency": "0"}))
    assert isinstance(wrong, Wrong)
    assert wrong.errors == {"mail_scan_frequency": "Mindestens 1 wird gebraucht."}


def refused(kind: Any, **typed: object) -> dict[str, str]:  # Any: a model
    with pytest.raises(ValidationError) as caught:
        kind.model_validate(typed)
    return problems_of(caught.value)


def test_a_key_is_described_without_its_pattern() -> None:
    said = refused(StatusSettings, key="With Vendor", name="With vendor", category="pending")
    assert said == {"key": "Small letters, digits and _ are allowed, and a letter comes first."}


def test_of_several_addresses_the_wrong_one_is_named() -> None:
    said = refused(MailboxSettings, address="help@acme.test", aliases="x@acme.test, bar@@", provider="graph")
    assert said == {"aliases": "'bar@@' is not an address; write help@example.com."}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("open it", "Open it."),
        ("with_vendor is away", "with_vendor is away."),
        ("help@acme.test is a mailbox", "help@acme.test is a mailbox."),
        ("'open' is a status", "'open' is a status."),
        ("it's done!", "It's done!"),
        ("", ""),
    ],
)
def test_a_sentence_begins_with_a_capital_unless_it_begins_with_a_name(text: str, said: str) -> None:
    assert sentence(text) == said


def test_a_defined_status_or_field_is_one_line_of_words() -> None:
    field: dict[str, JsonValue] = {
        "key": "colour",
        "name": "Colour",
        "type": "choice",
        "choices": ["red", "blue"],
        "position": 3,
        "archived": True,
    }
    assert in_words("custom_fields.colour", field) == "Colour (choice: red, blue), place 3, archived"
    assert in_words("statuses.waits", {"name": "Waits", "category": "pending", "archived": False}) == (
        "Waits (pending)"
    )


def test_a_choice_of_an_option_is_said_by_what_it_means() -> None:
    assert in_words("response_to_closed_ticket_action", "reopen_old_ticket") == "Reopen the old ticket"
    told = in_words("outgoing_mails_per_department", {"backend": "logged_in_user"})
    assert told == "backend: The address of the person who answers"


def test_how_somebody_signed_in_is_said_in_words() -> None:
    assert fact_value("how", "password and code") == "password + code of an app"
    assert fact_value("how", "Entra ID") == "Entra ID"
    assert fact_value("new", "admin") == "Administrator"
