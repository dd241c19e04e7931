"""Whom `send_email` writes to, in copy too, and what it takes along."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from plugins.actions.send_email import MOST, SendEmail, SendEmailParams
from shared.contracts.errors import Permanent
from shared.contracts.mail import Address, MailFile
from shared.contracts.tickets import PostFacts
from shared.plugins.actions import Nothing, SendTo
from tests.plugins.action_suite import ADA, BOB, TICKET, occasion

MAIL: dict[str, object] = {"subject": "About", "body": "Hello"}
CAT = Address(address="cat@acme.example")
PLAN = MailFile(name="plan.pdf", size=9, sha256="a" * 64, media_type="application/pdf", declared_type="x/y")


# Any: fields of an occasion, parameters as they are saved
def sends(around: dict[str, Any], **saved: Any) -> Any:
    fields = around.pop("fields", {})
    where = occasion(ticket=TICKET.model_copy(update={"fields": fields}), **around)
    (effect,) = SendEmail().decide(where, SendEmailParams.model_validate(MAIL | saved))
    return effect


def test_everybody_who_takes_part_gets_one_mail() -> None:
    effect = sends({"participants": (ADA, BOB)}, recipient="participants")
    assert effect == SendTo((ADA, BOB), "About", "Hello", signature=True)
    assert sends({}, recipient="participants") == Nothing("nobody takes part in the ticket")


@pytest.mark.parametrize(
    ("held", "to"),
    [
        (" Cat@Acme.example ", (CAT,)),
        ("nobody", None),
        ("a@b.example\nBcc: c@d.example", None),
        ("a@b.example, c@d.example", None),
        (None, None),
        (["a@b.example"], None),
    ],
)
def test_a_custom_field_that_holds_an_address_is_written_to_and_nothing_else_is(
    held: object, to: tuple[Address, ...] | None
) -> None:
    effect = sends({"fields": {"boss": held}}, recipient="field", field="boss")
    assert effect == (SendTo(to, "About", "Hello") if to else Nothing("the custom field holds no address"))


def test_copies_go_to_people_of_every_kind_once() -> None:
    around = {"assignee": BOB, "participants": (ADA, BOB), "fields": {"boss": CAT.address}}
    effect = sends(around, cc="contact, participants, assignee, department, fields.boss, Dan@Acme.example")
    assert (effect.to, effect.cc) == ((ADA,), (BOB, CAT, Address(address="dan@acme.example")))


def test_copies_alone_are_no_mail() -> None:
    assert isinstance(sends({}, recipient="assignee", cc=["contact"]), Nothing)


def test_attachments_of_the_post_go_along_when_that_is_chosen() -> None:
    post = PostFacts(id=TICKET.id, kind="mail_in", files=(PLAN,))
    assert sends({"post": post}, attach=True).files == (PLAN,)
    assert sends({"post": post}).files == ()
    assert sends({}, attach=True).files == ()


def test_a_mail_to_too_many_is_refused() -> None:
    many = tuple(Address(address=f"p{each}@acme.example") for each in range(MOST))
    assert len(sends({"participants": many}, recipient="participants").to) == MOST
    with pytest.raises(Permanent, match="at most"):
        sends({"participants": many}, recipient="participants", cc="dan@acme.example")


@pytest.mark.parametrize(
    "wrong",
    [
        {"recipient": "field"},
        {"recipient": "contact", "field": "boss"},
        {"recipient": "field", "field": "a b"},
        {"cc": "everybody"},
        {"cc": "a@b.example\r\nBcc: c@d.example"},
        {"cc": ["contact"] * 21},
        {"cc": 5},
    ],
)
def test_wrong_recipients_are_refused_when_they_are_saved(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SendEmailParams.model_validate(MAIL | wrong)


def test_a_mail_has_a_text_or_html_or_both() -> None:
    both = SendTo((ADA,), "About", "Hello", html="<p>Hello</p>", signature=True)
    assert sends({}, html="<p>Hello</p>") == both
    assert sends({}, body="", html="<p>Hello</p>") == replace(both, template="")
    with pytest.raises(ValidationError, match="a text, an HTML, or both"):
        SendEmailParams.model_validate(MAIL | {"body": ""})
    with pytest.raises(ValidationError, match="together at most"):
        SendEmailParams.model_validate(MAIL | {"body": "a" * 30_000, "html": "b" * 30_000})
    with pytest.raises(ValidationError, match="for is not allowed"):
        SendEmailParams.model_validate(MAIL | {"html": "{% for a in b %}{% endfor %}"})


@pytest.mark.parametrize(
    ("language", "recipient", "subject", "body"),
    [
        ("de-AT", "contact", "Angekommen", "Guten Tag"),
        ("de-CH", "contact", "About", ""),
        ("fr", "contact", "About", "Hello"),
        ("", "contact", "About", "Hello"),
        ("de", "participants", "Angekommen", "Guten Tag"),
        ("de", "assignee", "About", "Hello"),
    ],
)
def test_customers_are_written_to_in_their_language(
    language: str, recipient: str, subject: str, body: str
) -> None:
    texts = {"DE": {"subject": "Angekommen", "body": "Guten Tag"}, "de-ch": {"html": "<p>Grüezi</p>"}}
    params = SendEmailParams.model_validate(MAIL | {"recipient": recipient, "texts": texts})
    ticket = TICKET.model_copy(update={"contact_language": language})
    where = occasion(ticket=ticket, participants=(ADA,), assignee=BOB)
    (effect,) = SendEmail().decide(where, params)
    assert isinstance(effect, SendTo)
    assert (effect.subject, effect.template) == (subject, body)
    assert effect.html == ("<p>Grüezi</p>" if language == "de-CH" else None)


def test_texts_have_languages_and_words() -> None:
    for texts in ({"x": {"body": "a"}}, {"de": {"subject": "a"}}, {"de": {"body": "{% for a in b %}"}}):
        with pytest.raises(ValidationError):
            SendEmailParams.model_validate(MAIL | {"texts": texts})
