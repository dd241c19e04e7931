"""In which windows a mail is counted."""

from uuid import UUID

import pytest

from services.mailer.guards import GUARD_WINDOW, MOST, Guard, Sending, Window, WrittenBy, windows_of

TICKET, MAILBOX = UUID(int=1), UUID(int=2)
EVA = "eva@helpdesk.example"


def sending(*addresses: str, written_by: WrittenBy = "system", released: bool = False) -> Sending:
    return Sending(TICKET, MAILBOX, addresses, written_by, 5, released, staff=frozenset({EVA}))


def about(mail: Sending, guard: Guard) -> list[str]:
    return [window.about for window in windows_of(mail) if window.guard is guard]


def test_automatic_mail_is_counted_by_address_ticket_pair_and_domain() -> None:
    by_address, *guarded = windows_of(sending("a@firm.example"))
    assert (by_address.guard, by_address.limit) == (Guard.ADDRESS, 5)
    assert {window.guard: window.limit for window in guarded} == MOST
    assert {window.length for window in guarded} == {GUARD_WINDOW}


def test_what_people_write_is_held_by_no_guard() -> None:
    (window,) = windows_of(sending("a@firm.example", written_by="person"))
    assert (window.guard, window.limit) == (Guard.ADDRESS, 50)


def test_mail_that_a_person_released_is_counted_everywhere_and_held_nowhere() -> None:
    released = windows_of(sending("a@firm.example", released=True))
    assert {window.limit for window in released} == {None}
    counted = {window.key for window in windows_of(sending("a@firm.example"))}
    assert {window.key for window in released} == counted


def test_a_helpdesk_with_an_address_for_each_ticket_is_one_pair() -> None:
    assert about(sending("Help+17@other.example", "help+18@other.example"), Guard.PAIR) == [
        f"{MAILBOX}/help@other.example"
    ]


@pytest.mark.parametrize(
    ("address", "domains"),
    [
        ("a@mail.firm.example", [f"{MAILBOX}/firm.example"]),
        ("a@desk.firm.co.uk", [f"{MAILBOX}/firm.co.uk"]),
        ("a@gmail.com", []),
        ("a@co.uk", []),
        ("a@localhost", []),
    ],
)
def test_a_registered_domain_is_counted_and_none_that_strangers_share(
    address: str, domains: list[str]
) -> None:
    assert about(sending(address), Guard.DOMAIN) == domains


def test_people_of_ours_may_be_told_of_many_tickets() -> None:
    mail = sending(EVA, "a@firm.example")
    assert about(mail, Guard.PAIR) == [f"{MAILBOX}/a@firm.example"]
    assert about(mail, Guard.DOMAIN) == [f"{MAILBOX}/firm.example"]
    assert about(mail, Guard.ADDRESS) == ["a@firm.example", EVA]


@pytest.mark.parametrize("guard", MOST)
def test_the_reason_names_the_guard(guard: Guard) -> None:
    reason = Window(guard, "x", "system", MOST[guard], GUARD_WINDOW).reason
    assert reason.startswith(f"loop guard ({guard}): {MOST[guard]} automatic mails ")
    assert reason.endswith(" within 60 minutes")


def test_a_window_is_kept_under_a_name_without_addresses() -> None:
    assert all("firm" not in window.key for window in windows_of(sending("a@firm.example")))


def test_a_notice_to_one_of_ours_is_on_no_ticket_and_counts_by_its_address_alone() -> None:
    notice = Sending(None, MAILBOX, (EVA,), "system", 5, staff=frozenset({EVA}))
    assert [(window.guard, window.about) for window in windows_of(notice)] == [(Guard.ADDRESS, EVA)]
