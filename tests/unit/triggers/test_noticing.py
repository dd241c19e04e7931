"""Who is told of what, when, and in which words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.triggers.gathering import Gathered, Waiting, Wishes, gather
from services.triggers.noticewords import LONGEST_LINES, worded
from services.triggers.noticing import (
    LONG_AGO,
    QUIET,
    Notice,
    Person,
    apart,
    goes_at,
    may_be_told,
    next_digest,
    noticed,
)
from shared.contracts.hours import BusinessClock
from shared.contracts.notices import MOST_LISTED, Choices, NoticeKind, PeopleMentioned, Way
from shared.contracts.options import Options
from shared.contracts.tickets import Actor, FieldChange, PostAdded, TicketEvent
from tests.unit.triggers.events import BY_EVA, CHANGED, CLOSED, CREATED, MOMENT, POST, REMINDED, TICKET

EVA, BO, ROOM = UUID(int=1), UUID(int=2), UUID(int=30)
OF_BO = TICKET.model_copy(update={"assignee": BO, "department": ROOM})
TO_BO = (FieldChange(field="assignee", old=None, new=str(BO)),)
ASSIGNED = CHANGED.model_copy(update={"changes": TO_BO, "ticket": OF_BO})
WRITTEN = PostAdded(tenant="default", ticket=OF_BO, post=POST, actor=Actor(mail=UUID(int=5), name="Ann"))
MENTIONED = PeopleMentioned(tenant="default", ticket=OF_BO, actor=BY_EVA, post=UUID(int=9), people=(EVA, BO))
DUE = REMINDED.model_copy(update={"ticket": OF_BO})
BERLIN = BusinessClock("Europe/Berlin")
USUAL = Choices()
PERSON = Person(BO, "bo@acme.test", "Bo Berg", is_admin=False)


def told(event: TicketEvent, **changed: Any) -> list[tuple[str, UUID]]:  # Any: fields of whichever event
    return [(one.kind, one.user) for one in noticed(event.model_copy(update=changed))]


@pytest.mark.parametrize(
    ("event", "kind"),
    [(ASSIGNED, "assigned"), (WRITTEN, "replied"), (MENTIONED, "mentioned"), (DUE, "reminder")],
)
def test_each_kind_tells_one_person_and_the_same_each_time(event: TicketEvent, kind: str) -> None:
    assert told(event) == [(kind, BO)]
    assert noticed(event) == noticed(event)
    assert told(event, actor=Actor(user=BO)) in ([], [("mentioned", EVA)])


def test_what_has_nobody_tells_nobody() -> None:
    nobody = {"ticket": TICKET}
    assert [told(event, **nobody) for event in (WRITTEN, DUE)] == [[], []]
    taken = (FieldChange(field="assignee", old=str(BO), new=None),)
    assert told(ASSIGNED, changes=taken) == []
    assert [told(event) for event in (CREATED, CHANGED, CLOSED)] == [[], [], []]


def test_a_trigger_that_assigns_tells() -> None:
    assert told(ASSIGNED, actor=Actor(trigger=UUID(int=4), name="Round robin")) == [("assigned", BO)]


@pytest.mark.parametrize(
    ("kind", "tells"),
    [("auto_reply", False), ("bounce", False), ("own", False), ("list", True), ("other", True), (None, True)],
)
def test_what_an_answer_of_a_machine_leads_to_tells_nobody_and_an_alert_does(
    kind: str | None, *, tells: bool
) -> None:
    assert bool(told(ASSIGNED, from_automatic=kind)) is tells


@pytest.mark.parametrize("post", [{"by_person": False}, {"kind": "note"}, {"kind": "mail_out"}])
def test_posts_that_are_no_mail_of_a_person_are_no_replies(post: dict[str, object]) -> None:
    assert told(WRITTEN, post=POST.model_copy(update=post)) == []


def may(
    notice: Notice, person: Person | None = PERSON, choices: Choices = USUAL, event: TicketEvent = WRITTEN
) -> bool:
    return may_be_told(notice, person, event, choices)


def test_who_has_gone_or_wants_none_or_may_not_see_it_or_wrote_it_is_not_told() -> None:
    (reply,) = noticed(WRITTEN)
    others = WRITTEN.model_copy(update={"ticket": OF_BO.model_copy(update={"assignee": EVA})})
    outside = replace(PERSON, hidden=frozenset({ROOM}))
    assert may(reply)
    assert not may(reply, None)
    assert not may(reply, choices=Choices(replied=Way.OFF))
    assert not may(reply, replace(PERSON, address="ANN@acme.example"))
    assert not may(reply, outside, event=others)
    assert may(reply, outside), "the ticket is theirs"
    assert may(reply, replace(outside, is_admin=True), event=others)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "hour", "expected"),
    [
        ("2027-01-10T06:59", 8, "2027-01-10T07:00"),
        ("2027-01-10T07:00", 8, "2027-01-11T07:00"),
        ("2027-07-10T05:59", 8, "2027-07-10T06:00"),
        ("2027-03-27T12:00", 8, "2027-03-28T06:00"),  # put forward in that night
        ("2027-10-30T12:00", 8, "2027-10-31T07:00"),  # put back in that night
        ("2027-03-27T12:00", 2, "2027-03-28T01:00"),  # no clock shows 02:00 in that night
        ("2027-10-30T12:00", 2, "2027-10-31T00:00"),  # the clock shows it twice
        ("2027-10-31T00:00", 2, "2027-11-01T01:00"),  # and the digest comes once
        ("2027-01-10T22:59", 0, "2027-01-10T23:00"),
    ],
)
def test_a_digest_comes_when_the_tenants_clock_shows_its_hour(after: str, hour: int, expected: str) -> None:
    assert next_digest(at(after), hour, BERLIN) == at(expected)


def test_at_once_is_after_a_quiet_time_and_not_sooner_than_the_last_mail_allows() -> None:
    assert goes_at(Way.AT_ONCE, MOMENT, 8, BERLIN, LONG_AGO) == MOMENT + QUIET
    later = MOMENT + timedelta(minutes=9)
    assert goes_at(Way.AT_ONCE, MOMENT, 8, BERLIN, later) == later
    assert goes_at(Way.DIGEST, MOMENT, 8, BERLIN, later) == next_digest(MOMENT, 8, BERLIN)


@pytest.mark.parametrize(("threshold", "minutes"), [(0, 0), (1, 10), (5, 2), (10, 1)])
def test_mails_to_one_person_take_half_of_the_send_threshold(threshold: int, minutes: float) -> None:
    assert apart(Options(mail_send_threshold=threshold)) == timedelta(minutes=minutes)


def waits(number: int, kind: NoticeKind = NoticeKind.ASSIGNED, **changed: Any) -> Waiting:  # Any: as above
    known = Waiting(
        id=UUID(int=number * 100),
        kind=kind,
        who="Eva Stein",
        at=MOMENT,
        ticket=UUID(int=number),
        number=number,
        reference=f"#{number}",
        subject=f"Thing {number}",
        department=ROOM,
        assignee=BO,
        mailbox=None,
        is_done=False,
    )
    return replace(known, **changed)


def gathered(*waiting: Waiting, after: timedelta = QUIET, **choices: Any) -> Gathered:  # Any: choices
    wishes = Wishes(Choices(**choices), BERLIN, LONG_AGO)
    return gather(waiting, PERSON, wishes, MOMENT + after)


def test_once_the_first_goes_all_that_are_told_at_once_go_with_it() -> None:
    first, late = waits(1), waits(2, at=MOMENT + timedelta(seconds=50))
    assert gathered(first, late).goes == (first, late)
    early = gathered(first, late, after=timedelta(seconds=59))
    assert (early.goes, early.next_at) == ((), MOMENT + QUIET)


def test_a_digest_does_not_go_with_what_is_told_at_once_and_waits_for_its_hour() -> None:
    now, daily = waits(1), waits(2, NoticeKind.REMINDER)
    sorted_out = gathered(now, daily)
    assert (sorted_out.goes, sorted_out.next_at) == ((now,), next_digest(MOMENT, 8, BERLIN))
    assert gathered(daily, after=timedelta(days=1)).goes == (daily,)


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        (NoticeKind.ASSIGNED, {"assignee": EVA}),
        (NoticeKind.REPLIED, {"assignee": None}),
        (NoticeKind.MENTIONED, {"words": ""}),
        (NoticeKind.REMINDER, {"is_done": True}),
    ],
)
def test_what_does_not_hold_any_more_is_told_to_nobody(kind: NoticeKind, changed: dict[str, Any]) -> None:
    one = waits(1, kind, words="Look", at=MOMENT - timedelta(days=2))
    assert gathered(one).goes == (one,)
    gone = replace(one, **changed)
    assert gathered(gone).moot == (gone,)
    off: dict[str, Any] = {kind.value: "off"}
    assert gathered(one, **off).moot == (one,)
    assert gather([one], None, Wishes(Choices(), BERLIN, LONG_AGO), MOMENT).moot == (one,)


def test_a_ticket_that_is_hidden_meanwhile_is_not_told_of() -> None:
    mention = waits(1, NoticeKind.MENTIONED, words="Look", assignee=EVA)
    outside = replace(PERSON, hidden=frozenset({ROOM}))
    assert gather([mention], outside, Wishes(Choices(), BERLIN, LONG_AGO), MOMENT).moot == (mention,)


DESK = "https://desk.example"


def test_a_mail_about_one_ticket_names_it_and_says_who_did_what_and_where_it_is() -> None:
    reply = waits(4, NoticeKind.REPLIED, who="Ann", words="It smokes.", at=MOMENT + QUIET)
    said = worded([reply, waits(4)], DESK)
    assert said.subject == "[#4] New reply: Thing 4"
    assert said.text.splitlines() == [
        "#4 Thing 4",
        "  Eva Stein assigned it to you.",
        "  Ann wrote:",
        "  > It smokes.",
        "  https://desk.example/tickets/4",
        "",
        "-- ",
        "You choose what you are told, and when. https://desk.example/me/notifications",
    ]


def test_without_an_address_of_the_desk_there_are_no_links() -> None:
    assert "://" not in worded([waits(4)], None).text


def test_a_mail_about_many_tickets_names_fifty_and_counts_the_others() -> None:
    said = worded([waits(number) for number in range(1, 201)], DESK)
    assert said.subject == "200 tickets for you"
    assert len(said.about) == MOST_LISTED
    assert said.text.count("/tickets/") == MOST_LISTED
    assert f"And 150 more. {DESK}/tickets?view=mine" in said.text


def test_much_on_one_ticket_is_told_by_its_last_entries() -> None:
    many = [waits(4, at=MOMENT + timedelta(seconds=n), id=UUID(int=n), who=f"P{n}") for n in range(8)]
    lines = worded(many, None).text.splitlines()
    assert sum("assigned it to you" in line for line in lines) == LONGEST_LINES
    assert lines[-4:-3] == ["  And 3 more before that."]
    assert not any("P2 " in line for line in lines)
