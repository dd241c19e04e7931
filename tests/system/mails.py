"""Three hundred seeded mails: threads, colleagues, copies, automatic mail, forwards, files."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

SUPPORT = "support@helpdesk.example"
FORWARDING = "partner.example"
"""Mail that people of this domain forward belongs to whom they forward."""
NOBODY = "nobody-*"
"""Recipients that bounce."""

THREADS, REPLIES, LATE, COPIES, AUTOMATIC, FORWARDS = 105, 115, 25, 25, 20, 10
BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Letter:
    """One file that arrives. Equal bytes may arrive twice, as another letter."""

    key: str
    raw: bytes = field(repr=False)


@dataclass
class _Thread:
    number: int
    subject: str
    people: list[str]
    ids: list[str]


def letters(seed: int) -> tuple[list[Letter], list[Letter]]:
    """What may arrive in any order, and what other people than the first answer when all of that is known.

    Whoever is seen first becomes the contact of a ticket, so a colleague must not be.
    """
    dice = random.Random(seed)  # noqa: S311 - repeatable is what it must be
    threads = [_thread(number, dice) for number in range(THREADS)]
    early = [_root(thread, dice) for thread in threads]
    early += [_reply(dice.choice(threads), 0, dice) for _ in range(REPLIES)]
    early += [Letter(f"copy-{n}", dice.choice(early).raw) for n in range(COPIES)]
    early += [*_automatic(), *_forwards()]
    dice.shuffle(early)
    return early, [_reply(dice.choice(threads), 1 + n % 2, dice) for n in range(LATE)]


def _thread(number: int, dice: random.Random) -> _Thread:
    name = f"nobody-{number}" if number % 20 == 0 else f"anna-{number}"
    urgent = "urgent, " if number % 10 == 5 else ""
    firm = f"customer-{number}.example"
    return _Thread(
        number,
        f"{urgent}{dice.choice(('printer', 'invoice', 'parcel', 'password'))} {number}",
        [f"{name}@{firm}", f"ben-{number}@{firm}", f"cleo-{number}@elsewhere.example"],
        [],
    )


def _root(thread: _Thread, dice: random.Random) -> Letter:
    mail = _mail(thread.people[0], thread.subject, f"t{thread.number}.0@customer.example")
    mail["Cc"] = thread.people[2]
    mail.set_content(f"Please have a look at number {thread.number}.\n")
    if dice.random() < 0.3:
        mail.add_attachment(dice.randbytes(2_000), "application", "octet-stream", filename="dump.bin")
        mail.add_attachment(f"log of {thread.number}\n", filename="log.txt")
    thread.ids.append(str(mail["Message-ID"]))
    return Letter(f"root-{thread.number}", mail.as_bytes())


def _reply(thread: _Thread, who: int, dice: random.Random) -> Letter:
    nth = len(thread.ids)
    answered = dice.randrange(nth)
    mail = _mail(thread.people[who], f"Re: {thread.subject}", f"t{thread.number}.{nth}@customer.example")
    mail["In-Reply-To"] = thread.ids[answered]
    mail["References"] = " ".join(thread.ids[: answered + 1])
    mail.set_content(f"And this is what I forgot, part {nth} of {thread.number}.\n")
    thread.ids.append(str(mail["Message-ID"]))
    return Letter(f"reply-{thread.number}-{nth}", mail.as_bytes())


def _automatic() -> Iterator[Letter]:
    for number in range(AUTOMATIC):
        mail = _mail(f"news-{number}@sender.example", f"News {number}", f"auto.{number}@sender.example")
        if number % 2:
            mail["Auto-Submitted"] = "auto-replied"
            mail.replace_header("Subject", f"Automatic reply: away {number}")
        else:
            mail["List-Id"] = "<news.sender.example>"
            mail["Precedence"] = "bulk"
        mail.set_content("I am out of the office.\n")
        yield Letter(f"automatic-{number}", mail.as_bytes())


def _forwards() -> Iterator[Letter]:
    for number in range(FORWARDS):
        original = _mail(f"dora-{number}@firm.example", f"Question {number}", f"orig.{number}@firm.example")
        original.set_content(f"What does number {number} cost?\n")
        mail = _mail(f"eve@{FORWARDING}", f"Fwd: Question {number}", f"fwd.{number}@{FORWARDING}")
        mail.set_content("For you.\n")
        mail.add_attachment(original)
        yield Letter(f"forward-{number}", mail.as_bytes())


def _mail(sender: str, subject: str, message_id: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = SUPPORT
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{message_id}>"
    mail["Date"] = format_datetime(BEGIN + timedelta(minutes=len(message_id)))
    return mail
