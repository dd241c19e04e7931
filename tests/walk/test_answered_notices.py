"""What becomes of mail that answers a notice: of a machine nothing, of a person what they write."""

from email.message import EmailMessage

import pytest
from sqlalchemy import func, select

from sandbox.journal import SentMail
from sandbox.knobs import Knobs
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import posts, tickets
from shared.storage.together import notice_ids
from tests.walk.colleagues import Colleague, said_in, ticket_at, working
from tests.walk.letters import answer, message_id_of
from tests.walk.walking import Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def told_of_one(walk: Walk, mailbox: Mailbox, who: Colleague) -> tuple[int, SentMail]:
    number = await ticket_at(walk, mailbox, f"For {who.address}")
    await who.gets(number, walk)
    (mail,) = await who.is_told(mailbox)
    return number, mail


async def counted(walk: Walk) -> list[int]:
    """Return how many tickets and posts there are."""
    both = [select(func.count()).select_from(table) for table in (tickets, posts)]
    return [row[0] for one in both for row in await walk.installation.rows(one)]


@pytest.mark.parametrize("rewrites", [False, True])
async def test_an_absence_that_answers_a_notice_makes_no_ticket_no_post_and_no_notice(
    walk: Walk, *, rewrites: bool
) -> None:
    mailbox = await walk.mailbox()
    mailbox.becomes(Knobs(rewrite_message_id=rewrites))
    async with working(walk, f"Lou Away {rewrites}") as (lou,):
        _, notice = await told_of_one(walk, mailbox, lou)
        before = await counted(walk)
        away = answer(notice, "I am away.", sender=lou.address, at=walk.clock())
        away = away.replace(b"MIME-Version", b"Auto-Submitted: auto-replied\nMIME-Version")
        passport = await walk.passport(mailbox.receives(away))
        assert (passport["placement"]["outcome"], passport["placement"]["ticket"]) == ("automatic", None)
        assert "notice" in passport["placement"]["reason"]
        await walk.rest()
        assert await counted(walk) == before
        assert await lou.waiting() == []
    known = await walk.installation.rows(
        select(notice_ids).where(notice_ids.c.message_id.in_([message_id_of(notice.raw)]))
    )
    assert len(known) == rewrites


async def test_a_notice_that_comes_back_makes_no_ticket_and_spares_its_address(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    async with working(walk, "Mia Bounced") as (mia,):
        _, notice = await told_of_one(walk, mailbox, mia)
        before = await counted(walk)
        mailbox.receives(returned(notice, mia.address, mailbox.address))

        async def bounced() -> bool:
            wanted = select(outgoing.c.state).where(outgoing.c.message_id == message_id_of(notice.raw))
            return [row.state for row in await walk.installation.rows(wanted)] == ["bounced"]

        await walk.installation.until(bounced, "the notice bounced", scanning=True)
        await walk.rest()
        assert await counted(walk) == before
    assert mia.address in [one["address"] for one in await walk.listed("/blocked-addresses")]


async def test_what_a_person_answers_to_a_notice_of_one_ticket_is_on_that_ticket(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    async with working(walk, "Ned Answers") as (ned,):
        number, notice = await told_of_one(walk, mailbox, ned)
        reply = answer(notice, "I take it.", sender=ned.address, at=walk.clock())
        assert await walk.ticket_of(mailbox.receives(reply)) == number
        await walk.rest()
        assert await ned.waiting() == []
        (*_, post) = await walk.timeline(number, "mail_in")
        assert (post["author"]["address"], post["text"].strip()) == (ned.address, "I take it.")


async def test_what_a_person_answers_to_a_notice_of_several_opens_a_ticket_of_its_own(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    async with working(walk, "Oli Several") as (oli,):
        numbers = [await ticket_at(walk, mailbox, f"Several {count}") for count in range(2)]
        for number in numbers:
            await oli.gets(number, walk)
        (notice,) = await oli.is_told(mailbox)
        assert said_in(notice)[0] == "2 tickets for you"
        reply = answer(notice, "Which first?", sender=oli.address, at=walk.clock())
        own = await walk.ticket_of(mailbox.receives(reply))
        assert own not in numbers
        assert (await walk.ticket(own))["kind"] == "internal"


async def test_what_a_stranger_answers_to_a_notice_waits_for_a_word(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    async with working(walk, "Pia Forwards") as (pia,):
        number, notice = await told_of_one(walk, mailbox, pia)
        reply = answer(notice, "Let me in.", sender="Eve <eve@elsewhere.example>", at=walk.clock())
        passport = await walk.passport(mailbox.receives(reply))
        assert (passport["placement"]["outcome"], passport["placement"]["ticket"]) == ("held", number)


def returned(notice: SentMail, recipient: str, to: str) -> bytes:
    """Write what a server says of a mail that it could not deliver."""
    report = (
        "Reporting-MTA: dns; mx.helpdesk.example\n\n"
        f"Final-Recipient: rfc822; {recipient}\nAction: failed\nStatus: 5.1.1\n"
    )
    mail = EmailMessage()
    mail["From"], mail["To"] = "MAILER-DAEMON@mx.helpdesk.example", to
    mail["Subject"], mail["Message-ID"] = "Undelivered Mail", f"<ndr.{message_id_of(notice.raw)[:40]}@mx>"
    mail["In-Reply-To"] = f"<{message_id_of(notice.raw)}>"
    parts = (
        ("text/plain", "This user does not exist.\n"),
        ("message/delivery-status", report),
        ("text/rfc822-headers", f"Message-ID: <{message_id_of(notice.raw)}>\n"),
    )
    body = "".join(f"--edge\nContent-Type: {kind}\n\n{text}\n" for kind, text in parts)
    head = "".join(f"{name}: {value}\n" for name, value in mail.items())
    kind = "multipart/report; report-type=delivery-status; boundary=edge"
    return f"{head}MIME-Version: 1.0\nContent-Type: {kind}\n\n{body}--edge--\n".encode()
