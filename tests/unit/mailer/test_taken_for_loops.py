"""Which held mails are of one loop."""

from uuid import UUID, uuid4

import pytest

from services.mailer.guards import Guard, Loop, Sending, loop_of, windows_of

MAILBOX = UUID(int=2)


def mail(*addresses: str, ticket: UUID | None = None) -> Sending:
    return Sending(ticket or uuid4(), MAILBOX, addresses, "system", 5)


def held(sending: Sending, guard: Guard, about: str = "") -> Loop:
    (full,) = [one for one in windows_of(sending) if one.guard is guard and one.about.endswith(about)]
    return loop_of(sending, full)


def same(first: Loop, later: Loop) -> bool:
    return bool(set(first.about) & set(later.of_mail))


@pytest.mark.parametrize("guard", [Guard.ADDRESS, Guard.PAIR])
def test_later_mail_to_the_same_address_is_of_the_same_loop_whatever_holds_it(guard: Guard) -> None:
    first = held(mail("a@firm.example"), guard)
    assert first.address == "a@firm.example"
    assert all(same(first, held(mail("a@firm.example"), later)) for later in Guard)


def test_mail_to_a_colleague_is_of_no_loop_but_the_domain_s() -> None:
    other = held(mail("b@firm.example"), Guard.ADDRESS)
    assert not same(held(mail("a@firm.example"), Guard.ADDRESS), other)
    of_domain = held(mail("a@firm.example"), Guard.DOMAIN)
    assert (of_domain.address, same(of_domain, other)) == ("@firm.example", True)


def test_later_mail_on_the_ticket_is_of_the_same_loop() -> None:
    ticket = uuid4()
    first = held(mail("a@firm.example", ticket=ticket), Guard.TICKET)
    assert same(first, held(mail("b@other.example", ticket=ticket), Guard.TICKET))


def test_who_was_written_to_beside_the_one_at_the_limit_is_no_part_of_it() -> None:
    first = held(mail("a@firm.example", "b@other.example"), Guard.ADDRESS, "b@other.example")
    assert first.address == "b@other.example"
    assert not same(first, held(mail("a@firm.example"), Guard.ADDRESS))
