"""Message-IDs that know their ticket."""

from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.thread_tokens import (
    NOWHERE,
    TicketRef,
    message_id,
    notice_id,
    plain_address,
    read_reply_address,
    read_token,
    reply_address,
)

KEY = b"0123456789abcdef0123456789abcdef"
KEYS = {"k1": KEY, "k2": b"another key of thirty-two bytes!"}
MAIL, TICKET = UUID(int=7), UUID(int=2**128 - 9)
ID = message_id(MAIL, TICKET, "acme.example", "k1", KEY)


@given(mail=st.uuids(), ticket=st.uuids(), before=st.text(), after=st.text())
def test_token_is_read_out_of_any_text(mail: UUID, ticket: UUID, before: str, after: str) -> None:
    made = message_id(mail, ticket, "acme.example", "k1", KEY)
    assert read_token(f"{before} <{made}> {after}", KEYS) == TicketRef(ticket, mail, "k1")


@given(position=st.integers(0, len(ID) - len("@acme.example") - 1), letter=st.sampled_from("abz27"))
def test_changed_token_is_no_token(position: int, letter: str) -> None:
    changed = ID[:position] + letter + ID[position + 1 :]
    assert changed == ID or read_token(changed, KEYS) is None


@given(st.text())
def test_other_text_is_no_token(text: str) -> None:
    assert read_token(text, KEYS) is None


def test_change_of_case_does_no_harm() -> None:
    assert read_token(ID.upper(), KEYS) == TicketRef(TICKET, MAIL, "k1")


def test_domain_that_a_gateway_replaced_does_no_harm() -> None:
    assert read_token(ID.replace("acme.example", "relay.example"), KEYS) == TicketRef(TICKET, MAIL, "k1")


def test_first_token_that_is_ours_counts() -> None:
    foreign = message_id(MAIL, UUID(int=1), "x.example", "k1", b"a key that is not one of ours...")
    assert read_token(f"<{foreign}> <{ID}>", KEYS) == TicketRef(TICKET, MAIL, "k1")


def test_key_that_was_retired_reads_no_more() -> None:
    assert read_token(ID, {"k2": KEYS["k2"]}) is None


def test_same_mail_has_the_same_id() -> None:
    assert message_id(MAIL, TICKET, "acme.example", "k1", KEY) == ID


def test_id_stands_in_a_header_line() -> None:
    assert ID.isascii()
    assert len(ID) < 200
    assert not set(ID) & set(' <>\r\n"\\(),:;[]')


@pytest.mark.parametrize(
    ("domain", "key_id", "key"),
    [
        ("acme.example\r\nBcc: x", "k1", KEY),
        ("", "k1", KEY),
        ("acme.example", "K-1", KEY),
        ("acme.example", "k1", b"short"),
    ],
)
def test_what_cannot_stand_in_an_id_is_refused(domain: str, key_id: str, key: bytes) -> None:
    with pytest.raises(ValueError, match=r"key|domain|label"):
        message_id(MAIL, TICKET, domain, key_id, key)


def test_international_domain_is_written_in_ascii() -> None:
    assert message_id(MAIL, TICKET, "Müller.example", "k1", KEY).endswith("@xn--mller-kva.example")


@pytest.mark.parametrize("change", [str, str.upper])
def test_an_address_of_a_ticket_leads_to_it_whatever_became_of_its_case(change: Callable[[str], str]) -> None:
    made = reply_address("support@helpdesk.example", "acme", 4711, "k1", KEY)
    assert made is not None
    assert read_reply_address(change(made), "acme", {"k1": KEY}) == 4711
    assert plain_address(made) == "support@helpdesk.example"


def test_an_address_leads_to_no_ticket_of_another_tenant_or_number() -> None:
    made = reply_address("support@helpdesk.example", "acme", 4711, "k1", KEY)
    assert made is not None
    assert read_reply_address(made, "other", {"k1": KEY}) is None
    assert read_reply_address(made.replace("4711", "4712"), "acme", {"k1": KEY}) is None
    assert read_reply_address(made, "acme", {"k1": bytes(32)}) is None


def test_a_mailbox_with_a_long_name_has_no_such_address() -> None:
    assert reply_address(f"{'a' * 40}@helpdesk.example", "acme", 4711, "k1", KEY) is None


@pytest.mark.parametrize("address", ["ann@firm.example", "ann+news@firm.example", ""])
def test_an_address_of_somebody_else_is_plain_as_it_is(address: str) -> None:
    assert plain_address(address) == address


@given(mail=st.uuids(), ticket=st.uuids())
def test_a_notice_is_told_from_a_mail_on_a_ticket(mail: UUID, ticket: UUID) -> None:
    about_one = read_token(notice_id(mail, ticket, "acme.example", "k1", KEY), KEYS)
    about_many = read_token(notice_id(mail, None, "acme.example", "k1", KEY), KEYS)
    assert about_one == TicketRef(ticket, mail, "k1", "pn1")
    assert about_many == TicketRef(NOWHERE, mail, "k1", "pn1")
    swapped = notice_id(mail, ticket, "acme.example", "k1", KEY).replace("pn1.", "pr1.")
    assert read_token(swapped, KEYS) is None
